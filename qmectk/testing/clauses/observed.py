"""What several clauses ask of the runs they look at, and the words they have for them."""

from __future__ import annotations

from ...errors import described
from ...instance import Instance
from ...solution import Solution
from ...status import Termination
from ..bench import Bench, Observation
from ..instances import Unknown, true_optimum
from .contract import require


def known_optimum(instance: Instance) -> float | None:
    """The optimum of a feasible instance where it is known without a solver."""
    try:
        return true_optimum(instance)
    except Unknown:
        return None


def taken_cases(bench: Bench, *, feasible: bool | None = None) -> list[Observation]:
    taken = bench.standard(feasible=feasible)
    require(taken, "it takes none of the suite's instances")
    return taken


def no_crash(seen: Observation) -> None:
    require(seen.crash is None, f"{seen.case.name}: {describe(seen.crash)}")


def answered(seen: Observation) -> None:
    """Every frame has an answer that is no crash."""
    no_crash(seen)
    for answer in seen.answers:
        require(answer.termination is not Termination.FAILED, f"{seen.case.name}: {words(seen)}")
    frames = len(seen.instances)
    require(len(seen.answers) == frames, f"{seen.case.name}: {len(seen.answers)} replies to {frames} frames")


def words(seen: Observation) -> str:
    return "; ".join(dict.fromkeys(w for a in seen.answers for w in (*a.faults, a.message) if w)) or "no reason given"


def where_seen(seen: Observation, solution: Solution) -> str:
    return seen.case.name if len(seen.solutions) == 1 else f"{seen.case.name}, {solution.problem}"


def describe(error: BaseException | None) -> str:
    return "no exception" if error is None else described(error)


def names_of(taken: list[Observation]) -> str:
    return ", ".join(seen.case.name for seen in taken) or "it takes no such instance"
