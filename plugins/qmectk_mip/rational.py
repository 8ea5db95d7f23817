"""Linear programs in rational numbers: nothing is rounded, so what is found is so.

Small ones are solved by the simplex method on a tableau of fractions, from the basis that a floating-point solver ended
with: mostly the optimal one, or a few pivots away (Dhiflaoui et al., "Certifying and repairing solutions to large LPs",
SODA 2003). Of larger ones the basis gives exact multipliers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .arrays import Linear

#: Largest number of basic columns whose multipliers are computed: elimination costs its cube, and fractions grow.
MOST = 25

#: Pivots after which a tableau is given up.
PIVOTS = 200

#: A finite side or bound as a fraction, an infinite one as a float.
Side = Fraction | float


@dataclass(frozen=True)
class Optimum:
    """The optimal point and its value; `x` is None where it is shown that there is no point."""

    x: list[Fraction] | None
    value: Fraction | None


class Tableau:
    """``min cost.x`` over rows and bounds, in fractions.

    Parameters
    ----------
    low, high
        Exact sides of the rows, where those of the model are rounded.
    """

    def __init__(self, model: Linear, low: Sequence[Side], high: Sequence[Side]) -> None:
        m, n = model.matrix.shape
        dense = model.matrix.toarray().tolist()
        # the variables are the columns and then the rows; row i says: (its value) = entries . columns
        self._cells = [[Fraction(a) for a in row] for row in dense]
        self._basic, self._free = list(range(n, n + m)), list(range(n))
        self._costs = [Fraction(c) for c in model.cost.tolist()]
        self._lower = [*map(side_of, model.lower.tolist()), *low]
        self._upper = [*map(side_of, model.upper.tolist()), *high]
        self._n = n
        # which bound each variable that is not basic sits at
        self._at: list[Side] = [_nearest(a, b) for a, b in zip(self._lower, self._upper, strict=True)]

    def optimum(self, basic: Collection[int] = ()) -> Optimum | None:
        """Solve, beginning with these variables basic, rows counting on after the columns; None if given up.

        Raises
        ------
        ArithmeticError
            When the objective is unbounded.
        """
        for j in basic:
            if j < self._n:
                place = self._free.index(j)
                rows = [i for i, b in enumerate(self._basic) if b >= self._n and self._cells[i][place]]
                if rows:
                    self._pivot(min(rows, key=lambda i: self._basic[i] in basic), place)
        for p, v in enumerate(self._free):
            self._settle(p, v)
        for _ in range(PIVOTS):
            values = self._values()
            row = next(
                (i for i, v in enumerate(self._basic) if not self._lower[v] <= values[i] <= self._upper[v]), None
            )
            if row is not None:
                if not self._repair(row, values[row]):
                    return Optimum(None, None)
            elif not self._improve(values):
                return self._answer(values)
        return None

    def _settle(self, p: int, v: int) -> None:
        """Put a variable that is not basic at the bound that its cost asks for, if it has one."""
        side = self._lower[v] if self._costs[p] > 0 else self._upper[v] if self._costs[p] < 0 else self._at[v]
        self._at[v] = side if isinstance(side, Fraction) else _nearest(self._lower[v], self._upper[v])

    def _values(self) -> list[Fraction]:
        at = [self._at[v] for v in self._free]
        return [sum((a * v for a, v in zip(row, at, strict=True) if a), Fraction(0)) for row in self._cells]  # type: ignore[misc]

    def _repair(self, row: int, value: Fraction) -> bool:
        """Bring a basic variable to the bound that it is beyond; False when nothing can: there is no point."""
        v = self._basic[row]
        up = value < self._lower[v]
        best: tuple[Fraction, int] | None = None
        for p, q in enumerate(self._free):
            a = self._cells[row][p]
            rises = (a > 0) == up
            if not a or not (self._at[q] < self._upper[q] if rises else self._at[q] > self._lower[q]):
                continue
            price = abs(self._costs[p] / a)
            if best is None or (price, q) < (best[0], self._free[best[1]]):
                best = price, p
        if best is None:
            return False
        self._pivot(row, best[1])
        self._at[v] = self._lower[v] if up else self._upper[v]
        return True

    def _improve(self, values: list[Fraction]) -> bool:
        """One step of the primal simplex method (Bland's rule); False at an optimum."""
        for p in sorted(range(len(self._free)), key=self._free.__getitem__):
            q, cost = self._free[p], self._costs[p]
            rises = cost < 0
            if not cost or not (self._at[q] < self._upper[q] if rises else self._at[q] > self._lower[q]):
                continue
            step: Side = self._upper[q] - self._at[q] if rises else self._at[q] - self._lower[q]
            leaves: tuple[int, Side] | None = None
            for i, v in sorted(enumerate(self._basic), key=lambda pair: pair[1]):
                slope = self._cells[i][p] if rises else -self._cells[i][p]
                if slope:
                    bound = self._upper[v] if slope > 0 else self._lower[v]
                    room: Side = (bound - values[i]) / slope if isinstance(bound, Fraction) else math.inf
                    if room < step:
                        step, leaves = room, (i, bound)
            if not isinstance(step, Fraction):
                raise ArithmeticError("unbounded")
            if leaves is None:
                self._at[q] = self._upper[q] if rises else self._lower[q]
            else:
                v = self._basic[leaves[0]]
                self._pivot(leaves[0], p)
                self._at[v] = leaves[1]
            return True
        return False

    def _pivot(self, row: int, place: int) -> None:
        line = self._cells[row]
        scale = line[place]
        fresh = [-a / scale if p != place else 1 / scale for p, a in enumerate(line)]
        for other in [*self._cells[:row], *self._cells[row + 1 :], self._costs]:
            factor = other[place]
            if factor:
                for p, a in enumerate(fresh):
                    other[p] = factor * a if p == place else other[p] + factor * a
        self._cells[row] = fresh
        self._basic[row], self._free[place] = self._free[place], self._basic[row]

    def _answer(self, values: list[Fraction]) -> Optimum:
        x = [Fraction(0)] * self._n
        for v, number in [*zip(self._basic, values, strict=True), *((v, self._at[v]) for v in self._free)]:
            if v < self._n:
                x[v] = Fraction(number)
        value = sum((c * self._at[v] for c, v in zip(self._costs, self._free, strict=True)), Fraction(0))
        return Optimum(x, Fraction(value))


def solved(model: Linear, columns: list[Any], rows: list[Any]) -> Optimum | None:
    """The optimum of a small linear program, from HiGHS's basis; None where pivoting does not end."""
    from highspy import HighsBasisStatus as Status

    tableau = Tableau(model, [side_of(v) for v in model.low.tolist()], [side_of(v) for v in model.high.tolist()])
    try:
        return tableau.optimum({j for j, status in enumerate([*columns, *rows]) if status == Status.kBasic})
    except ArithmeticError:
        return None


def dual_bound(model: Linear, columns: list[Any], rows: list[Any]) -> Fraction | None:
    """A lower bound on the optimum from the exact multipliers of HiGHS's basis; None when they show none."""
    from highspy import HighsBasisStatus as Status

    basic = [j for j, s in enumerate(columns) if s == Status.kBasic]
    active = [i for i, s in enumerate(rows) if s != Status.kBasic]
    if len(basic) != len(active) or len(basic) > MOST:
        return None
    lines = [_row(model, i) for i in active]
    prices = _solve(
        [[line.get(j, Fraction(0)) for line in lines] for j in basic], [_fraction(model.cost[j]) for j in basic]
    )
    if prices is None:
        return None
    total = Fraction(0)
    reduced = [_fraction(c) for c in model.cost]
    for i, line, y in zip(active, lines, prices, strict=True):
        side = model.low[i] if y > 0 else model.high[i]
        if y != 0 and not np.isfinite(side):
            return None
        total += y * _fraction(side) if y != 0 else 0
        for j, a in line.items():
            reduced[j] -= y * a
    for d, lower, upper in zip(reduced, model.lower, model.upper, strict=True):
        side = lower if d > 0 else upper
        if d != 0 and not np.isfinite(side):
            return None
        total += d * _fraction(side) if d != 0 else 0
    return total


def _solve(rows: list[list[Fraction]], sides: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan elimination; None for a singular system."""
    system = [[*row, side] for row, side in zip(rows, sides, strict=True)]
    for k in range(len(system)):
        pick = next((r for r in range(k, len(system)) if system[r][k]), None)
        if pick is None:
            return None
        system[k], system[pick] = system[pick], system[k]
        scale = system[k][k]
        system[k] = [a / scale for a in system[k]]
        for r, row in enumerate(system):
            if r != k and row[k]:
                factor = row[k]
                system[r] = [a - factor * b if b else a for a, b in zip(row, system[k], strict=True)]
    return [row[-1] for row in system]


def side_of(number: float) -> Side:
    return Fraction(number) if math.isfinite(number) else number


def _nearest(lower: Side, upper: Side) -> Fraction:
    """A finite bound, 0 without any."""
    return lower if isinstance(lower, Fraction) else upper if isinstance(upper, Fraction) else Fraction(0)


def _fraction(number: Any) -> Fraction:
    return Fraction(float(number))


def _row(model: Linear, i: int) -> dict[int, Fraction]:
    part = slice(model.matrix.indptr[i], model.matrix.indptr[i + 1])
    pairs = zip(model.matrix.indices[part].tolist(), model.matrix.data[part].tolist(), strict=True)
    return {j: Fraction(a) for j, a in pairs}


__all__ = ["Optimum", "Side", "Tableau", "dual_bound", "side_of", "solved"]
