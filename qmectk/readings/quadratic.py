"""The quadratic reading: linear and quadratic coefficients, with products kept factored.

An expression of r rows over n declared elements is

    constant + linear z + sum_f  S_f [ (A_f z + a_f) * (B_f z + b_f) ]

with sparse matrices. ``sum(square(F @ x - t))`` stays the factor F; an n x n matrix exists only when
a caller asks for one (:meth:`qmectk.views.quadratic.QuadraticForm.expanded`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy  # `sparse` at the first look

from ..errors import NotExpressible
from ..language import Atom, Declares, Language, Row, Variable
from ..language.atoms import Array
from ..views.quadratic import Factor, Quadratic, QuadraticConstraint, QuadraticForm


class QuadraticReading(Language):
    """Payloads are :class:`QuadraticForm`; a scalar has one row."""

    target = "quadratic"

    def __init__(self) -> None:
        self.variables: dict[str, tuple[Variable, int]] = {}
        self.width = 0
        self.constraints: list[QuadraticConstraint] = []
        self.objective: QuadraticForm | None = None
        self.sense = 0

    def make_variable(self, variable: Variable) -> QuadraticForm:
        offset, self.width = self.width, self.width + variable.length
        self.variables[variable.name] = (variable, offset)
        rows = np.arange(variable.length)
        ones = np.ones(variable.length)
        linear = scipy.sparse.csr_array((ones, (rows, rows + offset)), shape=(variable.length, self.width))
        return QuadraticForm(np.zeros(variable.length), linear, (), ones)

    def constant(self, array: Array) -> QuadraticForm:
        numbers = np.atleast_1d(array).astype(float)
        return QuadraticForm(numbers, scipy.sparse.csr_array((len(numbers), self.width)), (), np.abs(numbers))

    def add(self, left: QuadraticForm, right: QuadraticForm) -> QuadraticForm:
        rows = max(left.rows, right.rows)
        a, b = left.repeated(rows), right.repeated(rows)
        width = max(a.width, b.width)
        a, b = a.widened(width), b.widened(width)
        size, steps = a.magnitudes + b.magnitudes, max(a.steps, b.steps) + 1
        return QuadraticForm(a.constant + b.constant, a.linear + b.linear, a.factors + b.factors, size, steps)

    def scale(self, array: Array, payload: QuadraticForm) -> QuadraticForm:
        numbers = np.atleast_1d(array).astype(float)
        rows = max(len(numbers), payload.rows)
        return payload.repeated(rows).scaled(np.broadcast_to(numbers, (rows,)))

    def multiply(self, left: QuadraticForm, right: QuadraticForm) -> QuadraticForm:
        if left.factors or right.factors:
            raise NotExpressible("a product of degree 3 is not quadratic")
        rows = max(left.rows, right.rows)
        a, b = left.repeated(rows), right.repeated(rows)
        width = max(a.width, b.width)
        factor = Factor(scipy.sparse.eye_array(rows, format="csr"), a.widened(width), b.widened(width))
        size, steps = a.magnitudes * b.magnitudes, a.steps + b.steps + 1
        return QuadraticForm(np.zeros(rows), scipy.sparse.csr_array((rows, width)), (factor,), size, steps)

    def matmul(self, matrix: Array, payload: QuadraticForm, scalar: bool) -> QuadraticForm:
        return payload.mapped(scipy.sparse.csr_array(matrix))

    def index(self, payload: QuadraticForm, key: Any) -> QuadraticForm:
        if isinstance(key, (int, np.integer)):
            row = range(payload.rows)[key]
            return payload.picked(slice(row, row + 1))
        return payload.picked(np.arange(payload.rows)[key])

    def total(self, payload: QuadraticForm) -> QuadraticForm:
        return payload.mapped(scipy.sparse.csr_array(np.ones((1, payload.rows))))

    def apply(self, atom: Atom, arguments: list[QuadraticForm], size: int | None, **parameters: float) -> QuadraticForm:
        if atom.name == "square" or (atom.name == "power" and parameters["exponent"] == 2.0):
            return self.multiply(arguments[0], arguments[0])
        raise self.refuse(atom.name)

    def add_constraint(self, row: Row) -> None:
        self.constraints.append(
            QuadraticConstraint(row.name, row.difference.payload, row.relation, row.redundant, row.scale)
        )

    def set_objective(self, payload: QuadraticForm, sense: int) -> None:
        self.objective, self.sense = payload, sense


def read_quadratic(declaration: Declares) -> Quadratic:
    """Read a declaration as a quadratic problem.

    Raises
    ------
    NotExpressible
        When an operator is not quadratic; the message names it.
    """
    m = QuadraticReading()
    declaration.declare(m)
    assert m.objective is not None, "a declaration states an objective"
    constraints = [replace(c, form=c.form.widened(m.width)) for c in m.constraints]
    return Quadratic(dict(m.variables), m.objective.widened(m.width), constraints, m.sense)
