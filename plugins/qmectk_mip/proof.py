"""Which claims of a floating-point branch and bound are taken over: those that survive a check of our own.

A point counts when its whole numbers hold every row exactly and the rest is completed precisely (:mod:`.leaf`). Small
models, and those whose equilibrated numbers still differ much, are proved anew by :mod:`.tree`. Where that does not
end, a wide model is solved a second time with other settings, and two answers that differ prove nothing. The bound of a
model that is neither is the solver's word about numbers near one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qmectk import Budget

from .arrays import Array
from .engine import Outcome
from .leaf import SMALL, Leaves
from .scaling import Scaled
from .tree import prove
from .width import wide

#: Whole variables up to which a model is proved anew whatever its numbers: it takes about as long as solving it.
FEW = 12

#: Nodes of the proof of a model: of one with few whole variables that looks harmless, and of a wide one.
NODES, MOST_NODES = 2_000, 50_000

#: Relative tolerance that bounds are stated up to: of those that every step was checked of, and of a solver's word.
CHECKED, TOLERANCE = 1e-9, 1e-6

#: Largest tolerance at which a solver's word is worth stating.
COARSEST = 1e-4

#: What a sum in floats may be off by, relative to the size of its terms.
MEASURED = 2.0**-50

#: Why nothing is proved.
DISPUTED = "two runs with different settings disagree, as the numbers differ too much in size: nothing is proved"
ONLY_NEAR = "the optimum of {name} holds its constraints only within its tolerances: nothing is proved"
ONLY_ROUNDED = "the point holds its constraints only within what their coefficients are rounded by: nothing is proved"
CANCELS = "the terms of the objective cancel to less than it can be measured by: no gap is closed"

#: The same model, solved with other settings: presolve off, another seed, the usual tolerances.
Again = Callable[[], Outcome]


@dataclass(frozen=True)
class Verdict:
    """What holds, in numbers of the model (minimised).

    Attributes
    ----------
    x, value
        The best feasible point, or None and inf.
    bound
        Of every feasible point; None when none is known, inf when it is shown that there is no point.
    tolerance
        That the bound is stated up to, relative.
    message
        Why something claimed is not taken over; "" otherwise.
    """

    x: Array | None
    value: float
    bound: float | None
    tolerance: float = CHECKED
    message: str = ""


def incumbent(scaled: Scaled, outcome: Outcome, known: Array | None, budget: Budget) -> tuple[Array | None, float]:
    """The best feasible point in numbers of the model, and its value in those of the equilibrated one; None and inf.

    Either `known`, or the point of `outcome` with its whole numbers rounded and the rest completed.
    """
    value = math.inf if known is None else float(scaled.inner.cost @ scaled.inwards(known))
    if outcome.x is not None:
        end = Leaves(scaled.inner).complete(outcome.x, budget.limit)
        if end.x is not None and end.value < value and end.certain:
            return scaled.point(end.x), end.value
    return known, value


def small(value: float) -> bool:
    """Whether a value of an equilibrated model is so small that the tolerances of a solver are much of it."""
    return 0.0 < abs(value) < SMALL


def decided(
    scaled: Scaled,
    outcome: Outcome,
    again: Again,
    budget: Budget,
    *,
    name: str,
    gap: float,
    known: Array | None,
) -> Verdict:
    """What of `outcome`, a run of the solver called `name`, holds for a mixed-integer model.

    Parameters
    ----------
    known
        The best feasible point that is known, see :func:`incumbent`.
    """
    inner = scaled.inner
    x, value = None, math.inf
    if known is not None:
        x = scaled.inwards(known)
        value = float(inner.cost @ x)
    hard = wide(inner, value) or small(value)
    if hard or inner.whole.sum() <= FEW:
        limit = MOST_NODES if hard else NODES
        proof = prove(scaled, budget, gap=0.5 * gap, limit=limit, x=x, value=value)
        x, value, near = proof.x, proof.value, proof.near
        if proof.finished and proof.bound == math.inf and near is None:
            loose = replace(scaled, inner=Leaves(inner).loosened())
            looser = prove(loose, budget, gap=gap, limit=limit, x=None, value=math.inf)
            if looser.x is not None:
                return _verdict(scaled, looser.x, looser.value, None, CHECKED, ONLY_ROUNDED)
            if not looser.finished:
                return _verdict(scaled, None, math.inf, None, CHECKED)
        if near is not None and near.x is not None and near.value < _beyond(value, gap):
            return _verdict(scaled, near.x, near.value, None, CHECKED, ONLY_ROUNDED)
        if proof.finished:
            size = 0.0 if x is None else float(np.abs(inner.cost) @ np.abs(x))
            cancels = MEASURED * size > gap * abs(value)
            return _verdict(scaled, x, value, proof.bound, CHECKED, CANCELS if cancels else "")
    if hard or (outcome.infeasible and x is None):
        bound, message = _agreed(_claim(outcome), again, budget, gap)
    else:
        bound, message = outcome.bound, ""
    if x is None and outcome.x is not None:
        point = np.where(inner.whole, np.round(outcome.x), outcome.x)
        return _verdict(scaled, point, float(inner.cost @ point), None, TOLERANCE, ONLY_NEAR.format(name=name))
    if bound is not None and math.isfinite(bound) and x is not None:
        size = float(np.abs(inner.cost) @ np.abs(x))
        tolerance = max(TOLERANCE, 1e-9 * size / abs(value)) if value else TOLERANCE
        if tolerance > COARSEST:
            return _verdict(scaled, x, value, None, TOLERANCE, CANCELS)
        if bound > value + tolerance * abs(value):
            return _verdict(scaled, x, value, None, TOLERANCE, DISPUTED)
        return _verdict(scaled, x, value, bound, tolerance, message)
    return _verdict(scaled, x, value, bound, TOLERANCE, message)


def confirmed(scaled: Scaled, value: float, claimed: float, again: Again, budget: Budget) -> tuple[float | None, str]:
    """A bound of the equilibrated model that meets `value` if `claimed` is right, None and the reason where none holds.

    Parameters
    ----------
    value
        Of a point that is known to be feasible for more than these rows; inf without any.
    claimed
        What the solver says; inf when it says that there is no point.
    """
    hard = wide(scaled.inner, value) or small(value)
    if hard or scaled.inner.whole.sum() <= FEW:
        limit = MOST_NODES if hard else NODES
        proof = prove(scaled, budget, gap=budget.gap, limit=limit, x=None, value=value, leaves=False)
        if proof.finished:
            return proof.bound, ""
    if hard or claimed == math.inf:
        return _agreed(claimed, again, budget, budget.gap)
    return claimed, ""


def _beyond(value: float, gap: float) -> float:
    """Better than `value` by more than `gap` of it."""
    return value - gap * abs(value) if math.isfinite(value) else value


def _claim(outcome: Outcome) -> float | None:
    if outcome.infeasible:
        return math.inf
    return outcome.bound if outcome.optimal else None


def _agreed(claimed: float | None, again: Again, budget: Budget, gap: float) -> tuple[float | None, str]:
    """The weaker of two bounds that agree: what was claimed, and what another run says."""
    if claimed is None or budget.expired():
        return None, ""
    outcome = again()
    second = _claim(outcome)
    if second is None:
        return None, "" if outcome.timed_out else DISPUTED
    if claimed == second == math.inf:
        return math.inf, ""
    low, high = sorted((claimed, second))
    if high == math.inf or high - low > 2.0 * max(gap, TOLERANCE) * max(abs(low), abs(high)):
        return None, DISPUTED
    return low, ""


def _verdict(
    scaled: Scaled, x: Array | None, value: float, bound: float | None, tolerance: float, message: str = ""
) -> Verdict:
    """In numbers of the model, the bound moved outwards by what measuring the objective may be off by."""
    point = None if x is None else scaled.point(x)
    stated = bound
    if bound is not None and math.isfinite(bound):
        size = abs(bound) if x is None else max(float(np.abs(scaled.inner.cost) @ np.abs(x)), abs(bound))
        stated = scaled.value(bound - MEASURED * size) - 2.0**-52 * abs(scaled.offset)
    elif bound == -math.inf:
        stated = None
    return Verdict(point, scaled.value(value), stated, tolerance, message)


__all__ = ["CHECKED", "TOLERANCE", "Verdict", "confirmed", "decided", "incumbent", "small"]
