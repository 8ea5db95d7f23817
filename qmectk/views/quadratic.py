"""The Quadratic view: a constrained quadratic problem in factored form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy  # its parts are imported at the first look: `sparse` takes a sixth of a second
from numpy.typing import NDArray

from .base import View

if TYPE_CHECKING:
    from ..language import Variable

Array = NDArray[np.float64]

#: Unit roundoff of double precision.
UNIT = 2.0**-53


@dataclass(frozen=True)
class Factor:
    """``select @ (left(z) * right(z))`` with affine left and right of equally many rows."""

    select: Any
    left: QuadraticForm
    right: QuadraticForm


@dataclass(frozen=True)
class QuadraticForm:
    """`rows` quadratic functions of z: ``constant + linear z + sum of factors``.

    Attributes
    ----------
    constant
        Shape (rows,).
    linear
        Sparse, shape (rows, width).
    factors
        The products, factored.
    size
        Per row, the magnitudes of all that the declaration adds up, with variables of magnitude 1: what cancels in
        `constant` and `linear` still counts here. None stands for what the coefficients say.
    steps
        Most roundings that any of it goes through on the way to the value.
    """

    constant: Array
    linear: Any
    factors: tuple[Factor, ...]
    size: Array | None = None
    steps: int = 0

    @property
    def rows(self) -> int:
        """Number of functions."""
        return len(self.constant)

    @property
    def width(self) -> int:
        """Number of elements of z."""
        return int(self.linear.shape[1])

    @property
    def magnitudes(self) -> Array:
        """`size`, or the sums of the magnitudes of the coefficients where it is not known."""
        if self.size is not None:
            return self.size
        total = np.abs(self.constant) + abs(self.linear).sum(axis=1)
        for factor in self.factors:
            total = total + abs(factor.select) @ (factor.left.magnitudes * factor.right.magnitudes)
        return np.asarray(total)

    @property
    def rounding(self) -> Array:
        """Most that the functions here and the declaration as evaluated by the core are apart at bits, a row each.

        Either is off by gamma_k times the magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
        lemma 3.1); multiplying out products takes two roundings more.
        """
        relative = (self.steps + 2) * UNIT
        if relative >= 0.5:
            return np.full(self.rows, np.inf)
        return 2.0 * self.magnitudes * relative / (1.0 - relative)

    def widened(self, width: int) -> QuadraticForm:
        """The same functions of a longer z."""
        if width == self.width:
            return self
        linear = self.linear.tocoo()
        wide = scipy.sparse.csr_array((linear.data, linear.coords), shape=(self.rows, width))
        factors = tuple(Factor(f.select, f.left.widened(width), f.right.widened(width)) for f in self.factors)
        return QuadraticForm(self.constant, wide, factors, self.size, self.steps)

    def mapped(self, matrix: Any) -> QuadraticForm:
        """``matrix @ self``."""
        factors = tuple(Factor(matrix @ f.select, f.left, f.right) for f in self.factors)
        size = np.asarray(abs(matrix) @ self.magnitudes)
        steps = self.steps + int(np.diff(scipy.sparse.csr_array(matrix).indptr).max(initial=0))
        return QuadraticForm(matrix @ self.constant, scipy.sparse.csr_array(matrix @ self.linear), factors, size, steps)

    def scaled(self, numbers: Array) -> QuadraticForm:
        """Every function times its number, shape (rows,): ``mapped`` by a diagonal, in a fraction of the time."""
        factors = tuple(Factor(_scaled(f.select, numbers), f.left, f.right) for f in self.factors)
        size = np.abs(numbers) * self.magnitudes
        return QuadraticForm(numbers * self.constant, _scaled(self.linear, numbers), factors, size, self.steps + 1)

    def picked(self, rows: Any) -> QuadraticForm:
        """Some of the functions, by their numbers: an array or a slice."""
        factors = tuple(Factor(f.select[rows], f.left, f.right) for f in self.factors)
        return QuadraticForm(self.constant[rows], self.linear[rows], factors, self.magnitudes[rows], self.steps)

    def repeated(self, rows: int) -> QuadraticForm:
        """A scalar broadcast to `rows` equal functions."""
        return self if rows == self.rows else self.mapped(scipy.sparse.csr_array(np.ones((rows, 1))))

    def value(self, z: Array) -> Array:
        """The functions at z, shape (rows,)."""
        out = self.constant + self.linear @ z
        for factor in self.factors:
            out = out + factor.select @ (factor.left.value(z) * factor.right.value(z))
        return np.asarray(out)

    def expanded(self, row: int) -> tuple[float, dict[int, float], dict[tuple[int, int], float]]:
        """Constant, linear and pairwise (i <= j) coefficients of one function, multiplied out."""
        constant = float(self.constant[row])
        linear = _row(self.linear, row)
        pairs: dict[tuple[int, int], float] = {}
        for factor in self.factors:
            for k, weight in _row(factor.select, row).items():
                a0, a = float(factor.left.constant[k]), _row(factor.left.linear, k)
                b0, b = float(factor.right.constant[k]), _row(factor.right.linear, k)
                constant += weight * a0 * b0
                for i, ai in a.items():
                    linear[i] = linear.get(i, 0.0) + weight * ai * b0
                    for j, bj in b.items():
                        key = (i, j) if i <= j else (j, i)
                        pairs[key] = pairs.get(key, 0.0) + weight * ai * bj
                for j, bj in b.items():
                    linear[j] = linear.get(j, 0.0) + weight * a0 * bj
        return constant, linear, pairs


def _scaled(matrix: Any, numbers: Array) -> Any:
    """The rows of a matrix times these numbers."""
    made = matrix.copy()
    made.data = made.data * np.repeat(numbers, np.diff(made.indptr))
    if not numbers.all():
        made.eliminate_zeros()
    return made


def _row(matrix: Any, row: int) -> dict[int, float]:
    start, stop = matrix.indptr[row], matrix.indptr[row + 1]
    out: dict[int, float] = {}
    for j, value in zip(matrix.indices[start:stop], matrix.data[start:stop], strict=True):
        if value != 0.0:
            out[int(j)] = out.get(int(j), 0.0) + float(value)
    return out


@dataclass(frozen=True)
class QuadraticConstraint:
    """Every row of `form` is <= 0 or == 0; violations are measured at least against `scale`."""

    name: str
    form: QuadraticForm
    relation: Literal["<=", "=="]
    redundant: bool
    scale: Any = 0.0


@dataclass
class Quadratic(View):
    """A quadratic objective under quadratic constraints; `sense` is +1 to maximise, -1 to minimise.

    `variables` maps a declared name to (variable, offset of its first element in z). A point of this view is
    values by declared name; :meth:`split` makes them from a flat z.
    """

    variables: dict[str, tuple[Variable, int]]
    objective: QuadraticForm
    constraints: list[QuadraticConstraint]
    sense: int
    title = "Quadratic (factored)"

    @property
    def width(self) -> int:
        """Number of elements of z."""
        return self.objective.width

    def labels(self) -> list[str]:
        """A name for every element of z: ``a``, ``x[0]``, ``x[1]``, ..."""
        out: list[str] = []
        for name, (variable, _) in self.variables.items():
            out += [name] if variable.size is None else [f"{name}[{i}]" for i in range(variable.length)]
        return out

    def split(self, z: Array) -> dict[str, Any]:
        """Values by declared name from a flat z."""
        out: dict[str, Any] = {}
        for name, (variable, offset) in self.variables.items():
            part = np.asarray(z[offset : offset + variable.length], dtype=float)
            out[name] = float(part[0]) if variable.size is None else part
        return out

    def join(self, values: Mapping[str, Any]) -> Array:
        """A flat z from values by declared name."""
        return np.concatenate([np.atleast_1d(np.asarray(values[name], dtype=float)) for name in self.variables])
