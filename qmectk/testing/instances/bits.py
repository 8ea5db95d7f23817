"""Problems of bits only: linear, quadratic, and the smallest there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...language import Language
from .known import Array, Known


@dataclass(eq=False)
class Knapsack(Known):
    """Linear, bits only: maximise values of the chosen items under one or several capacities."""

    values: Array
    weights: Array  #: (capacities, items), whole numbers
    capacity: Array
    label = "knapsack"

    @classmethod
    def drawn(cls, items: int, capacities: int, seed: int = 11) -> Knapsack:
        """A random one; with many items and capacities, values close to the weights make it slow to prove."""
        rng = np.random.default_rng(seed)
        weights = rng.integers(5, 40, (capacities, items)).astype(float)
        values = weights.mean(axis=0).round() + rng.integers(1, 8, items)
        return cls(values, weights, np.floor(weights.sum(axis=1) / 2))

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.values), kind="binary")
        m.maximize(m.dot(self.values, x))
        m.le(self.weights @ x, self.capacity, "capacity")


@dataclass(eq=False)
class Squares(Known):
    """Quadratic, bits only, minimised: the closest combination of columns to a target."""

    columns: Array
    target: Array
    label = "squares"

    @classmethod
    def drawn(cls, rows: int, bits: int) -> Squares:
        """A random one."""
        rng = np.random.default_rng(12)
        return cls(rng.normal(size=(rows, bits)).round(2), rng.normal(size=rows).round(2))

    def declare(self, m: Language) -> None:
        x = m.var("x", self.columns.shape[1], kind="binary")
        m.minimize(m.sum(m.square(self.columns @ x - self.target)))


@dataclass(eq=False)
class OneBit(Known):
    """The smallest binary problem: one bit in a vector of length 1."""

    worth: float = 2.5
    label = "one bit"

    def declare(self, m: Language) -> None:
        x = m.var("x", 1, kind="binary")
        m.minimize(m.sum(-self.worth * x))
