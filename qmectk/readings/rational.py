"""The reading in fractions: whether rows of whole numbers hold exactly, or only within what their decimals round.

``0.1 x + 0.2 y <= 0.3`` holds at x = y = 1 to whoever adds in floating point or thinks in decimals; of the numbers that
are declared, which are the nearest binary fractions, it does not. Such a point counts as feasible, but it is no
optimum and refutes no bound. Only rows and bounds of binary and integer variables alone are decided so: others are met
to a tolerance in any case, and transcendental functions have no exact value.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ..feasibility import rounded
from ..language import Atom, Declares, Language, Row, Variable
from ..language.atoms import Array

#: A value that is worked out when a row asks for it, as an object array of fractions; None where there is none.
Exact = Callable[[], Any] | None


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
    """Payloads are :data:`Exact`. The objective is never worked out.

    Attributes
    ----------
    tie
        The first row or bound that is broken, None when there is none.
    decides
        Whether there is any row or bound that rounding could decide.
    """

    target = "a fraction"

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.tie: Tie | None = None
        self.decides = False

    def make_variable(self, variable: Variable) -> Exact:
        if variable.kind == "continuous":
            return None
        whole = rounded(self.values[variable.name])
        # whole numbers compare with whole bounds as they are
        for bound, sign in ((variable.lower, -1), (variable.upper, 1)):
            if np.any(np.isfinite(bound) & (bound % 1.0 != 0.0)) and not np.any(variable.scale):
                self.decides = True
                finite = np.where(np.isfinite(bound), bound, whole)
                self._hold(f"{variable.name}: bounds", sign * (_fractions(whole) - _fractions(finite)))
        return functools.cache(lambda: _fractions(whole))

    def constant(self, array: Array) -> Exact:
        return functools.partial(_fractions, array)

    def add(self, left: Exact, right: Exact) -> Exact:
        return _later(np.add, left, right)

    def scale(self, array: Array, payload: Exact) -> Exact:
        return _later(np.multiply, functools.partial(_fractions, array), payload)

    def multiply(self, left: Exact, right: Exact) -> Exact:
        return _later(np.multiply, left, right)

    def matmul(self, matrix: Array, payload: Exact, scalar: bool) -> Exact:
        return _later(lambda vector: _product(matrix, np.atleast_1d(vector), scalar), payload)

    def index(self, payload: Exact, key: Any) -> Exact:
        return _later(lambda vector: np.asarray(vector[key], dtype=object), payload)

    def total(self, payload: Exact) -> Exact:
        return _later(lambda vector: np.asarray(np.sum(vector), dtype=object), payload)

    def apply(self, atom: Atom, arguments: list[Exact], size: int | None, **parameters: float) -> Exact:
        return _later(functools.partial(atom.value, **parameters), *arguments) if atom.rational else None

    def add_constraint(self, row: Row) -> None:
        difference: Exact = row.difference.payload
        if difference is None or np.any(row.scale):  # within a declared scale a row is met by what is declared
            return
        self.decides = True
        residual = difference()
        self._hold(row.name, abs(residual) if row.relation == "==" else residual)

    def set_objective(self, payload: Exact, sense: int) -> None:
        pass

    def _hold(self, name: str, amounts: Any) -> None:
        worst = max(np.ravel(amounts), default=0)
        if worst > 0 and self.tie is None:
            self.tie = Tie(name, float(worst))


def tie(declaration: Declares, values: Mapping[str, Any]) -> Tie | None:
    """What a feasible point, which may be rounded, meets only within rounding; None when it meets all exactly."""
    return _read(declaration, values).tie


def may_tie(declaration: Declares, values: Mapping[str, Any]) -> bool:
    """Whether :func:`tie` can say anything of other points of a declaration with the same rows."""
    return _read(declaration, values).decides


def _read(declaration: Declares, values: Mapping[str, Any]) -> RationalReading:
    m = RationalReading(values)
    declaration.declare(m)
    return m


def _later(function: Callable[..., Any], *parts: Exact) -> Exact:
    """The function of the parts, worked out once when it is asked for; None where any of them is."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return functools.cache(lambda: np.asarray(function(*(part() for part in known)), dtype=object))


def _fractions(array: Any) -> Any:
    """The numbers as they are, as Python's integers and fractions."""
    array = np.asarray(array, dtype=float)
    out = np.empty(array.shape, dtype=object)
    out.ravel()[:] = [int(v) if v.is_integer() else Fraction(v) for v in array.ravel().tolist()]
    return out


def _product(matrix: Array, vector: Any, scalar: bool) -> Any:
    there = vector != 0
    out = np.empty(len(matrix), dtype=object)
    for i, row in enumerate(matrix):
        cells = np.flatnonzero(there & (row != 0.0))
        out[i] = sum((_fractions(row[cells]) * vector[cells]).tolist(), Fraction(0))
    return out[0] if scalar else out


__all__ = ["Tie", "may_tie", "tie"]
