"""What a backend says about itself: its name, its options, what it needs."""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import Any

from ...errors import InputError
from ...options import OptionField, convert, fields_of
from ..bench import Bench
from ..imports import heavy_imports
from .contract import Violation, clause, require
from .observed import describe


@clause
def describes_itself(bench: Bench) -> str:
    """Its name is one word, it has a summary or a docstring, and a backend that needs packages can be installed."""
    cls = bench.backend
    require(
        isinstance(getattr(cls, "name", None), str) and re.fullmatch(r"[a-z][a-z0-9-]*", cls.name),
        f"the name {getattr(cls, 'name', None)!r} is not a word of small letters, digits and hyphens",
    )
    require((cls.summary or vars(cls).get("__doc__") or "").strip(), "it has neither a summary nor a docstring")
    missing = cls.missing()
    require(not missing, f"it needs {', '.join(missing)}, not installed here")
    return cls.summary or str(cls.__doc__).strip().split("\n")[0]


@clause
def options_are_declared(bench: Bench) -> str:
    """Options is a frozen dataclass; every option has a supported type, a default that fits it, and a line of help."""
    cls = bench.backend.Options
    frozen = dataclasses.is_dataclass(cls) and getattr(cls, "__dataclass_params__").frozen  # noqa: B009  # untyped
    require(frozen, f"{cls.__name__} is not a frozen dataclass")
    fields = fields_of(cls)
    for option in fields:
        require(option.help, f"option '{option.name}' has no help; declare it with qmectk.options.option")
        require(option.default is not dataclasses.MISSING, f"option '{option.name}' has no default")
        require(_supported(option.type), f"option '{option.name}' has the type {option.type}, which cannot be typed in")
        try:
            kept = convert(option.name, option.default, option.type)
        except InputError as error:
            raise Violation(f"the default of option '{option.name}' does not fit its type: {error}") from error
        require(kept == option.default, f"the default of option '{option.name}' becomes {kept!r} when it is validated")
    return f"{len(fields)} options"


def _supported(kind: Any) -> bool:
    if typing.get_origin(kind) is typing.Literal:
        return True
    members = [a for a in typing.get_args(kind) if a is not type(None)]
    if members:
        return len(members) == 1 and _supported(members[0])
    return kind in (int, float, bool, str)


@clause
def unknown_options_are_refused(bench: Bench) -> str:
    """A misspelt option is refused, with the nearest name."""
    names = [option.name for option in fields_of(bench.backend.Options)]
    wrong = f"{names[0]}_" if names else "no_such_option"
    error = _refusal(bench, {wrong: 1})
    require(error is not None, f"it runs with the option '{wrong}', which it does not have")
    if names:
        require(f"'{names[0]}'" in str(error), f"the refusal of '{wrong}' does not suggest '{names[0]}': {error}")
    return str(error)


@clause
def option_values_are_validated(bench: Bench) -> str:
    """A value that is no number, truth value or choice is refused where one is wanted."""
    wanted = [option for option in fields_of(bench.backend.Options) if not _takes_text(option)]
    for option in wanted:
        error = _refusal(bench, {option.name: "not-a-value"})
        require(error is not None, f"it runs with {option.name}=not-a-value")
    return f"{len(wanted)} options"


def _takes_text(option: OptionField) -> bool:
    return option.type is str or str in typing.get_args(option.type)


def _refusal(bench: Bench, options: dict[str, Any]) -> InputError | None:
    """The InputError that options lead to, on the first case the backend takes; None when it runs."""
    first = bench.first()
    if first is None:
        raise Violation("it takes none of the suite's instances")
    seen = bench.look(first.case, options=options)
    if isinstance(seen.crash, InputError):
        return seen.crash
    require(seen.crash is None, f"{options} leads to {describe(seen.crash)} instead of an InputError")
    return None


@clause
def loads_nothing_heavy(bench: Bench) -> str:
    """Loading its plugin imports no solver and no learning library: those are imported when it solves."""
    found = heavy_imports(bench.backend, registered=bench.registered)
    require(not found, f"loading it imports {', '.join(found)}; move the imports into solve")
    return "nothing heavy"
