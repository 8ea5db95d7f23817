"""The FactoredQuadratic view: squares of a few linear forms, a cardinality and a chain, over bits.

    min  sum_r s_r (b_r.x - t_r)^2 + u.x + l1 (sum_i x_i - k)^2 + sum_a c_a x_a x_{a+1} + constant,   x in {0,1}^n,

optionally with sum_i x_i fixed. B = (b_1 ... b_d) is n x d and stays factored: an instance of n = 4096 and d = 1 takes
100 kB where its couplings, written out, are 8.4 million. Hard attention (Zhao, "QAHAN: A Quantum Annealing Hard
Attention Network", eq. (7)) has this form with s = 1, t = u = 0; least squares over bits has it without the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .base import View

Array = NDArray[np.float64]

#: Candidates times bits handled at once by :meth:`FactoredQuadratic.value`, which bounds its memory to 32 MiB.
_BATCH = 1 << 22


@dataclass(frozen=True, eq=False)
class FactoredQuadratic(View):
    """The numbers of one instance; everything but `factors` may be left out. All arrays are float64 once it is made.

    Attributes
    ----------
    factors
        B, shape (n, d); a vector is read as one column, and d = 0 is allowed.
    target
        t, shape (d,); 0 when left out.
    linear
        u, shape (n,); 0 when left out.
    penalty, count
        l1 and k of the soft cardinality.
    chain
        c_a of neighbours a, a + 1: one number for all, or n - 1 numbers.
    cardinality
        The exact number of ones, or None.
    constant
        Added to every value.
    signs
        s_r, +1 or -1, shape (d,); +1 when left out. With a -1 the objective is not convex.
    sense
        -1 when the declared problem minimises this value, +1 when it maximises minus this value.
    """

    factors: Array
    target: Any = None
    linear: Any = None
    penalty: float = 0.0
    count: float = 0.0
    chain: Any = 0.0
    cardinality: int | None = None
    constant: float = 0.0
    signs: Any = None
    sense: int = -1

    title = "FactoredQuadratic (squares of linear forms and a chain)"

    def __post_init__(self) -> None:
        factors = np.asarray(self.factors, dtype=float)
        if factors.ndim == 1:
            factors = factors[:, None]
        if factors.ndim != 2 or len(factors) == 0:
            raise ValueError(f"factors must have shape (n, d) with n >= 1, not {factors.shape}")
        n, d = factors.shape
        arrays = {
            "factors": np.ascontiguousarray(factors),
            "target": _filled("target", 0.0 if self.target is None else self.target, d),
            "linear": _filled("linear", 0.0 if self.linear is None else self.linear, n),
            "chain": _filled("chain", self.chain, n - 1),
            "signs": _filled("signs", 1.0 if self.signs is None else self.signs, d),
        }
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} has an entry that is not finite")
            object.__setattr__(self, name, array)
        for name in ("penalty", "count", "constant"):
            if not np.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a finite number")
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.penalty < 0.0:
            raise ValueError(f"penalty must be >= 0, not {self.penalty:g}")
        if not np.isin(self.signs, (-1.0, 1.0)).all():
            raise ValueError("signs must be +1 or -1")
        if self.sense not in (-1, 1):
            raise ValueError("sense must be +1 or -1")

    @property
    def n(self) -> int:
        """Number of bits."""
        return int(self.factors.shape[0])

    @property
    def d(self) -> int:
        """Number of squares."""
        return int(self.factors.shape[1])

    @property
    def convex(self) -> bool:
        """Whether every square has the sign +1 (the chain, exact on bits, is left aside)."""
        return bool((self.signs > 0.0).all())

    @property
    def feasible(self) -> bool:
        """Whether any x meets the cardinality."""
        return self.cardinality is None or 0 <= self.cardinality <= self.n

    def value(self, x: Any) -> Any:
        """The value at one candidate, shape (n,), or at K of them, shape (K, n); inf off the cardinality.

        Costs O(K n d); no n x n matrix is made.
        """
        bits = np.asarray(x)
        if bits.ndim == 1:
            return float(self._values(bits[None, :])[0])
        rows = max(1, _BATCH // self.n)
        return np.concatenate([self._values(bits[i : i + rows]) for i in range(0, max(len(bits), 1), rows)])

    def effects(self) -> Array:
        """What each bit alone adds to the value of no bits, the cardinality left aside, shape (n,). Costs O(n d)."""
        squares = np.square(self.factors) - 2.0 * self.factors * self.target
        effects: Array = squares @ self.signs + self.linear + self.penalty * (1.0 - 2.0 * self.count)
        return effects

    def objective(self, value: float) -> float:
        """A value of this view, or a bound on it, as one of the declared problem."""
        return -self.sense * value

    def _values(self, bits: Any) -> Array:
        x = bits.astype(float)
        ones = x.sum(axis=1)
        residual = x @ self.factors - self.target
        total: Array = self.constant + np.square(residual) @ self.signs + x @ self.linear
        total = total + self.penalty * np.square(ones - self.count)
        total = total + (x[:, :-1] * x[:, 1:]) @ self.chain
        return total if self.cardinality is None else np.where(ones == self.cardinality, total, np.inf)


def _filled(name: str, value: ArrayLike, length: int) -> Array:
    """A contiguous vector of `length` entries; a single number is repeated."""
    array = np.asarray(value, dtype=float)
    if array.ndim > 1 or (array.ndim == 1 and len(array) != length):
        raise ValueError(f"{name} must be a number or {length} numbers, not an array of shape {array.shape}")
    return np.ascontiguousarray(np.broadcast_to(array, (length,)))
