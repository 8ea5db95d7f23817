"""The reading in fractions: whether rows of whole numbers hold exactly, or only within what their decimals round.

``0.1 x + 0.2 y <= 0.3`` holds at x = y = 1 in floating point and in decimals; of the numbers that
are declared, which are the nearest binary fractions, it does not. Such a point counts as feasible, but it is no
optimum and refutes no bound. Rows and bounds of binary and integer variables are decided so. Continuous variables in
them may give way by what solvers round: a row is broken only if they cannot make it hold, as at a bound of theirs. Rows
without whole variables are met to a tolerance in any case, and transcendental functions have no exact value.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ..judging.certificate import EXACTLY
from ..judging.feasibility import rounded
from ..language import Atom, Declares, Language, Row, Variable
from ..language.atoms import Array
from .rational_parts import LARGEST_WHOLE, Part, both, decimal_in, each, linear

#: Relative to the size of a row: more than the rounding of a sum of hundreds of terms, of which only rows closer than
#: this to being broken are worked out in fractions.
ROUNDING = 1e-13


class Tie(NamedTuple):
    """What a point meets only within rounding.

    Attributes
    ----------
    name
        Of the row, or ``"x: bounds"``.
    amount
        By how much it is broken exactly, in its own unit.
    """

    name: str
    amount: float


class RationalReading(Language):
    """Payloads are :class:`Part`, None where there is no exact value. The objective is never worked out.

    Attributes
    ----------
    tie
        The first row or bound that is broken, None when there is none.
    """

    target = "a fraction"

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.tie: Tie | None = None

    def make_variable(self, variable: Variable) -> Part:
        value = self.valued(variable)
        if variable.kind == "continuous":
            return Part(lambda exact: _around(value, variable, exact), lambda _: np.abs(value), free=True)
        whole = rounded(value)
        # whole numbers compare with whole bounds as they are
        for bound, sign in ((variable.lower, -1), (variable.upper, 1)):
            if np.any(np.isfinite(bound) & (bound % 1.0 != 0.0)) and not np.any(variable.scale):
                self.hold_bound(variable, whole, np.where(np.isfinite(bound), bound, whole), sign)
        return Part(lambda exact: (_numbers(whole, exact),) * 2, lambda _: np.abs(whole), whole=True)

    def valued(self, variable: Variable) -> Array:
        """The value of a variable at the point."""
        return np.asarray(self.values[variable.name], dtype=float)

    def constant(self, array: Array) -> Part:
        return Part(lambda exact: (_numbers(array, exact),) * 2, lambda _: np.abs(array), decimal=decimal_in(array))

    def add(self, left: Part | None, right: Part | None) -> Part | None:
        return both(np.add, left, right)

    def scale(self, array: Array, payload: Part | None) -> Part | None:
        def scaled(low: Any, high: Any, exact: bool) -> tuple[Any, Any]:
            one = np.asarray(_numbers(array, exact) * low)
            if high is low:
                return one, one
            other = np.asarray(_numbers(array, exact) * high)
            return np.asarray(np.minimum(one, other)), np.asarray(np.maximum(one, other))

        return linear(scaled, payload, lambda size: np.abs(array) * size, array)

    def multiply(self, left: Part | None, right: Part | None) -> Part | None:
        if left is None or right is None or left.free or right.free:
            return None
        return both(np.multiply, left, right, size=lambda _, one, other: one * other)

    def matmul(self, matrix: Array, payload: Part | None, scalar: bool) -> Part | None:
        def product(low: Any, high: Any, exact: bool) -> tuple[Any, Any]:
            if high is low:
                return (self.product(matrix, low, scalar, exact),) * 2
            rising, falling = np.maximum(matrix, 0.0), np.minimum(matrix, 0.0)
            ends = ((low, high), (high, low))
            one, other = (
                self.product(rising, up, scalar, exact) + self.product(falling, down, scalar, exact)
                for up, down in ends
            )
            return one, other

        return linear(product, payload, lambda size: self.product(np.abs(matrix), size, scalar, False), matrix)

    def index(self, payload: Part | None, key: Any) -> Part | None:
        return linear(each(lambda value: self.picked(value, key)), payload, lambda size: self.picked(size, key))

    def total(self, payload: Part | None) -> Part | None:
        return linear(each(self.added), payload, self.added)

    def picked(self, value: Any, key: Any) -> Any:
        """Elements of a vector."""
        return np.asarray(value[key])

    def added(self, value: Any) -> Any:
        """The sum of a vector."""
        return np.asarray(np.sum(value))

    def product(self, matrix: Array, vector: Any, scalar: bool, exact: bool) -> Any:
        """A matrix times a vector; a number when `scalar`."""
        return _product(matrix, vector, scalar, exact)

    def apply(self, atom: Atom, arguments: list[Part | None], size: int | None, **parameters: float) -> Part | None:
        if not atom.rational or any(one is None or one.free for one in arguments):
            return None
        value = functools.partial(atom.value, **parameters)
        return both(value, *arguments, size=lambda part, *_: np.full(np.shape(part.span(False)[0]), np.inf))

    def add_constraint(self, row: Row) -> None:
        part: Part | None = row.difference.payload
        # within a declared scale a row is met by what is declared, whole numbers are added without rounding and leave
        # continuous variables none, and what the other rows imply is decided there
        if part is None or np.any(row.scale) or not part.whole or (row.redundant and part.free):
            return
        if not part.decimal and (part.free or np.max(part.size(), initial=0.0) < LARGEST_WHOLE):
            return
        with np.errstate(all="ignore"):  # where all terms are zero there is nothing to round
            near = ~(_beyond(row, *part.span(False)) <= -ROUNDING * part.size())
        if np.any(near):
            self.decide(row, part, near)

    def hold_bound(self, variable: Variable, whole: Array, bound: Array, sign: int) -> None:
        """Work out whether a whole variable is within its lower (`sign` -1) or upper bound."""
        self._hold(f"{variable.name}: bounds", sign * (_fractions(whole) - _fractions(bound)))

    def decide(self, row: Row, part: Part, near: Any) -> None:
        """Work out in fractions whether a row holds of which some elements are `near` to being broken."""
        self._hold(row.name, _beyond(row, *part.span(True)))

    def set_objective(self, payload: Part | None, sense: int) -> None:
        pass

    def _hold(self, name: str, amounts: Any) -> None:
        worst = max(np.ravel(amounts), default=0)
        if worst > 0 and self.tie is None:
            self.tie = Tie(name, float(worst))


def tie(declaration: Declares, values: Mapping[str, Any]) -> Tie | None:
    """What a feasible point, which may be rounded, meets only within rounding; None when it meets all exactly."""
    m = RationalReading(values)
    declaration.declare(m)
    return m.tie


def _beyond(row: Row, low: Any, high: Any) -> Any:
    """By how much a row is broken at least."""
    return np.maximum(low, -high) if row.relation == "==" else low


def _around(value: Array, variable: Variable, exact: bool) -> tuple[Any, Any]:
    """How far a continuous variable may give way: by what solvers round, and not beyond its bounds."""
    width = variable.upper - variable.lower
    slack = EXACTLY * (np.abs(value) + np.where(np.isfinite(width), width, 1.0))
    low, high = np.maximum(value - slack, variable.lower), np.minimum(value + slack, variable.upper)
    return _numbers(low, exact), _numbers(np.maximum(low, high), exact)


def _numbers(array: Any, exact: bool) -> Any:
    """The numbers as they are: as Python's integers and fractions when `exact`, otherwise as floats."""
    return _fractions(array) if exact else np.asarray(array, dtype=float)


def _fractions(array: Any) -> Any:
    array = np.asarray(array, dtype=float)
    out = np.empty(array.shape, dtype=object)
    out.ravel()[:] = [int(v) if v.is_integer() else Fraction(v) for v in array.ravel().tolist()]
    return out


def _product(matrix: Array, vector: Any, scalar: bool, exact: bool) -> Any:
    vector = np.atleast_1d(vector)
    if not exact:
        out = matrix @ vector
        return np.asarray(out[0] if scalar else out)
    there = vector != 0
    out = np.empty(len(matrix), dtype=object)
    for i, row in enumerate(matrix):
        cells = np.flatnonzero(there & (row != 0.0))
        out[i] = sum((_fractions(row[cells]) * vector[cells]).tolist(), Fraction(0))
    return np.asarray(out[0], dtype=object) if scalar else out


__all__ = ["RationalReading", "Tie", "tie"]
