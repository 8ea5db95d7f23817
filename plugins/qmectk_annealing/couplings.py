"""A binary quadratic model as arrays, and the energy changes of single flips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Couplings:
    """``energy = offset + linear.x + x.matrix.x / 2`` with a symmetric sparse matrix of zero diagonal."""

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
        matrix = sp.csr_array((np.concatenate([weight, weight]).astype(float), both), shape=(n, n))
        return cls(np.asarray(linear, dtype=float), matrix, float(offset))

    @property
    def n(self) -> int:
        """Number of bits."""
        return len(self.linear)

    def flips(self, states: Any) -> Array:
        """Energy change of flipping each bit of each state, shape as `states`."""
        x = np.atleast_2d(states).astype(float)
        return (1.0 - 2.0 * x) * (self.linear + (self.matrix @ x.T).T)

    def neighbours(self) -> list[set[int]]:
        """For each bit, the bits it is coupled with."""
        bounds, indices = self.matrix.indptr, self.matrix.indices
        return [set(indices[bounds[i] : bounds[i + 1]].tolist()) for i in range(self.n)]
