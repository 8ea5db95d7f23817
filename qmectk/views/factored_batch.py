"""Many FactoredQuadratic views of one shape, kept in arrays: a sequence of them, made one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .factored import Array, FactoredQuadratic


@dataclass(frozen=True, eq=False)
class FactoredBatch(Sequence[FactoredQuadratic]):
    """m views with the same n and d; a backend that knows it works on the arrays, any other on its items.

    Attributes
    ----------
    factors
        Shape (m, n, d).
    target
        Shape (m, d).
    linear
        Shape (m, n).
    example
        A view with everything that they share: penalty, count, chain, cardinality, constant, signs and sense.
    """

    factors: Array
    target: Array
    linear: Array
    example: FactoredQuadratic

    def __post_init__(self) -> None:
        m, n, d = self.factors.shape
        if (n, d) != (self.example.n, self.example.d) or self.target.shape != (m, d) or self.linear.shape != (m, n):
            raise ValueError("factors, target and linear must have shapes (m, n, d), (m, d) and (m, n)")
        for name in ("factors", "target", "linear"):
            array = np.require(getattr(self, name), float, ["C", "W"])
            if not np.isfinite(array).all():
                raise ValueError(f"{name} has an entry that is not finite")
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.factors)

    def __getitem__(self, index: Any) -> Any:
        """The view of an instance, or the batch of a slice."""
        arrays = self.factors[index], self.target[index], self.linear[index]
        if isinstance(index, slice):
            return FactoredBatch(*arrays, self.example)
        e = self.example
        shared = {name: getattr(e, name) for name in ("penalty", "count", "chain", "cardinality", "constant", "signs")}
        return FactoredQuadratic(arrays[0], target=arrays[1], linear=arrays[2], sense=e.sense, **shared)

    def values(self, bits: Any) -> Array:
        """The value of every instance at a candidate of its own, bits of shape (m, n); inf off the cardinality."""
        e, x = self.example, bits.astype(float)
        ones = x.sum(1)
        residual = np.einsum("mn,mnd->md", x, self.factors) - self.target
        total: Array = e.constant + np.square(residual) @ e.signs + (x * self.linear).sum(1)
        total = total + e.penalty * np.square(ones - e.count) + (x[:, :-1] * x[:, 1:]) @ e.chain
        return total if e.cardinality is None else np.where(ones == e.cardinality, total, np.inf)


__all__ = ["FactoredBatch"]
