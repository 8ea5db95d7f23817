"""The CVXPY reading: a disciplined convex problem, or a sentence saying why there is none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import cvxpy as cp
import numpy as np

from ..errors import NotExpressible
from ..language import Atom, Declares, Language, Row, Variable
from ..language.atoms import Array
from ..views.convex import Convex


def _vector(argument: Any, size: int | None) -> Any:
    """A CVXPY expression of shape (size,), or () when size is None."""
    expression = cp.Constant(argument) if isinstance(argument, (np.ndarray, float)) else argument
    if size is None or expression.shape == (size,):
        return expression
    return cp.multiply(np.ones(size), expression)


def _perspective_power(t: Any, y: Any, size: int | None, exponent: float) -> Any:
    weights = [1.0 - exponent, exponent]
    if size is None:
        return cp.geo_mean(cp.hstack([t, y]), weights, approx=False)
    # element by element: geo_mean(..., axis=0) of CVXPY 1.9.3 permutes the elements when it builds the cones
    return cp.hstack([cp.geo_mean(cp.hstack([t[i], y[i]]), weights, approx=False) for i in range(size)])


#: Exponents that one second-order cone says. Others need a tower of them, or one power cone, whose bounds propagate.
_ONE_CONE = (0.5, 2.0)

_CVXPY: dict[str, Any] = {
    "power": lambda y, size, exponent: cp.power(y, exponent, approx=exponent in _ONE_CONE),
    "log1p": lambda y, size: cp.log1p(y),
    "perspective_log1p": lambda t, y, size: -cp.rel_entr(t, t + y),
    "perspective_power": _perspective_power,
    "rel_entr": lambda y, t, size: cp.rel_entr(y, t),
    "square": lambda y, size: cp.square(y),
}


class ConvexReading(Language):
    """Builds a CVXPY problem.

    Parameters
    ----------
    parameters
        Names of variables to read as ``cp.Parameter`` (fixed from outside, compiled once).
    """

    target = "convex"

    def __init__(self, parameters: Collection[str] = ()) -> None:
        self.parameters = parameters
        self.variables: dict[str, Any] = {}
        self.discrete: list[str] = []
        self.constraints: list[Any] = []
        self.named: dict[str, Any] = {}
        self.objective: Any = None
        self.sense = 0

    def make_variable(self, variable: Variable) -> Any:
        shape = () if variable.size is None else (variable.size,)
        if variable.name in self.parameters:
            fixed = cp.Parameter(shape, name=variable.name, nonneg=bool(np.all(variable.lower >= 0)))
            self.variables[variable.name] = fixed
            return fixed
        if variable.kind != "continuous":
            self.discrete.append(variable.name)
        made = cp.Variable(shape, name=variable.name)
        self.variables[variable.name] = made
        for bound, sign in ((variable.lower, -1.0), (variable.upper, 1.0)):
            there = np.isfinite(bound)  # a large number in the place of none would bound what is unbounded
            if there.all():
                self.constraints.append(sign * made <= sign * bound)
            elif there.any():
                self.constraints.append(sign * made[there] <= sign * bound[there])
        return made

    def constant(self, array: Array) -> Any:
        return cp.Constant(array)

    def add(self, left: Any, right: Any) -> Any:
        return left + right

    def scale(self, array: Array, payload: Any) -> Any:
        if not np.any(array):  # a cone that nothing depends on confuses conic solvers
            return cp.Constant(np.zeros(np.broadcast_shapes(array.shape, payload.shape)))
        return cp.multiply(array, payload)

    def multiply(self, left: Any, right: Any) -> Any:
        return cp.multiply(left, right)

    def matmul(self, matrix: Array, payload: Any, scalar: bool) -> Any:
        product = matrix @ _vector(payload, 1 if payload.shape == () else payload.shape[0])
        return product[0] if scalar else product

    def index(self, payload: Any, key: Any) -> Any:
        return payload[key]

    def total(self, payload: Any) -> Any:
        return cp.sum(payload)

    def apply(self, atom: Atom, arguments: list[Any], size: int | None, **parameters: float) -> Any:
        return _CVXPY[atom.name](*(_vector(a, size) for a in arguments), size=size, **parameters)

    def add_constraint(self, row: Row) -> None:
        difference = row.difference.payload
        constraint = difference <= 0 if row.relation == "<=" else difference == 0
        self.named[row.name] = difference
        if not constraint.is_dcp():
            raise NotExpressible(f"constraint '{row.name}' is not convex by the disciplined rules")
        self.constraints.append(constraint)

    def set_objective(self, payload: Any, sense: int) -> None:
        self.sense = sense
        self.objective = cp.Maximize(payload) if sense > 0 else cp.Minimize(payload)
        if not self.objective.is_dcp():
            raise NotExpressible("the objective is not convex by the disciplined rules")


def read_convex(declaration: Declares, *, parameters: Collection[str] = ()) -> Convex:
    """Read a declaration as a CVXPY problem with its integrality dropped (``Convex.discrete`` names where).

    Raises
    ------
    NotExpressible
        When a constraint or the objective is not convex by the rules of disciplined convex programming.
    """
    m = ConvexReading(parameters)
    declaration.declare(m)
    problem = cp.Problem(m.objective, m.constraints)
    return Convex(problem, m.variables, tuple(m.discrete), m.named, m.sense)
