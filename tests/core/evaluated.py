"""Every reading of a declaration, evaluated at a point: (objective, constraint -> residuals)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qmectk.instance import Instance
from qmectk.readings.algebraic import read_algebraic
from qmectk.readings.convex import read_convex
from qmectk.readings.quadratic import read_quadratic

Found = tuple[float, dict[str, Any]]


def by_numpy(instance: Instance, values: dict[str, Any]) -> Found:
    measured = instance.measure(values)
    return measured.objective, {name: np.atleast_1d(v) for name, v in measured.constraints.items()}


def by_pyomo(instance: Instance, values: dict[str, Any]) -> Found:
    from pyomo.environ import value

    view = read_algebraic(instance)
    for name, (_, data) in view.variables.items():
        for variable, number in zip(data, np.atleast_1d(values[name]), strict=True):
            variable.set_value(float(number), skip_validation=True)
    constraints = {}
    for name in instance.signature.constraints:
        component = view.model.component(name.replace(" ", "_"))
        constraints[name] = np.array([value(component[i].body) - value(component[i].upper) for i in component])
    return value(view.model.objective.expr), constraints


def by_terms(instance: Instance, values: dict[str, Any]) -> Found:
    """The algebraic reading again, from the structure it keeps beside the model: affine part plus terms."""
    from pyomo.environ import value

    view = read_algebraic(instance)
    for name, (_, data) in view.variables.items():
        for variable, number in zip(data, np.atleast_1d(values[name]), strict=True):
            variable.set_value(float(number), skip_validation=True)

    def height(curved: Any) -> float:
        total = value(curved.affine)
        for term in curved.terms:
            arguments = [np.float64(value(argument)) for argument in term.arguments]
            total += term.coefficient * float(term.atom.value(*arguments, **term.parameters))
        return float(total)

    constraints: dict[str, Any] = {}
    for curved in view.curved:
        if curved.convex:
            constraints.setdefault(curved.name, []).append(height(curved))
    return height(view.objective), {name: np.array(v) for name, v in constraints.items()}


def by_cvxpy(instance: Instance, values: dict[str, Any]) -> Found:
    view = read_convex(instance)
    for name, variable in view.variables.items():
        variable.value = np.asarray(values[name], dtype=float)
    return float(view.problem.objective.args[0].value), {
        name: np.atleast_1d(expression.value) for name, expression in view.constraints.items()
    }


def by_cvxpy_parameters(instance: Instance, values: dict[str, Any]) -> Found:
    """The same with the binary variables fixed from outside, as the default Binary view reads it."""
    view = read_convex(instance, parameters={v.name for v in instance.signature.binary})
    for name, variable in view.variables.items():
        variable.value = np.asarray(values[name], dtype=float)
    return float(view.problem.objective.args[0].value), {
        name: np.atleast_1d(expression.value) for name, expression in view.constraints.items()
    }


def by_coefficients(instance: Instance, values: dict[str, Any]) -> Found:
    view = read_quadratic(instance)
    z = view.join(values)
    assert {k: np.asarray(v).tolist() for k, v in view.split(z).items()} == {
        k: np.asarray(v, float).tolist() for k, v in values.items()
    }
    return float(view.objective.value(z)[0]), {c.name: c.form.value(z) for c in view.constraints}


def by_expanded_coefficients(instance: Instance, values: dict[str, Any]) -> Found:
    """The quadratic reading multiplied out to linear and pairwise coefficients."""
    view = read_quadratic(instance)
    z = view.join(values)

    def value(form: Any, row: int) -> float:
        constant, linear, pairs = form.expanded(row)
        return float(
            constant + sum(w * z[i] for i, w in linear.items()) + sum(w * z[i] * z[j] for (i, j), w in pairs.items())
        )

    constraints = {c.name: np.array([value(c.form, r) for r in range(c.form.rows)]) for c in view.constraints}
    return value(view.objective, 0), constraints


def agree(truth: Found, other: Found, *, partly: bool = False) -> None:
    """Equal to 1e-9, relative to the size of the numbers."""
    objective, constraints = truth
    assert other[0] == pytest.approx(objective, rel=1e-9, abs=1e-9)
    assert partly or set(other[1]) == set(constraints)
    for name, residual in other[1].items():
        expected = np.broadcast_to(constraints[name], residual.shape)
        np.testing.assert_allclose(residual, expected, rtol=1e-9, atol=1e-9, err_msg=name)
