"""The numpy reading: objective and violations at a point. This is the truth every answer is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..errors import InputError
from ..language import Atom, Declares, Expression, Language, Variable
from ..language.atoms import Array
from ..names import nearest


@dataclass(frozen=True)
class Measurement:
    """What a point is worth on the declared problem.

    Attributes
    ----------
    objective
        In the declared unit; nan when the point is outside the domain of a function.
    violation
        Largest violation over all constraints, bounds and integrality requirements, in the units
        of the constraint; inf when any is undefined.
    violations
        The largest violation of each constraint by name; ``"x: bounds"`` and ``"x: integrality"``
        for variables. Zeros are kept, so that the names are all there.
    constraints
        Raw ``left - right`` of each named constraint, one number an element.
    """

    objective: float
    violation: float
    violations: dict[str, float]
    constraints: dict[str, Array]
    sense: int


class NumericReading(Language):
    """Evaluates a declaration at `values`: variable name -> number or vector."""

    target = "a number"

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.seen: set[str] = set()
        self.objective = float("nan")
        self.sense = 0
        self.violations: dict[str, float] = {}
        self.constraints: dict[str, Array] = {}

    def make_variable(self, variable: Variable) -> Array:
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
        self.seen.add(variable.name)
        outside = np.maximum(variable.lower - value, value - variable.upper)
        self._record(f"{variable.name}: bounds", np.maximum(outside, 0.0))
        if variable.kind != "continuous":
            self._record(f"{variable.name}: integrality", np.abs(value - np.round(value)))
        return value

    def constant(self, array: Array) -> Array:
        return array

    def add(self, left: Array, right: Array) -> Array:
        return left + right

    def scale(self, array: Array, payload: Array) -> Array:
        return array * payload

    def multiply(self, left: Array, right: Array) -> Array:
        return left * right

    def matmul(self, matrix: Array, payload: Array, scalar: bool) -> Array:
        product: Array = matrix @ np.atleast_1d(payload)
        return product[0] if scalar else product

    def index(self, payload: Array, key: Any) -> Array:
        picked: Array = np.asarray(payload[key])
        return picked

    def total(self, payload: Array) -> Array:
        return np.sum(payload)  # type: ignore[return-value]  # numpy types a 0-d sum as a scalar

    def apply(self, atom: Atom, arguments: list[Array], size: int | None, **parameters: float) -> Array:
        return atom.value(*arguments, **parameters)

    def add_constraint(self, difference: Expression, relation: Literal["<=", "=="], name: str, redundant: bool) -> None:
        residual = np.asarray(difference.payload, dtype=float)
        self.constraints[name] = residual
        self._record(name, np.abs(residual) if relation == "==" else np.maximum(residual, 0.0))

    def set_objective(self, payload: Array, sense: int) -> None:
        self.objective, self.sense = float(payload), sense

    def _record(self, name: str, amounts: Array) -> None:
        worst = float(np.max(amounts, initial=0.0))
        # a NaN violation must never read as "no violation"
        self.violations[name] = float("inf") if np.isnan(amounts).any() else worst


def measure(declaration: Declares, values: Mapping[str, Any]) -> Measurement:
    """Objective and violations of `values` on a declaration.

    Raises
    ------
    InputError
        When a variable is missing, unknown, of the wrong shape or not numeric.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"a point maps variable names to numbers, and this is a {type(values).__name__}")
    m = NumericReading(values)
    with np.errstate(all="ignore"):
        declaration.declare(m)
    extra = [name for name in values if name not in m.seen]
    if extra:
        raise InputError(f"the point has values for unknown variables: {', '.join(sorted(map(str, extra)))}")
    violation = max(m.violations.values(), default=0.0)
    if not np.isfinite(m.objective):
        violation = float("inf")
    return Measurement(m.objective, violation, m.violations, m.constraints, m.sense)
