"""One feature map of hard attention, declared once.

    min  |B^T x|^2 + l1 (sum x - k)^2 + l2 sum_a x_a x_{a+1},   x in {0,1}^n                                  (7)

with one row of B (n x d) a block (Zhao, "QAHAN: A Quantum Annealing Hard Attention Network", eqs. (7) and (9)). The
variants change the first term and, for `salient`, make the cardinality exact; :mod:`.variants` lists them. The chain is
written as a square, which on bits is the same number,

    x_a x_{a+1} = ((x_a + x_{a+1})^2 - x_a - x_{a+1}) / 2,

so that the declaration is convex wherever the squares of B have the sign +1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import Instance, view
from qmectk.language import Language
from qmectk.problem import Problem
from qmectk.views import Binary, FactoredQuadratic, Lowered

from ..stacking import stacked
from .picture import draw

Array = NDArray[np.float64]


@dataclass(eq=False)
class AttentionInstance(Instance):
    """Arrays of one frame; a stack of frames has a leading axis everywhere.

    Attributes
    ----------
    rows
        B^T, shape (d, n); d = 0 for a linear variant.
    target
        t, shape (d,).
    linear
        u, shape (n,), in the sense of the objective (to be maximised by `salient`).
    variant
        Its name.
    sign
        +1, or -1 for the concave variant.
    l1, l2, k
        Weights of cardinality and chain, and the number of blocks asked for.
    sense
        -1 to minimise, +1 to maximise.
    exact
        Whether sum x = k is a constraint instead of a penalty.
    frame
        Its number in the stream.
    blocks
        Gives the B that it was made of, shape (n, d), where that is known.
    """

    rows: Array
    target: Array
    linear: Array
    variant: str
    sign: float
    l1: float
    l2: float
    k: int
    sense: int = -1
    exact: bool = False
    frame: int = 0
    problem: Problem | None = None
    unit: str = ""
    blocks: Callable[[], Array] | None = None

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"attention[frame {self.frame}]"

    @property
    def n(self) -> int:
        """Number of blocks."""
        return int(self.linear.shape[-1])

    @property
    def d(self) -> int:
        """Numbers in a block that enter the squares."""
        return int(self.rows.shape[-2])

    def picture(self, figure: Any) -> None:
        """Scores of the blocks, and what a proven optimum selects."""
        draw(self, self.salience(), self.variant, figure)

    def salience(self) -> Array:
        """Length of each block, shape (n,); the weight of each block where the variant is linear."""
        return np.asarray(np.sqrt(np.square(self.rows).sum(axis=0)) if self.d else np.abs(self.linear))

    @classmethod
    def stack(cls, instances: Sequence[AttentionInstance]) -> AttentionInstance | None:
        settings = ("variant", "sign", "l1", "l2", "k", "sense", "exact")
        found = stacked(instances, ("rows", "target", "linear"), settings)
        return None if found is None else cls(**found)

    def data(self) -> dict[str, Any]:
        """The blocks B, shape (n, d)."""
        return super().data() if self.blocks is None else {"blocks": self.blocks()}

    def declare(self, m: Language) -> None:
        x = m.var("x", self.n, kind="binary")
        value = m.dot(self.linear, x)
        for r in range(self.d):
            target = self.target[..., r, None] if m.batched else float(self.target[r])
            value = value + self.sign * m.square(m.dot(self.rows[..., r, :], x) - target)
        if self.l1 and not self.exact:
            value = value + self.l1 * m.square(m.sum(x) - self.k)
        if self.l2 and self.n > 1:
            pair = x[:-1] + x[1:]
            value = value - self.sense * (0.5 * self.l2) * (m.sum(m.square(pair)) - m.sum(pair))
        if self.sense > 0:
            m.maximize(value)
        else:
            m.minimize(value)
        if self.exact:
            m.eq(m.sum(x), self.k, "number of blocks")

    @view(FactoredQuadratic)
    def factored(self) -> Lowered:
        """The factors themselves: no n x n matrix."""
        made = FactoredQuadratic(
            np.ascontiguousarray(self.rows.T),
            self.target,
            -self.sense * self.linear,
            0.0 if self.exact else self.l1,
            float(self.k),
            self.l2,
            self.k if self.exact else None,
            0.0,
            np.full(self.d, self.sign),
            self.sense,
        )
        return Lowered(made, self.point, lower=lambda values: np.asarray(values["x"]))

    @view(Binary)
    def binary(self) -> Lowered:
        """Candidates scored through the factors."""
        return Lowered(AttentionBinary(self), self.point)

    def point(self, bits: Any) -> dict[str, Any]:
        """The declared variables from a mask."""
        return {"x": np.asarray(bits, dtype=float)}


class AttentionBinary(Binary):
    """Masks scored through the factors, many at a time: x_a = 1 keeps block a. O(n d) a candidate."""

    def __init__(self, instance: AttentionInstance) -> None:
        self.instance = instance
        self.n, self.sense = instance.n, instance.sense
        self.factored = instance.factored().view

    def score(self, actions: Any) -> Array:
        return -np.asarray(self.factored.value(np.atleast_2d(actions)))

    def complete(self, action: Any) -> dict[str, Any]:
        return self.instance.point(action)

    def action(self, values: Mapping[str, Any]) -> Any:
        return (np.asarray(values["x"]) > 0.5).astype(np.int8)

    def effects(self) -> Array:
        return -self.factored.effects()

    def features(self) -> Array:
        """Norm of every block, the largest scaled to 1."""
        return _scaled(self.instance.salience())

    def context(self, length: int) -> Array:
        one = self.instance
        if one.problem is None:
            return super().context(length)
        frames = [max(one.frame - back, 0) for back in range(length - 1, -1, -1)]
        past: dict[int, Any] = {t: one.problem.frame(t) for t in set(frames) if t != one.frame}
        return np.stack([_scaled(past.get(t, one).salience()) for t in frames])


def _scaled(salience: Array) -> Array:
    largest = float(salience.max(initial=0.0))
    return np.asarray(salience / largest if largest > 0.0 else salience)
