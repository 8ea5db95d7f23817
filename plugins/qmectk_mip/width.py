"""Whether numbers differ so much that the tolerances of a solver may hide some of them."""

from __future__ import annotations

import numpy as np

from .arrays import Array, Linear
from .engine import FEASIBILITY
from .safe import Safe
from .scaling import largest, side

#: Ratio of the numbers in a row, or of an objective and a cost, beyond which tolerances can hide what decides.
WIDE = 1e6

#: Share of the objective that such costs may hide without harm: less than any bound of a solver is stated to.
HIDDEN = 1e-7

#: Least share of the largest cost below which the smallest one makes a look at the relaxed optimum worth its time.
UNEVEN = 2.0**-8


def uneven(cost: Array) -> bool:
    """Whether the optimum may be much smaller than the largest cost, which the objective is scaled to."""
    size = np.abs(cost[cost != 0.0])
    return bool(size.size) and float(size.min()) < UNEVEN * float(size.max())


def wide(model: Linear, value: float = np.inf) -> bool:
    """Whether the numbers of a row, or of the objective, differ so much that a solver's tolerances may hide some.

    A whole number counts with what its entry times its bounds can be. Costs are held against `value`, that of a
    feasible point, where one is known: what forbids something may cost much more than all that is done.
    """
    reach = np.where(model.whole, np.maximum(side(model.lower, model.upper), 1.0), 1.0)
    least, most = abs(model.matrix), abs(model.matrix)
    most.data = most.data * reach[most.indices]
    least.data = 1.0 / least.data
    if (largest(most) * largest(least)).max(initial=0.0) > WIDE:
        return True
    costs = np.abs(model.cost)
    paid, dearest = costs > 0.0, float((costs * reach).max(initial=0.0))
    if not np.isfinite(value) or value == 0.0:
        return bool(paid.any()) and dearest > WIDE * float(costs[paid].min())
    size = abs(value)
    return dearest > WIDE * size or _hidden(model, size) > HIDDEN * size


def _hidden(model: Linear, size: float) -> float:
    """What a solver may overlook of small costs: each its tolerance at most, times what the rows leave the column."""
    costs = np.abs(model.cost)
    low = (costs > 0.0) & (WIDE * costs < size)
    box = Safe(model).tightened(model.lower, model.upper) if low.any() else None
    if box is None:
        return 0.0
    lower, upper = box
    return float(np.minimum(costs[low], FEASIBILITY * size) @ (upper - lower)[low])


__all__ = ["WIDE", "uneven", "wide"]
