"""The numpy reading: objective and violations at a point. This is the truth every answer is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from ..judging.feasibility import UNIT, bound_violation, rounded
from ..language import Atom, Language, Row, Variable
from ..language.atoms import Array
from ..presenting.names import nearest
from ..status import FEASIBILITY_TOLERANCE


@dataclass(frozen=True)
class Measurement:
    """What a point is worth on the declared problem.

    Values of binary and integer variables are rounded first, where they are whole numbers to 1e-6.

    Attributes
    ----------
    objective
        In the declared unit; nan when the point is outside the domain of a function.
    violation
        Largest relative violation over all constraints, bounds and integrality requirements, see
        :mod:`qmectk.judging.feasibility`; inf when any is undefined.
    violations
        The largest amount by which each constraint is broken, by name, in the constraint's own unit; ``"x: bounds"``
        and ``"x: integrality"`` for variables. Zeros are kept, so that the names are all there.
    relative
        The same amounts, relative: what is held against the tolerance.
    constraints
        Raw ``left - right`` of each named constraint, one number an element.
    rounding
        Most that the objective is off by rounding, in its unit; None before it is asked for, see
        :func:`~qmectk.readings.measuring.weigh`.
    variables
        The declared variables by name, in the order of their declaration.
    """

    objective: float
    violation: float
    violations: dict[str, float]
    constraints: dict[str, Array]
    sense: int
    relative: dict[str, float] = field(default_factory=dict)
    rounding: float | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Whether every constraint holds to the tolerance."""
        return self.violation <= FEASIBILITY_TOLERANCE


class NumericReading(Language):
    """Evaluates a declaration at `values`: variable name -> number or vector.

    Rows are not weighed here: `doubtful` says whether one is broken by more than the last digits of its two sides, and
    then it takes the terms of every row to tell by how much (:class:`~qmectk.readings.weighed.Weighed`).
    """

    target = "a number"

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.variables: dict[str, Variable] = {}
        self.objective = float("nan")
        self.sense = 0
        self.violations: dict[str, float] = {}
        self.relative: dict[str, float] = {}
        self.constraints: dict[str, Array] = {}
        self.doubtful: Any = False

    def make_variable(self, variable: Variable) -> Any:
        if variable.name not in self.values:
            hint = nearest(variable.name, map(str, self.values))
            raise InputError(f"the point has no value for '{variable.name}'", f"it has '{hint}'" if hint else "")
        try:
            value = np.asarray(self.values[variable.name], dtype=float)
        except (TypeError, ValueError) as error:
            raise InputError(f"'{variable.name}' is not numeric") from error
        shape = () if variable.size is None else (variable.size,)
        if value.shape != shape:
            raise InputError(f"'{variable.name}' has shape {value.shape}", f"the problem declares {shape}")
        return self.held_to_its_range(variable, value)

    def held_to_its_range(self, variable: Variable, value: Array) -> Array:
        """Record what is broken of a variable's bounds and integrality; returns the value that counts."""
        self.variables[variable.name] = variable
        whole = variable.kind != "continuous"
        if whole:
            off = np.abs(value - np.round(value))
            self.record(f"{variable.name}: integrality", off, off)
            if off.any():
                value = rounded(value)
        outside = np.maximum(variable.lower - value, value - variable.upper)
        relative = outside
        if not (outside <= 0.0).all():
            relative = bound_violation(value, variable.lower, variable.upper, scale=variable.scale, whole=whole)
        self.record(f"{variable.name}: bounds", outside, relative)
        return value

    def constant(self, array: Array) -> Any:
        return array

    def add(self, left: Any, right: Any) -> Any:
        return left + right

    def scale(self, array: Array, payload: Any) -> Any:
        return array * payload

    def multiply(self, left: Any, right: Any) -> Any:
        return left * right

    def matmul(self, matrix: Array, payload: Any, scalar: bool) -> Any:
        product: Array = matrix @ np.atleast_1d(payload)
        return product[0] if scalar else product

    def index(self, payload: Any, key: Any) -> Any:
        return np.asarray(payload[key])

    def total(self, payload: Any) -> Any:
        return np.sum(payload)

    def peak(self, payload: Array) -> Array:
        """The largest element."""
        return np.asarray(np.max(payload, initial=0.0))

    def side_by_side(self, scalars: list[Array]) -> Array:
        """A vector of scalars."""
        return np.array(scalars)

    def apply(self, atom: Atom, arguments: list[Any], size: int | None, **parameters: float) -> Any:
        return atom.value(*arguments, **parameters)

    def add_constraint(self, row: Row) -> None:
        residual = np.asarray(row.difference.payload, dtype=float)
        self.constraints[row.name] = residual
        amounts = np.abs(residual) if row.relation == "==" else residual
        # less than this is rounding by any measure: of either side alone it may be half as much
        sides = 2.0 * UNIT * np.maximum(np.abs(row.left.payload), np.abs(row.right.payload))
        met = amounts <= sides
        self.doubt(met)
        self.record(row.name, amounts, np.where(met, 0.0, amounts))

    def doubt(self, met: Array) -> None:
        """Note that a row may be broken unless every element is met."""
        self.doubtful = self.doubtful or not np.all(met)

    def set_objective(self, payload: Any, sense: int) -> None:
        self.objective, self.sense = float(payload), sense

    def record(self, name: str, amounts: Array, relative: Array) -> None:
        """Keep the largest amount and the largest relative violation under this name."""
        self.violations[name], self.relative[name] = _worst(amounts), _worst(relative)


def _worst(amounts: Array) -> float:
    worst = float(np.maximum.reduce(amounts, axis=None, initial=0.0))
    return worst if worst == worst else float("inf")  # a NaN violation must never read as "no violation"
