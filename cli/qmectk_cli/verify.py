"""``qmectk verify``: an answer from a file, measured on the declared problem."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qmectk.errors import BackendFailed, Infeasible, InputError, MissingPackage, NoRoute
from qmectk.status import OPTIMALITY_GAP

from .failures import say
from .options import MOST_FRAMES, Seconds, command, json_option, problem_argument

if TYPE_CHECKING:
    from qmectk import Problem, Solution
    from qmectk.timing.budget import Report

    from .answer_file import AnswerFile
    from .scoring import Score


@command("verify", "qmectk verify answer.json problems/p1.yaml", "qmectk verify actions.csv p1")
@click.argument("solution", metavar="SOLUTION", type=click.Path(path_type=Path))
@problem_argument
@click.option("--frames", type=click.IntRange(1, MOST_FRAMES), help="Refuse an answer for another number of frames.")
@click.option("--time-limit", type=Seconds(), metavar="SECONDS", help="Limit of the certified reference.")
@click.option("--no-reference", is_flag=True, help="Do not run 'exact' to measure the gap.")
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    solution: Path,
    problem: str,
    frames: int | None,
    time_limit: float | None,
    no_reference: bool,
    as_json: bool,
) -> None:
    """Score SOLUTION on PROBLEM and compare it with what it claims.

    It is the JSON that 'solve --json' or '--out' wrote, or any {"values": {variable: numbers}}; a stream has one
    more axis in front. A .csv, .npy, .npz or .mat file has one row a frame. Where only bits are given, the rest is
    the best that there is for them. Exit code 5 when a claim is refuted, 6 when the point violates a constraint.
    """
    from .output import print_json, stdout_kept_clean
    from .progress import progress

    with stdout_kept_clean(), progress() as report:
        from qmectk.documents.files import load
        from qmectk.solving import first_instance

        from .action_file import is_array, read_actions, with_the_rest
        from .answer_file import read_answer
        from .scoring import refuted, score

        loaded = load(problem)
        first = first_instance(loaded)
        if is_array(solution):
            answer = read_actions(solution, loaded, first)
        else:
            answer = read_answer(solution, first.signature, partial=True)
        count = answer.frames or 1
        if frames is not None and frames != count:
            raise InputError(f"{solution.name} has {count} frame{'s' * (count > 1)} and --frames asks for {frames}")
        loaded = load(problem, frames=count)
        instances = loaded.instances()
        label = loaded.name if count > 1 else instances[0].label
        if answer.problem not in (None, label, loaded.name):
            warnings.warn(f"the answer is for '{answer.problem:.60}'; it is scored on '{label}'", stacklevel=1)
        reference = None if no_reference else _reference(loaded, time_limit, report)
        answer, said = with_the_rest(answer, instances)
        found = score(answer, instances, reference)
        found.notes[:0] = said
        lies = refuted(answer, found)
    if as_json:
        print_json(_plain(solution, answer, found, lies, loaded.name))
    else:
        _print(solution, answer, found, lies, str(loaded.source or problem))
    ctx.exit(_verdict(found, lies))


def _reference(problem: Problem, time_limit: float | None, report: Report) -> Solution | None:
    import qmectk

    try:
        return qmectk.solve(problem, "exact", time_limit=time_limit, reference=False, report=report)
    except (NoRoute, MissingPackage) as error:
        warnings.warn(f"no certified reference: {error}", stacklevel=2)
        return None


def _verdict(found: Score, lies: list[str]) -> int:
    if lies:
        say(f"Error: refuted: {'; '.join(lies)}")
        return BackendFailed.exit_code
    if not found.feasible:
        names = ", ".join(found.violations) or "the domain of a function"
        say(f"Error: the point is infeasible: it violates {names}")
        return Infeasible.exit_code
    return 0


def _plain(path: Path, answer: AnswerFile, found: Score, lies: list[str], problem: str) -> dict[str, Any]:
    from qmectk.solution import plain

    return {
        "solution": str(path),
        "problem": problem,
        "frames": answer.frames or 1,
        "claimed": {**answer.claims, "quality": answer.quality, "problem": answer.problem},
        "objective": found.objective,
        "unit": found.unit,
        "bound": found.bound,
        "gap": found.gap,
        "quality": found.quality.value,
        "violation": plain(found.violation),
        "violations": {
            name: {"amount": plain(one.amount), "relative": plain(one.relative), "frame": one.frame}
            for name, one in found.violations.items()
        },
        "mean_ratio": plain(sum(found.ratios) / len(found.ratios)) if found.ratios else None,
        "reference": found.by or None,
        "notes": found.notes,
        "refuted": lies,
        "holds": not lies and found.feasible,
    }


def _print(path: Path, answer: AnswerFile, found: Score, lies: list[str], source: str) -> None:
    from qmectk.presenting.wording import number, percent

    from .render import facts, line, table

    unit = f" {found.unit}" if found.unit else ""
    claimed = answer.claims
    over = "mean, " if (answer.frames or 1) > 1 else ""
    facts(
        [
            ("solution", f"{path}  ({answer.frames} frames)" if answer.frames else str(path)),
            ("problem", source),
            ("quality", found.quality.value + (f"  (claimed {answer.quality})" if answer.quality else "")),
            ("objective", f"{number(found.objective, 9)}{unit}  ({over}{_claim(claimed.get('objective'))})"),
            ("violation", f"{number(found.violation, 3)} relative  ({_claim(claimed.get('violation'), 3)})"),
            ("bound", f"{number(found.bound, 9)}{unit}  (certified by {found.by})" if found.bound is not None else ""),
            ("gap", percent(found.gap) if found.gap is not None else ""),
            ("ratio", _ratios(found)),
            *(("note", note) for note in found.notes),
            ("claims", "refuted" if lies else "hold" if claimed or answer.quality else "none made"),
        ]
    )
    if found.violations:
        line()
        table(
            ["violated constraint", "by at most", "relative", "in frame"],
            [
                [name, number(one.amount, 3), number(one.relative, 3), str(one.frame)]
                for name, one in found.violations.items()
            ],
        )


def _ratios(found: Score) -> str:
    """Mean and worst objective over bound of several frames."""
    if len(found.ratios) < 2:
        return ""
    worst = (min if found.sense > 0 else max)(found.ratios)
    optimal = sum(abs(ratio - 1.0) <= OPTIMALITY_GAP for ratio in found.ratios) / len(found.ratios)
    mean = sum(found.ratios) / len(found.ratios)
    return f"mean {mean:.6f}, worst {worst:.6f}, {100 * optimal:.3g} % of frames optimal"


def _claim(value: float | None, digits: int = 9) -> str:
    from qmectk.presenting.wording import number

    return "nothing claimed" if value is None else f"claimed {number(value, digits)}"
