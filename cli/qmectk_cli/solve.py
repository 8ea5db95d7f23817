"""``qmectk solve``: one problem, one backend, one measured answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import BackendFailed, Infeasible, InputError
from qmectk.status import OPTIMALITY_GAP, Termination

from .failures import INTERRUPTED, say
from .options import (
    Seconds,
    backend_option,
    columns_option,
    command,
    frames_option,
    json_option,
    policy_option,
    problem_argument,
    read_settings,
    setting_option,
    with_policy,
)

if TYPE_CHECKING:
    from qmectk.solution import Solution


@command(
    "solve",
    "qmectk solve problems/p1.yaml --backend cd -o restarts=5",
    "qmectk solve p1 --backend exact --frames 20 --json > answer.json",
)
@problem_argument
@backend_option("Who solves it.")
@policy_option
@setting_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the backend.")
@click.option(
    "--time-limit", type=Seconds(), metavar="SECONDS", help="Wall-clock limit of everything, training included."
)
@click.option(
    "--gap",
    type=float,
    default=OPTIMALITY_GAP,
    show_default=True,
    help="Relative gap to a proved bound at which exact backends stop and a point is called optimal.",
)
@frames_option
@click.option("--frame", type=click.IntRange(0), help="Solve this frame alone, counted from 0.")
@json_option
@click.option(
    "--out", "-O", type=click.Path(path_type=Path), metavar="FILE.json", help="Also write the JSON to this file."
)
@click.option(
    "--start",
    type=click.Path(path_type=Path),
    metavar="ANSWER.json",
    help="Begin the search at this answer (written by --out), where the backend can.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw 1 - ratio over the frames (.png, .svg, .pdf, .pgf).",
)
@columns_option
@click.option("--no-reference", is_flag=True, help="Do not run 'exact' to certify the answer.")
@click.option("--no-floors", is_flag=True, help="Do not say beside ratios what plain rules reach.")
@click.option("--retrain", is_flag=True, help="Train again instead of using a cached policy (-o retrain=true).")
@click.option("--summary", is_flag=True, help="Leave the values of the variables out of the JSON.")
@click.pass_context
def solve(
    ctx: click.Context,
    problem: str,
    backend: str,
    policy: str | None,  # read by with_policy
    settings: tuple[str, ...],
    seed: int,
    time_limit: float | None,
    gap: float,
    frames: int | None,
    frame: int | None,
    as_json: bool,
    out: Path | None,
    start: Path | None,
    plot: Path | None,
    columns: int | None,
    no_reference: bool,
    no_floors: bool,
    retrain: bool,
    summary: bool,
) -> None:
    """Solve PROBLEM and set the answer beside its certified optimum.

    PROBLEM is a YAML file or the name of a shipped problem ('qmectk problems' lists them). Objective,
    feasibility and bound are measured on the declared problem, whatever the backend says of itself.
    """
    from .output import Postponed, check_target, print_json, stdout_kept_clean, write_json
    from .progress import progress

    options = read_settings(settings)
    backend, options = with_policy(ctx, backend, options)
    if out is not None:
        out = check_target(out, (".json",))
    with stdout_kept_clean(), progress() as report:
        import qmectk
        from qmectk.documents.files import load
        from qmectk.plugins import registry

        chosen = registry().backend(backend)
        if retrain:
            options |= _retrain(chosen, options)
        loaded = load(problem, **({} if frames is None else {"frames": frames}))
        if plot is not None:
            plot = _check_plot(plot, loaded.params.frames if frame is None else 1, no_reference)
        begin = None if start is None else _values(start, loaded.frame(frame or 0))
        solution = qmectk.solve(
            loaded,
            backend,
            options=options,
            seed=seed,
            time_limit=ctx.obj.left(time_limit),
            gap=gap,
            frame=frame,
            reference=not no_reference,
            floors=not (no_reference or no_floors),
            start=begin,
            report=report,
        )
    data = solution.as_dict()
    if summary:
        data["values"] = None
    files = Postponed()
    if out is not None:
        with files.attempt():
            write_json(out, data)
    if plot is not None:
        with files.attempt():
            _draw(plot, solution, columns)
    if as_json:
        print_json(data)
    else:
        from qmectk.presenting.solution import facts_of

        from .render import page

        page([facts_of(solution, str(loaded.source or problem), chosen.summary, data)])
    answered = data.get("frames", 1)
    if solution.termination is Termination.INTERRUPTED:
        say(f"Interrupted: {answered} of {loaded.params.frames} frames are answered and kept")
        files.settle()
        ctx.exit(INTERRUPTED)
    if answered < (loaded.params.frames if frame is None else 1) and not solution.faults:
        say(f"Warning: {answered} of {loaded.params.frames} frames are answered; the rest ran out of time")
    code = _verdict(solution)
    files.settle()
    if code:
        ctx.exit(code)


def _values(path: Path, instance: Any) -> dict[str, Any]:
    """The values of an answer file."""
    from .answer_file import read_answer

    said = read_answer(path, instance.signature)
    return {name: value if value.ndim else float(value) for name, value in said.values.items()}


def _check_plot(path: Path, frames: int, no_reference: bool) -> Path:
    from qmectk.figures import SUFFIXES, check

    from .output import check_target

    if frames < 2 or no_reference:
        raise InputError("'--plot' draws ratios to the certified optimum over frames", "solve more than one, with them")
    path = check_target(path, SUFFIXES)
    check(path)
    return path


def _draw(path: Path, solution: Solution, columns: int | None) -> None:
    from qmectk.figures import save_figure
    from qmectk.solution import StreamSolution

    if isinstance(solution, StreamSolution):
        save_figure(solution.plot(columns), path)


def _retrain(backend: Any, options: dict[str, str]) -> dict[str, str]:
    from qmectk.options import fields_of

    if "retrain" not in [field.name for field in fields_of(backend.Options)]:
        raise InputError(f"backend '{backend.name}' does not train, so it cannot retrain", "leave --retrain out")
    if "retrain" in options:
        raise InputError("'--retrain' and '-o retrain=...' say the same", "give one of them")
    return {"retrain": "true"}


def _verdict(solution: Solution) -> int:
    """The exit code, with one sentence on stderr when the question was not answered."""
    if solution.faults or solution.termination is Termination.FAILED:
        why = "; ".join(solution.faults) or solution.message or "it failed without a word"
        if not (solution.own_faults or solution.termination is Termination.FAILED):
            say(f"Error: the reference, not backend '{solution.backend}', is wrong: {why}")
        elif why.startswith("backend '"):
            say(f"Error: {why}")
        else:
            say(f"Error: backend '{solution.backend}': {why}")
        return BackendFailed.exit_code
    if not solution.feasible:
        why = f"; {solution.message}" if solution.message else ""
        say(f"Error: backend '{solution.backend}' found no feasible point{why}")
        return Infeasible.exit_code
    return 0
