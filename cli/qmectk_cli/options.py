"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from qmectk.errors import InputError
from qmectk.presenting.quoting import short

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: Most frames a problem file may ask for.
MOST_FRAMES = 10_000_000


class Seconds(click.ParamType):
    """A duration: a number of seconds, or text with a unit of time ('5s', '2 min') as in files."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(value)  # the command says which numbers it takes
        except ValueError:
            pass
        from qmectk.documents.units import to_si

        try:
            return to_si(value, "s")
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Seeds(click.ParamType):
    """Several seeds: a range A..B with both ends, or a number N of them."""

    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range | int:
        first, dots, last = str(value).partition("..")
        try:
            found: range | int = range(int(first), int(last) + 1) if dots else int(first)
        except ValueError:
            found = 0
        if (len(found) if isinstance(found, range) else found) < 1 or first.startswith("-"):
            self.fail(f"'{value}' is neither a range like 0..4 nor a number of seeds", param, ctx)
        return found


class Formats(click.ParamType):
    """Formats of figures, by commas."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        from qmectk.figures import check_formats

        return check_formats(tuple(value.split(",")) if isinstance(value, str) else tuple(value))


def _debug(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and ctx.obj is not None:
        ctx.obj.debug = True


def debug_parameter() -> click.Option:
    """``--debug``; every command has it."""
    return click.Option(
        ["--debug"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_debug,
        help="Show tracebacks (also: QMECTK_DEBUG=1).",
    )


def command(name: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A click command with ``--debug`` and examples at the end of its help."""
    lines = "".join(f"  {example}\n" for example in examples)

    def wrap(function: Callable[..., Any]) -> click.Command:
        title = "Example" if len(examples) == 1 else "Examples"
        made = click.command(name, epilog=f"\b\n{title}:\n{lines}")(function)
        made.params.append(debug_parameter())
        for parameter in made.params:
            if isinstance(parameter.type, click.IntRange) and parameter.metavar is None:
                parameter.metavar = "N"  # instead of INTEGER RANGE; the range stands behind the help
        return made

    return wrap


def backend_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of backends that begin like this, for shells."""
    from qmectk.plugins import registry

    return [name for name in sorted(registry().backends) if name.startswith(incomplete)]


def problem_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """Names of shipped problems that begin like this, for shells, and whatever files there are."""
    from click.shell_completion import CompletionItem

    from qmectk.documents.files import shipped

    names = [CompletionItem(name) for name in shipped() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


def problem_argument(function: _Function) -> _Function:
    """PROBLEM: a file or the name of a shipped problem."""
    return click.argument("problem", metavar="PROBLEM", shell_complete=problem_names)(function)


def backend_option(help: str) -> Callable[[_Function], _Function]:
    """``--backend``, one of them."""
    return click.option(
        "--backend", "-b", shell_complete=backend_names, default="exact", show_default=True, metavar="NAME", help=help
    )


def setting_option(function: _Function) -> _Function:
    """``-o key=value``, any number of times."""
    return click.option(
        "-o",
        "--option",
        "settings",
        metavar="KEY=VALUE",
        multiple=True,
        help="Set an option of the backend or its route ('qmectk backends NAME' lists them). Repeatable.",
    )(function)


def policy_option(function: _Function) -> _Function:
    """``--policy``."""
    return click.option(
        "--policy", metavar="FOLDER", help="Use this policy of 'qmectk train', and the backend that it is of."
    )(function)


def with_policy(ctx: click.Context, backend: str, settings: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Backend and options, those of ``--policy`` where it is given.

    Raises
    ------
    InputError
        When there is no such policy, or a backend or policy is given twice.
    """
    policy = ctx.params.get("policy")
    if policy is None:
        return backend, settings
    from qmectk.learning.policies import backend_of, stamped

    if "policy" in settings:
        raise InputError("'--policy' and '-o policy=...' say the same", "give one of them")
    name, stated = backend_of(policy), ctx.get_parameter_source("backend")
    if backend != name and stated is click.core.ParameterSource.COMMANDLINE:
        raise InputError(f"{policy} is a policy of backend '{name}', not of '{backend}'", "leave --backend out")
    return name, {**settings, "policy": stamped(policy)}


def json_option(function: _Function) -> _Function:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")(function)


def where_option(function: _Function) -> _Function:
    """``--where``, any number of times."""
    return click.option(
        "--where",
        metavar="CONDITION",
        multiple=True,
        help="column=value, also != < <= > >= and ~ (contains); 'gap>1 %' is 0.01. Repeatable; all must hold.",
    )(function)


def columns_option(function: _Function) -> _Function:
    """``--columns``."""
    return click.option(
        "--columns",
        type=click.IntRange(1, 2),
        help="Figures for one column of a paper's page, or across two, with its fonts [for a screen].",
    )(function)


def figures_options(function: _Function) -> _Function:
    """``--figures``, with ``--format`` and ``--columns``."""
    folder = click.Path(path_type=Path)
    named = click.option("--figures", type=folder, metavar="DIR", help="Write the report's figures here, for papers.")
    return named(formats_option(columns_option(function)))


def formats_option(function: _Function) -> _Function:
    """``--format``: a tuple of suffixes of figures."""
    return click.option(
        "--format",
        "formats",
        type=Formats(),
        default="pdf",
        show_default=True,
        metavar="F,F,...",
        help="Formats of figures for papers: pdf, svg, pgf, png.",
    )(function)


def frames_option(function: _Function) -> _Function:
    """``--frames``."""
    return click.option(
        "--frames",
        type=click.IntRange(1, MOST_FRAMES),
        help="Solve this many frames instead of the number in the problem file.",
    )(function)


def numbers(option: str, text: str) -> list[float]:
    """The numbers of a list with commas; InputError for what is none, and for a number twice."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f"'{option} {short(text)}' is not a list of numbers", f"write for example '{option} 1,10,100'"
        ) from error
    if len(set(found)) < len(found):
        raise InputError(f"'{option} {short(text)}' names a value twice")
    return found


def replaced_keys(changes: Iterable[str]) -> dict[str, Any]:
    """What several ``--set key=value`` replace in a problem.

    Raises
    ------
    InputError
        For a text that is not of this form.
    """
    from qmectk.documents.yaml_text import read_value

    out: dict[str, Any] = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise InputError(
                f"'--set {short(change)}' is not of the form key=value", "write for example '--set devices=50'"
            )
        out[key.strip()] = read_value(text, f"--set {short(key)}")
    return out


def read_settings(pairs: Iterable[str]) -> dict[str, str]:
    """``key=value`` texts as a dict.

    Raises
    ------
    InputError
        When a pair has no key or no "=", or a key is given twice.
    """
    out: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError(f"'-o {short(pair)}' is not of the form key=value", "write for example '-o restarts=5'")
        if key in out:
            raise InputError(f"option '{key}' is given twice")
        out[key] = value.strip()
    return out
