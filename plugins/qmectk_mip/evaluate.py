"""Values of the affine and curved parts of a Pyomo model at a point, without asking a solver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from qmectk import Algebraic


def assignment(view: Algebraic, values: Mapping[str, Any]) -> dict[int, float]:
    """Values by declared name as values by the id of the Pyomo variable."""
    out: dict[int, float] = {}
    for name, (_, data) in view.variables.items():
        for v, number in zip(data, np.atleast_1d(values[name]), strict=True):
            out[id(v)] = float(number)
    return out


def middle(view: Algebraic) -> dict[int, float]:
    """A point well inside the box of the variables, near zero where the box is large."""
    out: dict[int, float] = {}
    for variable, data in view.variables.values():
        lower, upper = np.atleast_1d(variable.lower), np.atleast_1d(variable.upper)
        for v, low, high in zip(data, lower, upper, strict=True):
            low, high = max(low, min(high, 1.0) - 1.0), min(high, max(low, -1.0) + 1.0)
            out[id(v)] = 0.5 * (float(low) + float(high))
    return out


def reader(numbers: Mapping[int, float]) -> Callable[[Any], float]:
    """``value(expression)`` of an affine Pyomo expression at an assignment of variable ids."""
    from pyomo.core.expr.visitor import identify_variables
    from pyomo.environ import value

    def read(expression: Any) -> float:
        if isinstance(expression, (int, float)):
            return float(expression)
        for v in identify_variables(expression):
            v.set_value(numbers.get(id(v), 0.0), skip_validation=True)
        return float(value(expression))

    return read


def height(constraint: Any, read: Callable[[Any], float]) -> float:
    """``affine + terms`` of a curved constraint or objective."""
    total = read(constraint.affine)
    for term in constraint.terms:
        arguments = [np.float64(read(argument)) for argument in term.arguments]
        total += term.coefficient * float(term.atom.value(*arguments, **term.parameters))
    return total


def violation(view: Algebraic, values: Mapping[str, Any]) -> float:
    """Largest violation of a bound or constraint of the model, in its own unit; nan counts as inf.

    Cuts of an outer approximation are left aside: they follow from the curved constraints.
    """
    import pyomo.environ as pyo

    read = reader(assignment(view, values))
    amounts = [0.0]
    for name, (variable, _) in view.variables.items():
        point = np.asarray(values[name], dtype=float)
        amounts.append(float(np.max(np.maximum(variable.lower - point, point - variable.upper), initial=0.0)))
    amounts += [height(constraint, read) for constraint in view.curved]
    for name, (_, data) in view.variables.items():
        for v, number in zip(data, np.atleast_1d(values[name]), strict=True):
            v.set_value(float(number), skip_validation=True)  # once, and not for every row that it is in
    curved = {id(constraint.constraint) for constraint in view.curved}
    for row in view.model.component_data_objects(pyo.Constraint):
        if id(row) in curved or row.parent_component().local_name == "outer_cuts":
            continue
        body = pyo.value(row.body)
        if row.has_lb():
            amounts.append(pyo.value(row.lower) - body)
        if row.has_ub():
            amounts.append(body - pyo.value(row.upper))
    return float("inf") if np.isnan(amounts).any() else max(amounts)


__all__ = ["assignment", "height", "middle", "reader", "violation"]
