"""Where backends stumble: instances of one bit, and instances without a feasible point."""

from __future__ import annotations

import numpy as np

from ...errors import QmectkError
from ...status import Termination
from ..bench import Bench
from .contract import clause, require
from .observed import answered, names_of, where_seen


@clause
def survives_one_bit(bench: Bench) -> str:
    """The smallest instances, of one bit or one device, are answered without a crash."""
    taken = [seen for seen in bench.standard(one_bit=True) if seen.taken]
    for seen in taken:
        answered(seen)
    return names_of(taken)


@clause
def survives_infeasible(bench: Bench) -> str:
    """An instance without a feasible point is answered without a crash."""
    taken = bench.standard(feasible=False)
    for seen in taken:
        require(
            not isinstance(seen.crash, QmectkError),
            f"{seen.case.name}: raises '{seen.crash}' instead of replying without a point",
        )
        answered(seen)
    return names_of(taken)


@clause
def no_values_without_incumbent(bench: Bench) -> str:
    """On an instance without a feasible point it returns no values, or a point that claims nothing."""
    taken = bench.standard(feasible=False)
    for seen in taken:
        for instance, answer, solution in seen:
            where = where_seen(seen, solution)
            require(not solution.feasible, f"{where}: the core calls its point feasible")
            if answer.values is None:
                continue
            require(answer.termination is not Termination.PROVED, f"{where}: claims a proof with an infeasible point")
            measured = instance.measure(answer.values).objective
            closed = answer.bound is not None and np.isclose(answer.bound, measured, rtol=1e-6, atol=1e-9)
            require(not closed, f"{where}: claims a bound equal to the objective of its infeasible point")
    return names_of(taken)
