"""What a backend answers: a reply to every frame, that the core can read, measure and write down."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..bench import Bench
from .contract import clause, require
from .observed import answered, taken_cases, where_seen


@clause
def takes_an_instance(bench: Bench) -> str:
    """There is a route to at least one of the suite's feasible instances."""
    taken = bench.standard(feasible=True)
    require(taken, f"it takes none of the suite's instances: {'; '.join(bench.refusals())}")
    return ", ".join(seen.case.name for seen in taken)


@clause
def answers_every_frame(bench: Bench) -> str:
    """Without a time limit every frame of every feasible instance gets a Reply, without a crash."""
    taken = taken_cases(bench, feasible=True)
    for seen in taken:
        answered(seen)
    return f"{sum(len(seen.answers) for seen in taken)} frames"


@clause
def claims_measure(bench: Bench) -> str:
    """What it claims about its points is what the core measures: objectives agree, points fit, nothing is refuted."""
    for seen in taken_cases(bench):
        for _, answer, solution in seen:
            require(not solution.faults, f"{where_seen(seen, solution)}: {'; '.join(solution.faults)}")
            require(
                answer.bound is None or (np.isfinite(answer.tolerance) and 0 <= answer.tolerance <= 1e-3),
                f"{where_seen(seen, solution)}: its bound is stated up to a relative tolerance of {answer.tolerance}",
            )
    return "no faults"


@clause
def answers_can_be_written(bench: Bench) -> str:
    """Every answer can be written as JSON: points are numbers, and `info` holds plain values."""
    for seen in taken_cases(bench):
        for _, answer, solution in seen:
            odd = _not_plain(answer.info, "info")
            require(odd is None, f"{where_seen(seen, solution)}: {odd}")
            solution.to_json()
    return "as JSON"


def _not_plain(value: Any, where: str) -> str | None:
    """The first thing in `value` that JSON has no form for."""
    if isinstance(value, dict):
        found = (_not_plain(item, f"{where}[{key!r}]") for key, item in value.items())
        return next((odd for odd in found if odd), None)
    if isinstance(value, (list, tuple)):
        return next((odd for odd in (_not_plain(item, where) for item in value) if odd), None)
    if value is None or isinstance(value, (str, int, float, np.number, np.bool_)):
        return None
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return None
    return f"{where} is a {type(value).__name__}"
