"""``qmectk compare``: backends side by side, fairly, resumable."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import InputError
from qmectk.presenting.quoting import short

from .failures import INTERRUPTED, say, stopped_in_order
from .options import (
    Seconds,
    Seeds,
    backend_names,
    command,
    figures_options,
    json_option,
    numbers,
    problem_names,
    replaced_keys,
)

if TYPE_CHECKING:
    from qmectk.comparing import Study


@command(
    "compare",
    "qmectk compare p1 --backend exact --backend cd --backend sa --instances 20 --seeds 3 --store runs.db",
    "qmectk compare study.yaml --jobs 2 --report report.html",
    "qmectk compare p1 --backend sa -o sa.reads=50 --penalty-sweep 0.1,0.3,1,3,10",
    "qmectk compare drift -b capacity -b best-channel --slots 1000 --paths 0..4 --V 100,1000 --report report.html",
)
@click.argument("problems", metavar="PROBLEM...", nargs=-1, required=True, shell_complete=problem_names)
@click.option(
    "--backend",
    "-b",
    "backends",
    metavar="NAME",
    shell_complete=backend_names,
    multiple=True,
    help="A backend. Repeatable.",
)
@click.option(
    "--policy",
    "policies",
    metavar="FOLDER",
    multiple=True,
    help="A policy of 'qmectk train', as a contender of its own. Repeatable.",
)
@click.option(
    "-o",
    "--option",
    "settings",
    metavar="BACKEND.KEY=VALUE",
    multiple=True,
    help="Set an option of one backend. Repeatable.",
)
@click.option("--instances", type=click.IntRange(1), metavar="N", help="Frames of each problem [what its file states].")
@click.option("--slots", type=click.IntRange(4), metavar="N", help="Compare controllers: simulate N slots instead.")
@click.option("--paths", type=Seeds(), metavar="N", help="Seeds 0 to N-1 (or A..B) of arrivals [the file's].")
@click.option("--V", "trade_offs", metavar="V[,V...]", help="Simulate with each of these trade-offs, too [the file's].")
@click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Replace a top-level key of the problems.")
@click.option(
    "--stable-below", type=float, metavar="RATE", help="Largest Q(T)/T at which a queue counts as stable [0.05]."
)
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="Seeds 0 to N-1 for every backend [1].")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Time limit of each run [60].")
@click.option("--jobs", "-j", type=click.IntRange(1), metavar="N", help="Runs at the same time [1].")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads of numerical libraries, each run [1].")
@click.option("--memory-limit", metavar="SIZE", help="Memory a run may allocate ('2 GB').")
@click.option("--gap", type=float, help="Relative gap at which a point counts as optimal [1e-6].")
@click.option(
    "--target-gap", type=float, metavar="GAP", help="Gap at which reports count a run as having reached it [0.001]."
)
@click.option("--no-reference", is_flag=True, help="Do not certify the instances with 'exact'.")
@click.option("--floors", is_flag=True, help="Also run the plain rules that all should beat, as lines.")
@click.option(
    "--audit",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Set this share of proved answers beside the proof of a second prover [0].",
)
@click.option("--penalty-sweep", metavar="F,F,...", help="Run QUBO backends once with each factor on their penalties.")
@click.option("--store", type=click.Path(path_type=Path), metavar="FILE.db", help="Keep the runs here, and resume.")
@click.option("--refresh", metavar="BACKEND", multiple=True, help="Run this backend's stored runs again. Repeatable.")
@click.option("--retry", is_flag=True, help="Run stored runs that failed again.")
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write .html, .md, .tex, .csv or .parquet."
)
@figures_options
@click.option("--cluster", metavar="ADDRESS", help="Run on a Dask cluster (tcp://scheduler:8786).")
@json_option
@click.pass_context
def compare(ctx: click.Context, /, problems: tuple[str, ...], **given: Any) -> None:
    """Run every backend on the same instances of every PROBLEM, each run isolated, and set them side by side.

    PROBLEM is a problem file or the name of a shipped problem, any number of them, or one study file (YAML with
    the key 'study') that says the same; options given here replace what it says. With --store, runs are kept as
    they finish: the same command goes on where it was stopped and repeats nothing.

    With --slots, controllers are compared: every backend decides all slots of a simulation, on the same arrivals and
    channels as the others. One whose queues are not stable, or that violates a constraint, is never ranked above one
    that stands.
    """
    from .output import check_target, stdout_kept_clean

    report: Path | None = given["report"]
    with stdout_kept_clean():
        try:
            with stopped_in_order():
                if given["backends"] and not given["cluster"]:  # a study file names its problems inside
                    from qmectk.comparing.running.forkserver import begin_early

                    begin_early(problems, given["store"])
                from qmectk.comparing.studies.arguments import REPORTS

                from .report import drawing_of, reported

                if report is not None:
                    report = check_target(report, REPORTS)
                drawing = drawing_of(given["figures"], given["formats"], given["columns"])
                import rich.console  # noqa: F401  # for the table, while the server loads

                import qmectk.comparing

                study = _study(problems, given)
                if study.report and report is None:
                    report = Path(study.report)
                    report = check_target(report, REPORTS)
                store = given["store"] or (Path(study.store) if study.store else None)
                with _watching() as watcher:
                    result = qmectk.comparing.compare(
                        study.model_copy(update={"report": None}),  # written below, once, under the name given here
                        store=store,
                        refresh=given["refresh"],
                        retry=given["retry"],
                        cluster=given["cluster"],
                        watcher=watcher,
                    )
        except KeyboardInterrupt as stop:  # one that says what is stored, or one of before the first run
            say(f"Interrupted: {str(stop) or 'no run had been started'}")
            ctx.exit(INTERRUPTED)

    reported(result, report, given["as_json"], drawing)


def _study(problems: tuple[str, ...], given: dict[str, Any]) -> Study:
    """The study that was asked for."""
    from qmectk.comparing.studies.study import Study, make_study
    from qmectk.comparing.studies.study_file import check_readable, is_study, load_study

    values: dict[str, Any] = {
        name: given[name]
        for name in (
            "instances",
            "slots",
            "paths",
            "stable_below",
            "seeds",
            "time_limit",
            "jobs",
            "threads",
            "memory_limit",
            "gap",
            "target_gap",
            "audit",
        )
    }
    values = {name: value for name, value in values.items() if value is not None}
    if given["no_reference"]:
        values["references"] = False
    if given["floors"]:
        values["floors"] = True
    if given["penalty_sweep"]:
        values["penalty_sweep"] = _factors(given["penalty_sweep"])
    if given["trade_offs"]:
        values["sweep"] = {"V": numbers("--V", given["trade_offs"])}
    options = _settings(given["settings"])
    replaced = replaced_keys(given["changes"])
    files = [name for name in problems if is_study(name)]
    if files and len(problems) > 1:
        raise InputError(f"{files[0]} is a study, and a study names its problems itself", "give it alone")
    if not files:
        check_readable(problems)
        if not given["backends"] and not given["policies"]:
            raise InputError("there is no backend to compare", "name some, for example '--backend exact --backend cd'")
        values["backends"] = [*_entries(given["backends"], options), *_policies(given["policies"])]
        return make_study(problems=[{"file": name, "set": replaced} for name in problems], **values)
    if replaced:
        raise InputError(
            f"{files[0]} is a study, and a study says itself what it replaces", "write 'set: {key: value}'"
        )
    if given["backends"] or given["policies"]:
        values["backends"] = [*_entries(given["backends"], options), *_policies(given["policies"])]
        return load_study(files[0], **values)
    study = load_study(files[0], **values)
    if options:
        names = {entry.backend for entry in study.backends}
        _check_owners(options, names)
        entries = [
            {**entry.model_dump(), "options": {**entry.options, **options.get(entry.backend, {})}}
            for entry in study.backends
        ]
        study = Study.model_validate({**study.model_dump(), "backends": entries})
    return study


def _entries(backends: Iterable[str], options: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    _check_owners(options, set(backends))
    return [{"backend": name, "options": options.get(name, {})} for name in backends]


def _policies(folders: Iterable[str]) -> list[dict[str, Any]]:
    """A contender a policy, called by the name of its folder."""
    from qmectk.learning.policies import backend_of, stamped

    return [
        {"backend": backend_of(folder), "options": {"policy": stamped(folder)}, "preset": Path(folder).name}
        for folder in folders
    ]


def _check_owners(options: dict[str, dict[str, str]], known: set[str]) -> None:
    from qmectk.presenting.names import unknown

    for name in options:
        if name not in known:
            raise unknown("backend in this comparison", name, known)


def _settings(pairs: Iterable[str]) -> dict[str, dict[str, str]]:
    from .options import read_settings

    out: dict[str, dict[str, str]] = {}
    for key, value in read_settings(pairs).items():
        backend, dot, name = key.partition(".")
        if not dot or not backend or not name:
            raise InputError(
                f"'-o {short(f'{key}={value}')}' does not say whose option it is", f"write '-o BACKEND.{key}={value}'"
            )
        out.setdefault(backend, {})[name] = value
    return out


def _factors(text: str) -> list[float]:
    factors = numbers("--penalty-sweep", text)
    for factor in factors:
        if not 0.0 < factor < float("inf"):
            raise InputError(f"'--penalty-sweep {short(text)}' has the factor {factor:g}", "write factors above 0")
    return factors


@contextlib.contextmanager
def _watching() -> Any:
    """A watcher that draws a bar a backend on a terminal, and none without one."""
    import sys

    from .comparison_progress import Notes, bars

    if not sys.stderr.isatty():
        yield Notes()
        return
    with bars() as watcher:
        yield watcher
