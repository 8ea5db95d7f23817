"""What is left when every whole number is fixed: rows that hold or do not, and a linear program in the other variables.

Both are decided in exact arithmetic, on the numbers as they are declared: 1e9 x - 1e9 y + 1e-9 z <= 0 does not hold at
x = y = z = 1, whatever floats make of the sum. Numbers of a declaration may be rounded themselves: 0.1 x + 0.2 y <= 0.3
does not hold at x = y = 1 either, by 3e-17. A number that fills its 53 bits is therefore taken to be known to one unit
in its last place. What holds within that, and not exactly, is a point that proves nothing, and no bound is claimed that
it would refute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from .arrays import Array, Linear
from .engine import Engine, Outcome
from .rational import Optimum, Side, Tableau, dual_bound, side_of, solved
from .safe import Safe

#: A number whose last bits, this many, are zero is short, and not the result of rounding.
SPARE_BITS = 16

#: What a continuous point may violate its rows by, relative to their largest term, where fractions would take too long.
ROUNDED = 1e-9

#: What is left of a row when its whole numbers are fixed is computed exactly where it is less than this part of them.
CANCELLED = 1e-3

#: An optimum this much below or above the largest cost is looked for again with costs of its own size, so many times.
SMALL, RESCALED = 2.0**-10, 3

#: A bound this near to its point, relative, is not worth fractions.
WORTH = 1e-9

#: Most rows times columns of a linear program that is solved in fractions, and most entries of one whose duals are.
CELLS, RATIONAL = 100, 400


@dataclass(frozen=True)
class Leaf:
    """The best that there is with some whole numbers.

    Attributes
    ----------
    x, value
        A feasible point, or None and inf.
    bound
        No point is below it; inf: there is none.
    certain
        Whether `x` is feasible exactly, and not only within what its numbers may be rounded by.
    outcome
        What HiGHS said last of the linear program, if it was asked.
    """

    x: Array | None
    value: float
    bound: float
    certain: bool = True
    outcome: Outcome | None = None


NOWHERE = Leaf(None, math.inf, math.inf)


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
        self._places = self._of_fixed.copy()
        self._places.data = _last_place(self._places.data)
        self._sides = np.maximum(_last_place(model.low), _last_place(model.high))
        self._sized = abs(self._of_fixed)
        self._unit = (whole.sum() + 8) * 2.0**-51
        self._tiny = self._open.sum() * len(self._rest) <= CELLS

    def complete(self, whole: Array, seconds: float | None = None) -> Leaf:
        """The best point with these whole numbers (of all columns, in the model's own numbers)."""
        model = self.model
        fixed = np.round(whole[self._fixed])
        if (fixed < model.lower[self._fixed]).any() or (fixed > model.upper[self._fixed]).any():
            return NOWHERE
        low, high = self._left(fixed)
        slack = self._places @ np.abs(fixed) + self._sides
        beyond = np.where(self._open, 0.0, np.maximum(low, -high))
        if (beyond > slack).any():
            return NOWHERE
        certain = not (beyond > 0.0).any()
        base = _exact(model.cost[self._fixed], fixed)
        x = np.empty(len(model.cost))
        x[self._fixed] = fixed
        if not len(self._rest):
            return Leaf(x, base, base, certain)
        found = self._completed(fixed, low, high, np.zeros_like(slack), seconds)
        if found.x is None and found.bound == math.inf and slack[self._open].any():
            found, certain = self._completed(fixed, low, high, slack, seconds), False
        if found.x is None:
            return Leaf(None, math.inf, base + found.bound)
        x[self._rest] = found.x
        return Leaf(x, base + found.value, _below(base, found.bound), certain and found.certain)

    def loosened(self) -> Linear:
        """The model with its rows of continuous variables looser by what their numbers may be rounded by."""
        ends = (np.where(np.isfinite(end), np.abs(end), 0.0) for end in (self.model.lower, self.model.upper))
        size = np.maximum.reduce([*ends, np.ones(len(self.model.cost))])  # equilibrated numbers are about 1
        places = self.model.matrix.copy()
        places.data = _last_place(places.data)
        slack = np.where(self._open, places @ size + self._sides, 0.0)
        return replace(self.model, low=self.model.low - slack, high=self.model.high + slack)

    def _completed(self, fixed: Array, low: Array, high: Array, slack: Array, seconds: float | None) -> Leaf:
        """The linear program in the other variables, its rows looser by `slack`: in fractions where it is small."""
        rest = self._linear(low - slack, high + slack)
        if self._tiny:
            try:
                exact = Tableau(rest, *self._exact_sides(fixed, slack)).optimum()
            except ArithmeticError:
                exact = None
            if exact is not None:
                return _known(exact)
        return best(rest, seconds)

    def _left(self, fixed: Array) -> tuple[Array, Array]:
        """The sides of the rows less what the whole numbers take of them: correctly rounded where it may matter."""
        taken = self._of_fixed @ fixed
        low, high = self.model.low - taken, self.model.high - taken
        size = self._sized @ np.abs(fixed)
        nearest = np.minimum(np.abs(low), np.abs(high))
        near = nearest <= np.where(self._open, CANCELLED, self._unit) * (size + _finite(low) + _finite(high))
        for i in np.flatnonzero(near & (size > 0.0)).tolist():
            a, x = self._entries(i, fixed)
            for side, of in ((low, self.model.low[i]), (high, self.model.high[i])):
                if np.isfinite(of):
                    side[i] = _exact(np.append(-a, of), np.append(x, 1.0))
        return low, high

    def _exact_sides(self, fixed: Array, slack: Array) -> tuple[list[Side], list[Side]]:
        """The same in fractions, of the rows with other variables."""
        low: list[Side] = []
        high: list[Side] = []
        for i in np.flatnonzero(self._open).tolist():
            a, x = self._entries(i, fixed)
            taken, loose = _product(a, x), Fraction(float(slack[i]))
            for sides, of, sign in ((low, float(self.model.low[i]), -1), (high, float(self.model.high[i]), 1)):
                sides.append(side_of(of) - taken + sign * loose if math.isfinite(of) else of)
        return low, high

    def _entries(self, i: int, fixed: Array) -> tuple[Array, Array]:
        part = slice(self._of_fixed.indptr[i], self._of_fixed.indptr[i + 1])
        return self._of_fixed.data[part], fixed[self._of_fixed.indices[part]]

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
    if safe.tightened(model.lower, model.upper) is None:
        return NOWHERE
    return relaxed_optimum(Engine.of(model), seconds)


def relaxed_optimum(engine: Engine, seconds: float | None = None, seed: int = 0, presolve: bool = False) -> Leaf:
    """The same of the linear program that an engine has, in numbers of the model."""
    found = Leaf(None, math.inf, -math.inf)
    safe = Safe(engine.inner)
    box = safe.tightened(engine.inner.lower, engine.inner.upper)
    if box is None:
        return NOWHERE
    for _ in range(RESCALED):
        outcome = engine.run(seconds=seconds, seed=seed, presolve=presolve)
        if presolve and (outcome.infeasible or outcome.unbounded):  # a ray is known without presolve only
            outcome = engine.run(seconds=seconds, seed=seed, presolve=False)
        inner, scaled = engine.inner, engine.scaled
        if outcome.infeasible and outcome.duals is not None and safe.bound(outcome.duals, *box, inner.cost * 0.0) > 0.0:
            return replace(NOWHERE, outcome=outcome)
        if not outcome.optimal or outcome.x is None or outcome.duals is None:
            return replace(found, outcome=outcome)
        if inner.matrix.shape[0] * inner.matrix.shape[1] <= CELLS:
            exact = solved(inner, *engine.basis())
            if exact is not None:
                known = _known(exact)
                x = None if known.x is None else scaled.point(known.x)
                return Leaf(x, scaled.value(known.value), scaled.value(known.bound), True, outcome)
        x = np.clip(outcome.x, inner.lower, inner.upper)
        value = float(inner.cost @ x)
        bound = safe.bound(outcome.duals, *box, inner.cost)
        if bound < value - WORTH * abs(value) and inner.matrix.nnz <= RATIONAL:
            proved = dual_bound(inner, *engine.basis())
            bound = bound if proved is None else max(bound, rounded_down(proved))
        if inner.violation(x) > ROUNDED:
            return Leaf(None, math.inf, max(found.bound, scaled.value(bound)), True, outcome)
        found = Leaf(scaled.point(x), scaled.value(value), scaled.value(min(bound, value)), True, outcome)
        if value == 0.0 or SMALL <= abs(value) <= 1.0 / SMALL:
            break
        engine.rescale(value)
    return found


def _known(exact: Optimum) -> Leaf:
    """An exact optimum in floats, the bound rounded down."""
    if exact.x is None or exact.value is None:
        return NOWHERE
    return Leaf(np.array([float(v) for v in exact.x]), float(exact.value), rounded_down(exact.value))


def _last_place(numbers: Array) -> Array:
    """One unit in the last place of every number that fills its bits; 0 of short ones."""
    finite = np.where(np.isfinite(numbers), numbers, 0.0)
    mantissa, _ = np.frexp(finite)
    short = np.ldexp(mantissa, 53 - SPARE_BITS) % 1.0 == 0.0
    out: Array = np.where(short, 0.0, np.abs(finite) * 2.0**-52)
    return out


def _exact(a: Array, x: Array) -> float:
    """The correctly rounded inner product."""
    return math.fsum((a * x).tolist()) if (np.abs(x) <= 1.0).all() else float(_product(a, x))


def _product(a: Array, x: Array) -> Fraction:
    pairs = zip(a.tolist(), x.tolist(), strict=True)
    return sum((Fraction(p) * int(q) for p, q in pairs if q), Fraction(0))


def _finite(numbers: Array) -> Array:
    return np.where(np.isfinite(numbers), np.abs(numbers), 0.0)


def rounded_down(number: Fraction) -> float:
    """The largest float that is not above it."""
    near = float(number)
    return near if Fraction(near) <= number else float(np.nextafter(near, -math.inf))


def _below(base: float, bound: float) -> float:
    return rounded_down(Fraction(base) + Fraction(bound)) if math.isfinite(bound) else base + bound


__all__ = ["Leaf", "Leaves", "best", "relaxed_optimum", "rounded_down"]
