"""Equilibration by powers of two, so that the absolute tolerances of a solver mean the same at every scale.

Rows and continuous columns are scaled by the geometric means of their entries, right sides included (Fulkerson & Wolfe
1962; Curtis & Reid 1972), whole columns stay as they are, and the objective is scaled to its largest coefficient.
Powers of two change exponents only: the scaled model is the same model, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, Linear

#: Passes over rows and columns; the means settle in a few.
PASSES = 8

#: Largest exponent of a scale: what it can do without leaving the range of floats.
MOST = 400


@dataclass(frozen=True)
class Scaled:
    """`inner` is the model in which ``x = 2**columns * inner x`` and ``value = 2**-objective * inner value + offset``.

    Attributes
    ----------
    inner
        The equilibrated model; its offset is 0.
    columns
        Exponents, shape (n,).
    objective
        Exponent that the costs were multiplied by.
    offset
        Of the model, in its own unit.
    """

    inner: Linear
    columns: NDArray[np.int64]
    objective: int
    offset: float

    def point(self, inner: Array) -> Array:
        """A point of the inner model as one of the model."""
        out: Array = np.ldexp(inner, self.columns)
        return out

    def inwards(self, x: Array) -> Array:
        """A point of the model as one of the inner model."""
        out: Array = np.ldexp(x, -self.columns)
        return out

    def value(self, inner: float) -> float:
        """A value of the inner model as one of the model."""
        return float(np.ldexp(inner, -self.objective)) + self.offset

    def inner_value(self, value: float) -> float:
        """A value of the model as one of the inner model."""
        return float(np.ldexp(value - self.offset, self.objective))

    def rows(self, matrix: Any, low: Array, high: Array) -> tuple[Any, Array, Array]:
        """More rows, scaled: columns as before, the largest entry of every row from 1/2 to 1."""
        scaled = _shifted(matrix, np.zeros(matrix.shape[0], np.int64), self.columns)
        rows = -_exponent(largest(scaled))
        return _shifted(scaled, rows, np.zeros_like(self.columns)), np.ldexp(low, rows), np.ldexp(high, rows)

    def rescaled(self, size: float) -> Scaled:
        """With an objective in which `size`, a value of the inner model, is about 1."""
        shift = int(np.clip(-_exponent(np.array([abs(size)]))[0], -MOST, MOST))
        return replace(
            self,
            inner=replace(self.inner, cost=np.ldexp(self.inner.cost, shift)),
            objective=self.objective + shift,
        )


def equilibrated(model: Linear, sizes: Mapping[int, float] | None = None) -> Scaled:
    """The model in numbers near one.

    Parameters
    ----------
    sizes
        What continuous columns are about, by column, where it is known better than their entries tell.
    """
    matrix = model.matrix
    m, n = matrix.shape
    rows, columns = np.zeros(m), np.zeros(n)
    row_of = np.repeat(np.arange(m), np.diff(matrix.indptr))
    column_of = matrix.indices
    size = np.log2(np.abs(matrix.data))
    sides = side(model.low, model.high)
    counted = sides > 0.0
    sides = np.log2(np.where(counted, sides, 1.0))
    in_row, in_column = np.bincount(row_of, minlength=m) + counted, np.bincount(column_of, minlength=n)
    free = ~model.whole & (in_column > 0)
    for _ in range(PASSES if free.any() else 0):
        rows = -(np.bincount(row_of, size + columns[column_of], m) + sides) / np.maximum(in_row, 1)
        means = -np.bincount(column_of, size + rows[row_of], n) / np.maximum(in_column, 1)
        columns[free] = means[free]
    alone = ~model.whole & (in_column == 0)
    reach = side(model.lower, model.upper)
    columns[alone & (reach > 0.0)] = np.log2(reach[alone & (reach > 0.0)])
    for j, about in (sizes or {}).items():
        columns[j] = np.log2(about) if about > 0.0 else 0.0
    shifts = np.clip(np.round(columns), -MOST, MOST).astype(np.int64)
    scaled = _shifted(matrix, np.zeros(m, np.int64), shifts)
    up = np.clip(-_exponent(largest(scaled)), -2 * MOST, 2 * MOST)
    cost = np.ldexp(model.cost, shifts)
    objective = int(np.clip(-_exponent(np.array([np.max(np.abs(cost), initial=0.0)]))[0], -2 * MOST, 2 * MOST))
    inner = Linear(
        np.ldexp(cost, objective),
        0.0,
        _shifted(scaled, up, np.zeros(n, np.int64)),
        np.ldexp(model.low, up),
        np.ldexp(model.high, up),
        np.ldexp(model.lower, -shifts),
        np.ldexp(model.upper, -shifts),
        model.whole,
    )
    return Scaled(inner, shifts, objective, model.offset)


def side(low: Array, high: Array) -> Array:
    """The larger finite absolute value of two sides; 0 without any."""
    a, b = (np.where(np.isfinite(side), np.abs(side), 0.0) for side in (low, high))
    out: Array = np.maximum(a, b)
    return out


def largest(matrix: Any) -> Array:
    """Largest absolute entry of each row."""
    out = np.zeros(matrix.shape[0])
    np.maximum.at(out, np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), np.abs(matrix.data))
    return out


def _exponent(size: Array) -> NDArray[np.int64]:
    """e with size <= 2**e < 2 size; 0 of 0."""
    mantissa, exponent = np.frexp(size)
    out: NDArray[np.int64] = np.where(size > 0.0, exponent - (mantissa == 0.5), 0).astype(np.int64)
    return out


def _shifted(matrix: Any, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Any:
    out = matrix.copy()
    out.data = np.ldexp(matrix.data, np.repeat(rows, np.diff(matrix.indptr)) + columns[matrix.indices])
    return out


__all__ = ["Scaled", "equilibrated", "largest", "side"]
