"""The attention problem's own Binary view: masks scored through the factors, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Binary

if TYPE_CHECKING:
    from .instance import AttentionInstance

Array = NDArray[np.float64]


class AttentionBinary(Binary):
    """x_a = 1 keeps block a. O(n d) a candidate."""

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
        return _norms(self.instance)

    def context(self, length: int) -> Array:
        one = self.instance
        if one.problem is None:
            return super().context(length)
        frames = [max(one.frame - back, 0) for back in range(length - 1, -1, -1)]
        past: dict[int, Any] = {t: one.problem.frame(t) for t in set(frames) if t != one.frame}
        return np.stack([_norms(past.get(t, one)) for t in frames])

    @classmethod
    def score_many(cls, views: Sequence[Any], actions: Any) -> Array:
        return np.stack([view.score(candidates) for view, candidates in zip(views, actions, strict=True)])


def _norms(instance: AttentionInstance) -> Array:
    size = np.sqrt(np.square(instance.rows).sum(axis=0)) if instance.d else np.abs(instance.linear)
    largest = float(size.max(initial=0.0))
    return np.asarray(size / largest if largest > 0.0 else size)
