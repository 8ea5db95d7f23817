"""What is left when every whole number is fixed: rows that hold or do not, and a linear program in the other variables.

Whether a row of whole numbers holds is decided in exact arithmetic. A number that fills its 53 bits is taken to be
rounded, and known to one unit in its last place: 0.1 x + 0.2 y <= 0.3 holds at x = y = 1. A short one (3, 0.5, 1e9) is
taken at its word: 1e9 x - 1e9 y + 1e-9 z <= 0 does not hold at x = y = z = 1, whatever floats make of the sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from .arrays import Array, Linear
from .engine import Engine, Outcome
from .rational import Basis
from .safe import Safe

#: A number whose last bits, this many, are zero is short, and not the result of rounding.
SPARE_BITS = 16

#: What a continuous point may violate its rows by, relative to their largest term, to count as feasible.
ROUNDED = 1e-9

#: What is left of a row when its whole numbers are fixed is computed exactly where it is less than this part of them.
CANCELLED = 1e-3

#: An optimum this much below or above the largest cost is looked for again with costs of its own size, so many times.
SMALL, RESCALED = 2.0**-10, 3

#: Most entries of a linear program whose basis is checked in fractions.
RATIONAL = 400


@dataclass(frozen=True)
class Leaf:
    """`x` is a feasible point or None; no point with these whole numbers is below `bound` (inf: there is none)."""

    x: Array | None
    value: float
    bound: float
    outcome: Outcome | None = None  #: what HiGHS said last of the linear program


class Leaves:
    """Completes whole numbers of one model."""

    def __init__(self, model: Linear) -> None:
        self.model = model
        whole = model.whole
        self._rest = np.flatnonzero(~whole)
        self._fixed = np.flatnonzero(whole)
        self._of_fixed = model.matrix[:, self._fixed].tocsr()
        self._of_rest = model.matrix[:, self._rest].tocsr()
        self._open = np.diff(self._of_rest.indptr) > 0
        self._slack = self._of_fixed.copy()
        self._slack.data = _last_place(self._slack.data)
        self._sides = np.maximum(_last_place(model.low), _last_place(model.high))
        sized = abs(self._of_fixed)
        self._unit = (whole.sum() + 8) * 2.0**-51
        self._sized = sized

    def complete(self, whole: Array, seconds: float | None = None) -> Leaf:
        """The best point with these whole numbers (of all columns, in the model's own numbers)."""
        model = self.model
        fixed = np.round(whole[self._fixed])
        if (fixed < model.lower[self._fixed]).any() or (fixed > model.upper[self._fixed]).any():
            return Leaf(None, math.inf, math.inf)
        low, high = self._left(fixed)
        slack = self._slack @ np.abs(fixed) + self._sides
        closed = ~self._open
        if ((low - slack > 0.0) & closed).any() or ((high + slack < 0.0) & closed).any():
            return Leaf(None, math.inf, math.inf)
        base = _exact(model.cost[self._fixed], fixed)
        x = np.empty(len(model.cost))
        x[self._fixed] = fixed
        if not len(self._rest):
            return Leaf(x, base, base)
        rest = self._linear(low, high)
        found = best(rest, seconds)
        if found.x is None and found.bound == math.inf and slack[self._open].any():
            found = best(self._linear(low - slack, high + slack), seconds)
        if found.x is None:
            return Leaf(None, math.inf, base + found.bound)
        x[self._rest] = found.x
        return Leaf(x, base + found.value, _below(base, found.bound))

    def _left(self, fixed: Array) -> tuple[Array, Array]:
        """The sides of the rows less what the whole numbers take of them: correctly rounded where it may matter."""
        taken = self._of_fixed @ fixed
        low, high = self.model.low - taken, self.model.high - taken
        starts, columns, entries = self._of_fixed.indptr, self._of_fixed.indices, self._of_fixed.data
        size = self._sized @ np.abs(fixed)
        nearest = np.minimum(np.abs(low), np.abs(high))
        near = nearest <= np.where(self._open, CANCELLED, self._unit) * (size + _finite(low) + _finite(high))
        for i in np.flatnonzero(near & (size > 0.0)):
            part = slice(starts[i], starts[i + 1])
            a, x = entries[part], fixed[columns[part]]
            for side, of in ((low, self.model.low[i]), (high, self.model.high[i])):
                if np.isfinite(of):
                    side[i] = _exact(np.append(-a, of), np.append(x, 1.0))
        return low, high

    def _linear(self, low: Array, high: Array) -> Linear:
        model, rest, rows = self.model, self._rest, self._open
        return Linear(
            model.cost[rest],
            0.0,
            self._of_rest[rows],
            low[rows],
            high[rows],
            model.lower[rest],
            model.upper[rest],
            np.zeros(len(rest), bool),
        )


def best(model: Linear, seconds: float | None = None) -> Leaf:
    """The optimum of a linear program, with a bound that holds."""
    safe = Safe(model)
    box = safe.tightened(model.lower, model.upper)
    if box is None:
        return Leaf(None, math.inf, math.inf)
    return relaxed_optimum(Engine.of(model), seconds)


def relaxed_optimum(engine: Engine, seconds: float | None = None, seed: int = 0, presolve: bool = False) -> Leaf:
    """The same of the linear program that an engine has, in numbers of the model."""
    found = Leaf(None, math.inf, -math.inf)
    safe = Safe(engine.inner)
    box = safe.tightened(engine.inner.lower, engine.inner.upper)
    if box is None:
        return Leaf(None, math.inf, math.inf)
    for _ in range(RESCALED):
        outcome = engine.run(seconds=seconds, seed=seed, presolve=presolve)
        if presolve and (outcome.infeasible or outcome.unbounded):  # a ray is known without presolve only
            outcome = engine.run(seconds=seconds, seed=seed, presolve=False)
        inner, scaled = engine.inner, engine.scaled
        if outcome.infeasible and outcome.duals is not None and safe.bound(outcome.duals, *box, inner.cost * 0.0) > 0.0:
            return Leaf(None, math.inf, math.inf, outcome)
        if not outcome.optimal or outcome.x is None or outcome.duals is None:
            return replace(found, outcome=outcome)
        bound = safe.bound(outcome.duals, *box, inner.cost)
        basis = Basis(inner, *engine.basis()) if inner.matrix.nnz <= RATIONAL else None
        exact = basis.bound() if basis is not None else None
        if exact is not None:
            bound = max(bound, rounded_down(exact))
        corner = basis.point() if basis is not None else None
        if corner is not None:
            x, value = np.array([float(number) for number in corner[0]]), float(corner[1])
        else:
            x = np.clip(outcome.x, inner.lower, inner.upper)
            value = float(inner.cost @ x)
            if inner.violation(x) > ROUNDED:
                return Leaf(None, math.inf, max(found.bound, scaled.value(bound)), outcome)
        found = Leaf(scaled.point(x), scaled.value(value), scaled.value(min(bound, value)), outcome)
        if value == 0.0 or SMALL <= abs(value) <= 1.0 / SMALL:
            break
        engine.rescale(value)
    return found


def _last_place(numbers: Array) -> Array:
    """One unit in the last place of every number that fills its bits; 0 of short ones."""
    finite = np.where(np.isfinite(numbers), numbers, 0.0)
    mantissa, _ = np.frexp(finite)
    short = np.ldexp(mantissa, 53 - SPARE_BITS) % 1.0 == 0.0
    out: Array = np.where(short, 0.0, np.abs(finite) * 2.0**-52)
    return out


def _exact(a: Array, x: Array) -> float:
    """The correctly rounded inner product."""
    if (np.abs(x) <= 1.0).all():
        return math.fsum((a * x).tolist())
    return float(sum((Fraction(p) * Fraction(q) for p, q in zip(a.tolist(), x.tolist(), strict=True)), Fraction(0)))


def _finite(numbers: Array) -> Array:
    return np.where(np.isfinite(numbers), np.abs(numbers), 0.0)


def rounded_down(number: Fraction) -> float:
    return float(np.nextafter(float(number), -math.inf))


def _below(base: float, bound: float) -> float:
    return float(np.nextafter(base + bound, -math.inf))


__all__ = ["Leaf", "Leaves", "best", "relaxed_optimum", "rounded_down"]
