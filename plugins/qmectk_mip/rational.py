"""The optimum of a small linear program in rational numbers, from the basis that a floating-point solver ended with.

The basis says which rows and columns are at a bound; the rest solves a linear system. Done in fractions, whether the
point is feasible and the multipliers have the right signs is known for certain (Dhiflaoui et al., "Certifying and
repairing solutions to large LPs", SODA 2003).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from .arrays import Linear

#: Largest number of basic columns: elimination in fractions costs its cube, and the fractions grow.
MOST = 25

#: A sparse row by column.
Row = dict[int, Fraction]


class Basis:
    """The basic solution of ``min cost.x`` in exact arithmetic, from HiGHS's status of each column and row."""

    def __init__(self, model: Linear, columns: list[Any], rows: list[Any]) -> None:
        from highspy import HighsBasisStatus as Status

        self._model = model
        self._basic = [j for j, s in enumerate(columns) if s == Status.kBasic]
        self._active = [i for i, s in enumerate(rows) if s != Status.kBasic]
        self._at = {j: model.lower[j] if s == Status.kLower else model.upper[j] for j, s in enumerate(columns)}
        for j, status in enumerate(columns):
            if status == Status.kZero:
                self._at[j] = 0.0
        self._sides = [model.low[i] if rows[i] == Status.kLower else model.high[i] for i in self._active]
        self._usable = len(self._basic) == len(self._active) <= MOST
        self._lines = [_row(model, i) for i in self._active] if self._usable else []
        self._place = {j: k for k, j in enumerate(self._basic)}

    def bound(self) -> Fraction | None:
        """A lower bound on the optimum, by weak duality; None when the multipliers of the basis show none."""
        if not self._usable:
            return None
        mirrored: list[Row] = [{} for _ in self._basic]
        for k, line in enumerate(self._lines):
            for j, a in line.items():
                if j in self._place:
                    mirrored[self._place[j]][k] = a
        prices = _solve(mirrored, [_fraction(self._model.cost[j]) for j in self._basic])
        return None if prices is None else self._dual(prices)

    def point(self) -> tuple[list[Fraction], Fraction] | None:
        """The point and its value, None unless it is feasible."""
        if not self._usable or not np.isfinite(self._sides).all():
            return None
        model, place = self._model, self._place
        n = len(model.cost)
        if not all(np.isfinite(self._at[j]) for j in range(n) if j not in place):
            return None
        x = [Fraction(0) if j in place else _fraction(self._at[j]) for j in range(n)]
        known = [
            _fraction(side) - sum((a * x[j] for j, a in line.items()), Fraction(0))
            for side, line in zip(self._sides, self._lines, strict=True)
        ]
        system = [{place[j]: a for j, a in line.items() if j in place} for line in self._lines]
        solved = _solve(system, known)
        if solved is None:
            return None
        for j, number in zip(self._basic, solved, strict=True):
            x[j] = number
        if not all(low <= v <= up for low, v, up in zip(model.lower.tolist(), x, model.upper.tolist(), strict=True)):
            return None
        for i, (low, high) in enumerate(zip(model.low.tolist(), model.high.tolist(), strict=True)):
            if not low <= sum((a * x[j] for j, a in _row(model, i).items()), Fraction(0)) <= high:
                return None
        return x, sum((_fraction(c) * v for c, v in zip(model.cost, x, strict=True)), Fraction(0))

    def _dual(self, prices: list[Fraction]) -> Fraction | None:
        """The least of the Lagrangian over the box; None where it has none."""
        model, total = self._model, Fraction(0)
        reduced = [_fraction(c) for c in model.cost]
        for i, line, y in zip(self._active, self._lines, prices, strict=True):
            if y == 0:
                continue
            side = model.low[i] if y > 0 else model.high[i]
            if not np.isfinite(side):
                return None
            total += y * _fraction(side)
            for j, a in line.items():
                reduced[j] -= y * a
        for d, lower, upper in zip(reduced, model.lower, model.upper, strict=True):
            side = lower if d > 0 else upper
            if d != 0 and not np.isfinite(side):
                return None
            total += d * _fraction(side) if d != 0 else 0
        return total


def _fraction(number: Any) -> Fraction:
    return Fraction(float(number))


def _row(model: Linear, i: int) -> Row:
    part = slice(model.matrix.indptr[i], model.matrix.indptr[i + 1])
    pairs = zip(model.matrix.indices[part].tolist(), model.matrix.data[part].tolist(), strict=True)
    return {j: Fraction(a) for j, a in pairs}


def _solve(rows: list[Row], sides: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan elimination on sparse rows; None for a singular system."""
    rows, sides = [dict(row) for row in rows], list(sides)
    k = len(rows)
    pivots: list[int] = []
    for done in range(k):
        # the row with the fewest entries among those left: a cheap way to keep it sparse
        pick = min(range(done, k), key=lambda r: len(rows[r]) or k + 1)
        rows[done], rows[pick] = rows[pick], rows[done]
        sides[done], sides[pick] = sides[pick], sides[done]
        row = rows[done]
        if not row:
            return None
        column = next(iter(row))
        scale = row[column]
        row = rows[done] = {j: a / scale for j, a in row.items()}
        sides[done] /= scale
        pivots.append(column)
        for r in range(k):
            factor = rows[r].pop(column, None) if r != done else None
            if factor is None:
                continue
            for j, a in row.items():
                if j != column:
                    left = rows[r].get(j, Fraction(0)) - factor * a
                    if left:
                        rows[r][j] = left
                    else:
                        rows[r].pop(j, None)
            sides[r] -= factor * sides[done]
    out = [Fraction(0)] * k
    for column, side in zip(pivots, sides, strict=True):
        out[column] = side
    return out


__all__ = ["Basis"]
