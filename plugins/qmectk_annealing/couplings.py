"""A binary quadratic model as arrays, and the energy changes of single flips."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # `sparse` at the first look
from numpy.typing import NDArray

from qmectk import QUBO, Budget

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Couplings:
    """``energy = offset + linear.x + x.matrix.x / 2`` with a symmetric matrix of zero diagonal, sparse or dense."""

    linear: Array
    matrix: Any
    offset: float

    @classmethod
    def of(cls, model: Any) -> Couplings:
        """The arrays of a dimod model over bits, in its variable order."""
        linear, (row, column, weight), offset = model.to_numpy_vectors(variable_order=list(model.variables))
        n = len(linear)
        # a coupling that is there but zero couples nothing
        row, column, weight = (array[weight != 0.0] for array in (row, column, weight))
        both = (np.concatenate([row, column]), np.concatenate([column, row]))
        matrix = scipy.sparse.csr_array((np.concatenate([weight, weight]).astype(float), both), shape=(n, n))
        return cls(np.asarray(linear, dtype=float), matrix, float(offset))

    @classmethod
    def of_view(cls, view: QUBO) -> Couplings:
        """Those that a view was made from, else those of its model."""
        return view.couplings if isinstance(view, WrittenOut) else cls.of(view.model)

    @property
    def n(self) -> int:
        """Number of bits."""
        return len(self.linear)

    def flips(self, states: Any) -> Array:
        """Energy change of flipping each bit of each state, shape as `states`."""
        x = np.atleast_2d(states).astype(float)
        return (1.0 - 2.0 * x) * (self.linear + (self.matrix @ x.T).T)

    def energies(self, states: Any) -> Array:
        """Energies of states, shape (K, n) -> (K,)."""
        x = np.atleast_2d(states).astype(float)
        return np.asarray(self.offset + x @ self.linear + 0.5 * np.einsum("ki,ik->k", x, self.matrix @ x.T))

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Number of couplings of each bit."""
        if isinstance(self.matrix, np.ndarray):
            return np.count_nonzero(self.matrix, axis=1)
        return np.diff(self.matrix.indptr)

    def sparse(self) -> Couplings:
        """The same with a sparse matrix."""
        if not isinstance(self.matrix, np.ndarray):
            return self
        return Couplings(self.linear, scipy.sparse.csr_array(self.matrix), self.offset)

    def neighbours(self) -> list[set[int]]:
        """For each bit, the bits it is coupled with."""
        matrix = self.sparse().matrix
        bounds, indices = matrix.indptr, matrix.indices
        return [set(indices[bounds[i] : bounds[i + 1]].tolist()) for i in range(self.n)]

    def descent(self, state: Any, budget: Budget) -> NDArray[np.int8]:
        """Steepest descent: the flip that helps most, until none helps or the time is up; shape (n,)."""
        x = np.asarray(state, dtype=float).copy()
        field = self.linear + self.matrix @ x
        sign = 1.0 - 2.0 * x
        noise = 1e-12 * float(np.abs(field).max(initial=0.0))  # what rounding can pretend is no help
        for step in itertools.count(1):
            i = int(np.argmin(sign * field))
            if not sign[i] * field[i] < -noise or (step % 64 == 0 and budget.expired()):
                break
            columns, weights = self._row(i)
            field[columns] += sign[i] * weights
            x[i] += sign[i]
            sign[i] = -sign[i]
        return x.astype(np.int8)

    def _row(self, i: int) -> tuple[Any, Array]:
        if isinstance(self.matrix, np.ndarray):
            return slice(None), self.matrix[i]
        part = slice(self.matrix.indptr[i], self.matrix.indptr[i + 1])
        return self.matrix.indices[part], self.matrix.data[part]


class WrittenOut(QUBO):
    """A QUBO from arrays, bit i being called i. dimod's model, which takes longer to build than all else, is made when
    it is asked for."""

    def __init__(self, couplings: Couplings, penalties: dict[str, float], feasible: Callable[[Any], bool]) -> None:
        self.couplings, self.penalties, self.feasible = couplings, penalties, feasible

    @functools.cached_property
    def model(self) -> Any:
        """dimod's."""
        import dimod

        one = self.couplings
        if isinstance(one.matrix, np.ndarray):
            return dimod.BinaryQuadraticModel(one.linear, np.triu(one.matrix, 1), one.offset, "BINARY")
        upper = scipy.sparse.triu(one.matrix, 1, format="coo")
        return dimod.BQM.from_numpy_vectors(one.linear, (upper.row, upper.col, upper.data), one.offset, "BINARY")

    @property
    def n(self) -> int:
        return self.couplings.n

    @property
    def labels(self) -> list[Any]:
        return list(range(self.n))

    @functools.cached_property
    def interactions(self) -> int:
        """Number of couplings."""
        return int(self.couplings.degrees.sum()) // 2

    def energies(self, states: NDArray[np.int8]) -> Array:
        return self.couplings.energies(states)
