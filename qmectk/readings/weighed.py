"""The numpy reading with the terms of everything: how large they are, and how much rounding can have done.

Four times the work of the plain reading, so only for points at which a row may be broken or a bound is nearly met.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..judging.feasibility import UNIT, row_violation
from ..language import Atom, Row, Variable
from ..language.atoms import Array
from .numeric import NumericReading


class Terms(NamedTuple):
    """A value and what it is made of.

    Attributes
    ----------
    value
        As the plain reading has it.
    constant
        The part of it that depends on no variable.
    largest
        The largest absolute one of the other terms that it adds up.
    rounding
        Most that rounding has moved the value by, by running error analysis (Higham, Accuracy and Stability of
        Numerical Algorithms, 2002, section 3.3); numbers of the declaration and of the point count as rounded, too.
    whole
        Whether all variables in it are binary or integer.
    fixed
        Whether there are none.
    """

    value: Array
    constant: Array
    largest: Array
    rounding: Array
    whole: bool
    fixed: bool

    def each(self, change: Callable[[Array], Array]) -> Terms:
        """The terms with each of the arrays changed alike."""
        value, constant, largest, rounding = map(change, (self.value, self.constant, self.largest, self.rounding))
        return Terms(value, constant, largest, rounding, self.whole, self.fixed)

    def spread(self) -> Terms:
        """The terms with all arrays as large as the value."""
        return self.each(lambda part: np.broadcast_to(part, np.shape(self.value)))


class Weighed(NumericReading):
    """Payloads are :class:`Terms`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.rounding: Any = float("nan")

    def make_variable(self, variable: Variable) -> Terms:
        value = super().make_variable(variable)
        size = np.abs(value)
        return Terms(value, np.zeros_like(value), size, UNIT * size, variable.kind != "continuous", False)

    def constant(self, array: Array) -> Terms:
        return Terms(array, array, np.zeros_like(array), UNIT * np.abs(array), True, True)

    def add(self, left: Terms, right: Terms) -> Terms:
        value = super().add(left.value, right.value)
        return Terms(
            value,
            left.constant + right.constant,
            np.maximum(left.largest, right.largest),
            left.rounding + right.rounding + UNIT * np.abs(value),
            left.whole and right.whole,
            left.fixed and right.fixed,
        )

    def scale(self, array: Array, payload: Terms) -> Terms:
        size = np.abs(array)
        value = super().scale(array, payload.value)
        return payload._replace(
            value=value,
            constant=array * payload.constant,
            largest=size * payload.largest,
            rounding=size * payload.rounding + 2.0 * UNIT * np.abs(value),
        )

    def multiply(self, left: Terms, right: Terms) -> Terms:
        if left.fixed:
            return self.scale(left.value, right)
        if right.fixed:
            return self.scale(right.value, left)
        value = super().multiply(left.value, right.value)
        off = np.abs(left.value) * right.rounding + np.abs(right.value) * left.rounding + left.rounding * right.rounding
        return self._term(value, off + UNIT * np.abs(value), left.whole and right.whole)

    def matmul(self, matrix: Array, payload: Terms, scalar: bool) -> Terms:
        size = np.abs(matrix)
        vector = payload.spread()
        # row by row: all products at once may not fit the memory
        largest = [self.peak(row * vector.largest) for row in size]
        count = 2.0 + float(np.count_nonzero(matrix, axis=-1).max(initial=0))
        return payload._replace(
            value=super().matmul(matrix, vector.value, scalar),
            constant=super().matmul(matrix, vector.constant, scalar),
            largest=largest[0] if scalar else self.side_by_side(largest),
            rounding=super().matmul(size, vector.rounding + count * UNIT * np.abs(vector.value), scalar),
        )

    def index(self, payload: Terms, key: Any) -> Terms:
        pick = super().index
        return payload.spread().each(lambda part: pick(part, key))

    def total(self, payload: Terms) -> Terms:
        vector = payload.spread()
        # numpy adds pairwise, at most 128 numbers one after the other
        count = min(np.shape(payload.value)[-1] if np.ndim(payload.value) else 1, 128 + 30)
        return payload._replace(
            value=super().total(vector.value),
            constant=super().total(vector.constant),
            largest=self.peak(vector.largest),
            rounding=super().total(vector.rounding + count * UNIT * np.abs(vector.value)),
        )

    def apply(self, atom: Atom, arguments: list[Terms], size: int | None, **parameters: float) -> Terms:
        values = [argument.value for argument in arguments]
        value = np.asarray(super().apply(atom, values, size, **parameters), dtype=float)
        off = 4.0 * UNIT * np.abs(value)  # of the function itself
        for signs in itertools.product((-1.0, 1.0), repeat=len(arguments)):
            moved = [a.value + sign * a.rounding for a, sign in zip(arguments, signs, strict=True)]
            there = np.abs(super().apply(atom, moved, size, **parameters) - value)
            off = np.maximum(off, np.where(np.isnan(there), 0.0, there) + 4.0 * UNIT * np.abs(value))
        if all(argument.fixed for argument in arguments):
            return Terms(value, value, np.zeros_like(value), off, True, True)
        return self._term(value, off, all(argument.whole for argument in arguments))

    def add_constraint(self, row: Row) -> None:
        terms: Terms = row.difference.payload
        residual = np.asarray(terms.value, dtype=float)
        self.constraints[row.name] = residual
        amounts = np.abs(residual) if row.relation == "==" else residual
        largest = np.maximum(terms.largest, np.abs(terms.constant))
        relative = row_violation(amounts, largest, rounding=terms.rounding, scale=row.scale, whole=terms.whole)
        self.record(row.name, amounts, relative)

    def set_objective(self, payload: Terms, sense: int) -> None:
        super().set_objective(payload.value, sense)
        self.rounding = payload.rounding

    def _term(self, value: Array, rounding: Array, whole: bool) -> Terms:
        """A product or a function: one term, however much cancels in it."""
        return Terms(value, np.zeros_like(value), np.abs(value), rounding, whole, False)


__all__ = ["Terms", "Weighed"]
