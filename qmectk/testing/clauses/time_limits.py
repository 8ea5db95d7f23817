"""What a backend does with little time, and with none."""

from __future__ import annotations

from ...status import Termination
from ..bench import Bench, Observation
from ..instances import Case, slow_cases
from .contract import clause, require
from .observed import no_crash, taken_cases, words


@clause
def respects_the_time_limit(bench: Bench) -> str:
    """On larger instances it ends soon after the time limit, with a point where one is easy to find."""
    limit, tolerance = bench.config.time_limit, bench.config.time_tolerance
    notes: list[str] = []
    for case in [*slow_cases(), *(own for own in bench.config.cases if own.warm is not None)]:
        assert case.warm is not None, "slow cases have a small sibling"
        warm = bench.look(Case(f"{case.name}, warming up", case.warm))
        if not warm.taken:
            continue
        no_crash(warm)
        seen = bench.look(case, time_limit=limit)
        if not seen.taken:
            continue
        no_crash(seen)
        for _ in range(2):  # the machine may have been busy: again
            if seen.seconds > limit + tolerance:
                seen = bench.look(case, time_limit=limit, fresh=True)
        require(
            seen.seconds <= limit + tolerance,
            f"{case.name}: took {seen.seconds:.1f} s with a limit of {limit:g} s (tolerance {tolerance:g} s)",
        )
        if bench.config.incumbent:
            # more time where there is no point yet: a busy machine is no excuse for what is easy
            more = 5 * limit + tolerance
            found = _has_point(seen) or _has_point(bench.look(case, time_limit=more))
            require(found, f"{case.name}: no point after {more:g} s, though one that does nothing is feasible")
        notes.append(f"{case.name} {seen.seconds:.1f} s")
    return ", ".join(notes) or "it takes none of the larger instances"


def _has_point(seen: Observation) -> bool:
    return bool(seen.solutions) and seen.solutions[0].values is not None


@clause
def survives_no_time(bench: Bench) -> str:
    """With a budget that is spent at once it answers, with a point or without one, and does not crash."""
    for seen in taken_cases(bench, feasible=True):
        hasty = bench.look(seen.case, time_limit=1e-6, fresh=True)
        no_crash(hasty)
        for answer in hasty.answers:
            require(
                answer.termination is not Termination.FAILED, f"{seen.case.name}: fails ({words(hasty)}) without time"
            )
    return "no crash"
