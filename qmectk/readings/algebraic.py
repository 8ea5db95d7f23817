"""The Pyomo reading: an algebraic model, with the convex structure of each constraint kept beside it.

An expression is held as ``affine + sum coefficient * atom(affine arguments)`` as long as it has that
form, so that a constraint is known to be convex by the signs of its coefficients and a tangent plane of
each atom is a valid cut. Anything else (products of variables, atoms of atoms) becomes ``other``: a plain
Pyomo expression with no such promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..language import Atom, Declares, Language, Row, Variable
from ..language.atoms import Array
from ..views.algebraic import Algebraic, CurvedConstraint, Term
from .pyomo import LinearExpression, pyo

_PYOMO: dict[str, Any] = {
    "power": lambda y, exponent: y**exponent,
    "log1p": lambda y: pyo.log(1.0 + y),
    "perspective_log1p": lambda t, y: t * pyo.log(1.0 + y / t),
    "perspective_power": lambda t, y, exponent: t ** (1.0 - exponent) * y**exponent,
    "rel_entr": lambda y, t: y * pyo.log(y / t),
    "square": lambda y: y**2,
}


@dataclass(frozen=True)
class Form:
    """One scalar expression; see the module's docstring."""

    affine: Any
    terms: tuple[Term, ...] = ()
    other: Any = None

    def plus(self, right: Form) -> Form:
        other = right.other if self.other is None else self.other if right.other is None else self.other + right.other
        return Form(self.affine + right.affine, self.terms + right.terms, other)

    def times(self, factor: float) -> Form:
        terms = tuple(Term(factor * t.coefficient, t.atom, t.arguments, t.parameters) for t in self.terms)
        return Form(factor * self.affine, terms, None if self.other is None else factor * self.other)

    @property
    def full(self) -> Any:
        """The whole expression for Pyomo."""
        expression = self.affine
        for term in self.terms:
            expression = expression + term.coefficient * _PYOMO[term.atom.name](*term.arguments, **term.parameters)
        return expression if self.other is None else expression + self.other

    @property
    def is_affine(self) -> bool:
        return not self.terms and self.other is None

    @property
    def is_convex(self) -> bool:
        """Whether every coefficient has the sign of its atom's curvature and nothing else is in it."""
        return self.other is None and all(t.coefficient * t.atom.curvature(**t.parameters) >= 0.0 for t in self.terms)


def _forms(items: list[Form], scalar: bool) -> Any:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array[0] if scalar else array


class AlgebraicReading(Language):
    """Builds a Pyomo ConcreteModel. Payloads are a :class:`Form` or an object array of them."""

    target = "algebraic"

    def __init__(self, name: str) -> None:
        self.model = pyo.ConcreteModel(name=name)
        self.variables: dict[str, tuple[Variable, list[Any]]] = {}
        self.curved: list[CurvedConstraint] = []
        self.objective: Form | None = None
        self.sense = 0

    def make_variable(self, variable: Variable) -> Any:
        domain = {"continuous": pyo.Reals, "binary": pyo.Binary, "integer": pyo.Integers}[variable.kind]
        stated = (variable.lower, variable.upper) if variable.kind == "continuous" else variable.whole_bounds
        lower, upper = map(np.atleast_1d, stated)

        def bounds(_: Any, i: int) -> tuple[float | None, float | None]:
            return (
                float(lower[i]) if np.isfinite(lower[i]) else None,
                float(upper[i]) if np.isfinite(upper[i]) else None,
            )

        component = pyo.Var(range(variable.length), domain=domain, bounds=bounds)
        self._add_component(variable.name, component)
        data = [component[i] for i in range(variable.length)]
        self.variables[variable.name] = (variable, data)
        return _forms([Form(v) for v in data], variable.size is None)

    def constant(self, array: Array) -> Any:
        return _forms([Form(float(c)) for c in np.atleast_1d(array)], array.ndim == 0)

    def add(self, left: Any, right: Any) -> Any:
        return _elementwise(Form.plus, left, right)

    def scale(self, array: Array, payload: Any) -> Any:
        numbers = array if array.ndim else float(array)
        return _elementwise(lambda form, factor: form.times(float(factor)), payload, numbers)

    def multiply(self, left: Any, right: Any) -> Any:
        return _elementwise(lambda a, b: Form(0.0, other=a.full * b.full), left, right)

    def matmul(self, matrix: Array, payload: Any, scalar: bool) -> Any:
        forms = np.atleast_1d(payload)
        rows = []
        for row in matrix:
            total = Form(0.0)
            for j in np.flatnonzero(row):
                total = total.plus(forms[j].times(float(row[j])))
            rows.append(total)
        return _forms(rows, scalar)

    def index(self, payload: Any, key: Any) -> Any:
        return payload[key]

    def total(self, payload: Any) -> Any:
        forms = list(np.atleast_1d(payload))
        others = [f.other for f in forms if f.other is not None]
        return Form(
            pyo.quicksum(f.affine for f in forms),
            tuple(term for f in forms for term in f.terms),
            pyo.quicksum(others) if others else None,
        )

    def apply(self, atom: Atom, arguments: list[Any], size: int | None, **parameters: float) -> Any:
        columns = [np.broadcast_to(np.asarray(a, dtype=object), (size or 1,)) for a in arguments]
        items = []
        for row in zip(*columns, strict=True):
            if all(form.is_affine for form in row):
                items.append(Form(0.0, (Term(1.0, atom, tuple(form.affine for form in row), parameters),)))
            else:
                items.append(Form(0.0, other=_PYOMO[atom.name](*(form.full for form in row), **parameters)))
        return _forms(items, size is None)

    def add_constraint(self, row: Row) -> None:
        name, relation = row.name, row.relation
        forms = list(np.atleast_1d(row.difference.payload))
        component = pyo.Constraint(range(len(forms)))
        self._add_component(name, component)
        for i, form in enumerate(forms):
            body = self._symbolic(form.full)
            component.add(i, body <= 0 if relation == "<=" else body == 0)
            if not form.is_affine:
                convex = relation == "<=" and form.is_convex
                self.curved.append(CurvedConstraint(name, component[i], form.affine, form.terms, convex))

    def set_objective(self, payload: Any, sense: int) -> None:
        self.objective, self.sense = payload, sense
        self.model.objective = pyo.Objective(expr=payload.full, sense=pyo.maximize if sense > 0 else pyo.minimize)

    def _symbolic(self, body: Any) -> Any:
        """`body` as an expression of Pyomo's; a row without variables is a plain number, and "0 <= 1" a plain bool."""
        if not isinstance(body, (int, float)):
            return body
        _, data = next(iter(self.variables.values()))
        return LinearExpression(constant=float(body), linear_coefs=[0.0], linear_vars=[data[0]])

    def _add_component(self, name: str, component: Any) -> None:
        """Add under a name that Pyomo has not taken: a model has attributes ("load", "name") of its own."""
        name = name.replace(" ", "_")
        while name == "objective" or hasattr(self.model, name):
            name += "_"
        self.model.add_component(name, component)


def _elementwise(combine: Any, left: Any, right: Any) -> Any:
    left, right = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    scalar = left.ndim == 0 and right.ndim == 0
    size = max(left.size, right.size)
    a, b = np.broadcast_to(left, (size,)), np.broadcast_to(right, (size,))
    return _forms([combine(p, q) for p, q in zip(a, b, strict=True)], scalar)


def read_algebraic(declaration: Declares, name: str = "instance") -> Algebraic:
    """Read a declaration as a Pyomo model."""
    m = AlgebraicReading(name)
    declaration.declare(m)
    assert m.objective is not None, "a declaration states an objective"
    objective = CurvedConstraint("objective", None, m.objective.affine, m.objective.terms, False)
    # the objective is "convex" when pushing it in its own direction is: minus a concave function to maximise
    convex = m.objective.times(-float(m.sense)).is_convex
    return Algebraic(m.model, m.variables, m.curved, objective, convex, m.sense)


__all__ = ["AlgebraicReading", "read_algebraic"]
