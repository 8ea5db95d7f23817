"""What rounding does to the objective at a point. What it is not made of is not looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..language import Atom, Declares, Language, Row, Variable
from ..language.atoms import Array
from .deferred import Deferred
from .weighed import Weighed


class _Terms(Deferred):
    """:class:`~qmectk.readings.weighed.Terms` of other ones."""

    __slots__ = ("weigh",)

    def __init__(self, weigh: Callable[..., Any], *parts: _Terms) -> None:
        super().__init__(*parts)
        self.weigh = weigh

    def work(self, kind: Any, results: list[Any]) -> Any:
        return self.weigh(*results)


class ObjectiveRounding(Language):
    """Weighs the terms of the objective. Payloads are :class:`_Terms`."""

    target = "a number"

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.weighed = Weighed(values)

    def make_variable(self, variable: Variable) -> _Terms:
        return _Terms(lambda: self.weighed.make_variable(variable))

    def constant(self, array: Array) -> _Terms:
        return _Terms(lambda: self.weighed.constant(array))

    def add(self, left: _Terms, right: _Terms) -> _Terms:
        return _Terms(self.weighed.add, left, right)

    def scale(self, array: Array, payload: _Terms) -> _Terms:
        return _Terms(lambda terms: self.weighed.scale(array, terms), payload)

    def multiply(self, left: _Terms, right: _Terms) -> _Terms:
        return _Terms(self.weighed.multiply, left, right)

    def matmul(self, matrix: Array, payload: _Terms, scalar: bool) -> _Terms:
        return _Terms(lambda terms: self.weighed.matmul(matrix, terms, scalar), payload)

    def index(self, payload: _Terms, key: Any) -> _Terms:
        return _Terms(lambda terms: self.weighed.index(terms, key), payload)

    def total(self, payload: _Terms) -> _Terms:
        return _Terms(self.weighed.total, payload)

    def apply(self, atom: Atom, arguments: list[_Terms], size: int | None, **parameters: float) -> _Terms:
        return _Terms(lambda *terms: self.weighed.apply(atom, list(terms), size, **parameters), *arguments)

    def add_constraint(self, row: Row) -> None:
        pass

    def set_objective(self, payload: _Terms, sense: int) -> None:
        self.weighed.set_objective(payload.result(), sense)


def objective_rounding(declaration: Declares, values: Mapping[str, Any]) -> float:
    """Most that the objective is off by rounding at a point that fits the declaration, in its unit."""
    m = ObjectiveRounding(values)
    with np.errstate(all="ignore"):
        declaration.declare(m)
    return float(m.weighed.rounding)


__all__ = ["ObjectiveRounding", "objective_rounding"]
