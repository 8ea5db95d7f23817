"""Branch and bound of which every step is checked: what it proves does not rest on the tolerances of a solver.

HiGHS solves the linear relaxations and is believed nothing: a node is closed by a bound of :mod:`.safe`, by bounds of
variables that cross, or by its whole numbers being fixed and judged by :mod:`.leaf`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qmectk import Budget

from .arrays import Array, Linear
from .engine import Engine
from .leaf import Leaf, Leaves, rounded_down
from .rational import dual_bound
from .safe import Safe
from .scaling import Scaled

#: A number within this of a whole one is tried as that.
FRACTION = 1e-6


@dataclass(frozen=True)
class Proof:
    """`bound` holds for every feasible point; `x` is the best one met, `value` its value (inf without any).

    In numbers of the equilibrated model. `finished` is False where nodes were left when time or `limit` ended. `near`
    is the best point that is feasible only within what its numbers may be rounded by, if one was met.
    """

    bound: float
    x: Array | None
    value: float
    finished: bool
    near: Leaf | None = None


def prove(
    scaled: Scaled, budget: Budget, *, gap: float, limit: int, x: Array | None, value: float, leaves: bool = True
) -> Proof:
    """Search for something better than `value`, by more than `gap` of it, with costs of its size.

    Parameters
    ----------
    limit
        Most nodes.
    x, value
        A feasible point that is known, or None and inf; or a value alone, to be proved as a bound.
    leaves
        Whether feasible points may be looked for: not when the rows are only an approximation.
    """
    fine = scaled.rescaled(value) if math.isfinite(value) and value != 0.0 else scaled
    shift = fine.objective - scaled.objective
    found = _search(fine, budget, gap, limit, x, math.ldexp(value, shift), leaves)
    near = found.near and replace(found.near, value=math.ldexp(found.near.value, -shift))
    return replace(found, bound=math.ldexp(found.bound, -shift), value=math.ldexp(found.value, -shift), near=near)


def _search(
    scaled: Scaled, budget: Budget, gap: float, limit: int, x: Array | None, value: float, leaves: bool
) -> Proof:
    model = scaled.inner
    engine = Engine(_continuous(scaled))
    safe, ends = Safe(model), Leaves(model)
    no_cost = np.zeros(len(model.cost))
    proved = math.inf
    stack = [(model.lower, model.upper, -math.inf)]
    near: Leaf | None = None
    count = 0
    while stack:
        if count >= limit or budget.expired():
            left = min(bound for *_, bound in stack)
            return Proof(min(proved, left, value), x, value, False, near)
        count += 1
        lower, upper, bound = stack.pop()
        goal = value - gap * abs(value) if math.isfinite(value) else math.inf
        if bound >= goal:
            proved = min(proved, bound)
            continue
        box = safe.tightened(lower, upper, value)
        if box is None:
            continue  # nothing there, or nothing better than the point that is known
        lower, upper = box
        fixed = model.whole & (lower == upper)
        if leaves and fixed[model.whole].all():
            end = ends.complete(lower, budget.limit)
            if end.x is not None and end.value < value and end.certain:
                x, value = end.x, end.value
            if not end.certain and (near is None or end.value < near.value):
                near = end
            proved = min(proved, max(end.bound, bound))
            continue
        engine.bounds(lower, upper)
        outcome = engine.run(seconds=budget.limit, presolve=False)
        if outcome.duals is not None:
            if outcome.infeasible and safe.bound(outcome.duals, lower, upper, no_cost) > 0.0:
                continue
            bound = max(bound, safe.bound(outcome.duals, lower, upper, model.cost))
            bound = bound if outcome.infeasible else _exactly(bound, model, engine, lower, upper)
        if bound >= goal:
            proved = min(proved, bound)
            continue
        if fixed[model.whole].all():
            proved = min(proved, bound)
            continue
        point = outcome.x if outcome.x is not None else 0.5 * (np.maximum(lower, -1.0) + np.minimum(upper, 1.0))
        point = np.clip(point, lower, upper)
        off = np.where(model.whole & ~fixed, np.abs(point - np.round(point)), -1.0)
        if leaves and off.max() <= FRACTION:
            end = ends.complete(point, budget.limit)
            if end.x is not None and end.value < value and end.certain:
                x, value = end.x, end.value
                if bound >= value - gap * abs(value):
                    proved = min(proved, bound)
                    continue
        j = int(np.argmax(off))
        below = _split(point[j], lower[j], upper[j])
        down, up = upper.copy(), lower.copy()
        down[j], up[j] = below, below + 1.0
        parts = [(lower, down, bound), (up, upper, bound)]
        stack += parts if point[j] > below + 0.5 else parts[::-1]  # the nearer half is looked at first
    return Proof(min(proved, value), x, value, True, near)


def _exactly(bound: float, model: Linear, engine: Engine, lower: Array, upper: Array) -> float:
    """A node's bound; where there is none, as a variable has no bounds, one from its last basis in fractions."""
    if bound > -math.inf:
        return bound
    exact = dual_bound(replace(model, lower=lower, upper=upper), *engine.basis())
    return bound if exact is None else rounded_down(exact)


def _split(at: float, lower: float, upper: float) -> float:
    """Where the lower half of a whole variable ends, so that both halves are smaller than before."""
    nearest = float(np.round(at))
    if abs(at - nearest) > FRACTION:
        return math.floor(at)
    return nearest - 1.0 if lower < nearest else nearest


def _continuous(scaled: Scaled) -> Scaled:
    return replace(scaled, inner=replace(scaled.inner, whole=np.zeros(len(scaled.inner.whole), bool)))


__all__ = ["Proof", "prove"]
