"""A Pyomo model as arrays: linear rows as one sparse matrix, curved parts as affine arguments of atoms.

Everything here is minimised: `cost` is minus the declared coefficients where the problem maximises. A model is read
once; points and values are then matrix products, where asking Pyomo walks an expression tree for every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy  # `sparse` at the first look
from numpy.typing import NDArray

from qmectk import Algebraic
from qmectk.errors import Refused
from qmectk.judging.feasibility import bound_violation, row_violation
from qmectk.language import Atom

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """``min cost.x + offset  s.t.  low <= matrix x <= high,  lower <= x <= upper,  x_j whole where `whole```.

    Attributes
    ----------
    cost, lower, upper, whole
        Shape (n,); bounds may be infinite.
    matrix
        CSR, shape (m, n).
    low, high
        Shape (m,), possibly infinite.
    """

    cost: Array
    offset: float
    matrix: Any
    low: Array
    high: Array
    lower: Array
    upper: Array
    whole: NDArray[np.bool_]

    def value(self, x: Array) -> float:
        """The objective to be minimised."""
        return float(self.cost @ x) + self.offset

    def violation(self, x: Array) -> float:
        """Largest violation of a row or bound at `x`, each relative to the largest term that is in it."""
        terms = self.matrix.copy()
        terms.data = np.abs(terms.data * x[terms.indices])
        largest = np.asarray(terms.max(axis=1).todense()).ravel() if terms.nnz else np.zeros(terms.shape[0])
        body = self.matrix @ x
        sides = np.maximum(*(np.where(np.isfinite(side), np.abs(side), 0.0) for side in (self.low, self.high)))
        amount = np.maximum(self.low - body, body - self.high)
        rows = row_violation(amount, np.maximum(largest, sides))
        return float(max(rows.max(initial=0.0), bound_violation(x, self.lower, self.upper).max(initial=0.0)))

    def with_rows(self, matrix: Any, low: Array, high: Array) -> Linear:
        """With more rows."""
        return replace(
            self,
            matrix=scipy.sparse.vstack([self.matrix, matrix], format="csr"),
            low=np.concatenate([self.low, low]),
            high=np.concatenate([self.high, high]),
        )


@dataclass(frozen=True)
class CurvedTerm:
    """``coefficient * atom(arguments)``; its arguments are rows `start` to `stop` of the model's arguments."""

    coefficient: float
    atom: Atom
    parameters: Mapping[str, float]
    start: int
    stop: int


@dataclass(frozen=True)
class Curves:
    """Convex functions ``affine + terms``, each <= 0 but for the objective's, which is to be minimised.

    Attributes
    ----------
    names
        One a function.
    affine, constant
        CSR (k, n) and (k,).
    arguments, shifts
        CSR (p, n) and (p,): the arguments of all terms.
    terms
        One tuple a function.
    """

    names: tuple[str, ...]
    affine: Any
    constant: Array
    arguments: Any
    shifts: Array
    terms: tuple[tuple[CurvedTerm, ...], ...]

    def __len__(self) -> int:
        return len(self.names)

    def arguments_at(self, x: Array) -> Array:
        """The arguments of all terms at `x`, shape (p,)."""
        out: Array = self.arguments @ x + self.shifts
        return out

    def at(self, x: Array) -> tuple[Array, Array]:
        """Values of the functions at `x`, and the largest absolute term of each: shapes (k,)."""
        points = self.arguments_at(x)
        total: Array = self.affine @ x + self.constant
        parts = abs(self.affine) @ np.abs(x) + np.abs(self.constant)
        with np.errstate(all="ignore"):
            for k, terms in enumerate(self.terms):
                for term in terms:
                    height = term.coefficient * float(
                        term.atom.value(*points[term.start : term.stop], **term.parameters)
                    )
                    total[k] += height
                    parts[k] = max(parts[k], abs(height))
        return total, parts


class Model:
    """The arrays of a view. Columns are the elements of its variables in declaration order.

    Attributes
    ----------
    linear
        The rows, and the affine part of the objective.
    curves
        The curved constraints; the objective's curved part, with its affine part, is the last one if there is any.
    """

    def __init__(self, view: Algebraic) -> None:
        self.view = view
        self._columns: dict[int, int] = {}
        lower, upper, whole = [], [], []
        for variable, data in view.variables.values():
            for v in data:
                self._columns[id(v)] = len(self._columns)
            bounds = (variable.lower, variable.upper) if variable.kind == "continuous" else variable.whole_bounds
            lower.append(np.broadcast_to(np.atleast_1d(bounds[0]), (len(data),)))
            upper.append(np.broadcast_to(np.atleast_1d(bounds[1]), (len(data),)))
            whole.append(np.full(len(data), variable.kind != "continuous"))
        self.n = len(self._columns)
        sign = -float(view.sense)
        matrix, low, high = self._rows()
        cost, offset = self._affine([view.objective.affine])
        self.linear = Linear(
            sign * cost.toarray().ravel(),
            sign * float(offset[0]),
            matrix,
            low,
            high,
            np.concatenate(lower).astype(float),
            np.concatenate(upper).astype(float),
            np.concatenate(whole),
        )
        self.curved_objective = bool(view.objective.terms)
        self._sign = sign
        numbers = [self.linear.cost, [self.linear.offset], matrix.data, self.curves.constant, self.curves.affine.data]
        if not all(np.isfinite(one).all() for one in numbers) or np.isnan([*low, *high]).any():
            raise Refused("a coefficient of the model is not a finite number")

    @cached_property
    def curves(self) -> Curves:
        """The curved functions, see :class:`Curves`."""
        shapes = [(c.name, c.affine, c.terms, 1.0) for c in self.view.curved]
        if self.curved_objective:
            shapes.append(("objective", self.view.objective.affine, self.view.objective.terms, self._sign))
        arguments: list[Any] = []
        terms: list[tuple[CurvedTerm, ...]] = []
        for _, _, parts, sign in shapes:
            made = []
            for t in parts:
                start = len(arguments)
                arguments += t.arguments
                made.append(CurvedTerm(sign * t.coefficient, t.atom, t.parameters, start, len(arguments)))
            terms.append(tuple(made))
        affine, constant = self._affine([a for _, a, _, _ in shapes])
        signs = np.array([sign for *_, sign in shapes])
        points, shifts = self._affine(arguments)
        affine = scipy.sparse.diags(signs) @ affine if len(signs) else affine
        return Curves(tuple(s[0] for s in shapes), affine.tocsr(), signs * constant, points, shifts, tuple(terms))

    def declared(self, value: float) -> float:
        """A value to be minimised as one of the declared objective, and the other way round."""
        return self._sign * value

    def objective(self, x: Array) -> float:
        """The declared objective at `x`."""
        if self.curved_objective:
            return self.declared(float(self.curves.at(x)[0][-1]))
        return self.declared(self.linear.value(x))

    def violation(self, x: Array) -> float:
        """Largest violation of a row, bound or curve at `x`, relative to the largest term that is in it."""
        worst = self.linear.violation(x)
        if self.view.curved:
            heights, scales = (part[: len(self.view.curved)] for part in self.curves.at(x))
            worst = max(worst, float(row_violation(heights, scales).max(initial=0.0)))
        return worst

    def values(self, x: Array) -> dict[str, Any]:
        """A point by declared name; whole numbers are rounded."""
        out: dict[str, Any] = {}
        for name, part in self.parts:
            variable = self.view.variables[name][0]
            numbers = x[part].copy() if variable.kind == "continuous" else np.round(x[part])
            out[name] = float(numbers[0]) if variable.size is None else numbers
        return out

    def point(self, values: Mapping[str, Any]) -> Array:
        """A point by declared name as one vector."""
        return np.concatenate([np.atleast_1d(np.asarray(values[name], dtype=float)) for name in self.view.variables])

    @property
    def parts(self) -> Iterable[tuple[str, slice]]:
        start = 0
        for name, (_, data) in self.view.variables.items():
            yield name, slice(start, start + len(data))
            start += len(data)

    def _rows(self) -> tuple[Any, Array, Array]:
        import pyomo.environ as pyo

        curved = {id(constraint.constraint) for constraint in self.view.curved}
        rows = [r for r in self.view.model.component_data_objects(pyo.Constraint, active=True) if id(r) not in curved]
        matrix, constant = self._affine([row.body for row in rows])
        low = np.array([-np.inf if row.lower is None else float(pyo.value(row.lower)) for row in rows])
        high = np.array([np.inf if row.upper is None else float(pyo.value(row.upper)) for row in rows])
        return matrix, low - constant, high - constant

    def _affine(self, expressions: list[Any]) -> tuple[Any, Array]:
        """Affine Pyomo expressions as a CSR matrix and constants."""
        from pyomo.repn import generate_standard_repn

        starts, columns, entries, constants = [0], [], [], []
        for expression in expressions:
            if isinstance(expression, (int, float)):
                constants.append(float(expression))
            else:
                form = generate_standard_repn(expression, compute_values=True, quadratic=False)
                constants.append(float(form.constant))
                columns += [self._columns[id(v)] for v in form.linear_vars]
                entries += form.linear_coefs
            starts.append(len(columns))
        shape = (len(expressions), self.n)
        matrix = scipy.sparse.csr_matrix((np.array(entries, float), np.array(columns, np.int32), starts), shape=shape)
        matrix.eliminate_zeros()
        return matrix, np.array(constants)


__all__ = ["Array", "CurvedTerm", "Curves", "Linear", "Model"]
