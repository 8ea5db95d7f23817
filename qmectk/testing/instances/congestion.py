"""A problem with a Binary view of its own, alone and as a stream to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...instance import Instance, view
from ...language import Language
from ...problem import Problem, ProblemParams
from ...seeds import Stream, generator
from ...views import Binary
from .known import Array, Known, all_actions

#: Frames on which learned backends train, and frames they are then asked for.
TRAINING_FRAMES = 200
FRAMES = 3


class CongestionBinary(Binary):
    """Congestion's own Binary view."""

    def __init__(self, instance: Congestion) -> None:
        self.instance = instance
        self.n, self.sense = len(instance.gain), 1

    def score(self, actions: Any) -> Array:
        x = np.atleast_2d(actions).astype(float)
        one = self.instance
        scores = x @ one.gain - (x @ one.load) ** 2
        return np.where(x.sum(axis=1) >= one.least, scores, -np.inf)

    def complete(self, action: Any) -> dict[str, Any]:
        return {"x": np.asarray(action, dtype=float)}


@dataclass(eq=False)
class Congestion(Known):
    """Users of one resource: each earns alone, all suffer from the square of the load. It hands over a Binary view."""

    gain: Array
    load: Array
    least: int
    problem: CongestionStream | None = None
    label = "congestion"

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.gain), kind="binary")
        m.maximize(m.dot(self.gain, x) - m.square(m.dot(self.load, x)))
        if self.least:
            m.ge(m.sum(x), self.least, "users")

    @view(Binary)
    def binary(self) -> CongestionBinary:
        """Scores in one matrix product."""
        return CongestionBinary(self)

    def known_optimum(self) -> float | None:
        best = float(np.max(self.binary().score(all_actions(len(self.gain)))))
        return best if np.isfinite(best) else None


class CongestionParams(ProblemParams):
    """Number of users, and how many of them must be served."""

    problem: str = "congestion"
    users: int = 5
    least: int = 0


class CongestionStream(Problem):
    """Frames of Congestion, for backends that learn."""

    name = "congestion"
    Params = CongestionParams
    params: CongestionParams

    @classmethod
    def of(cls, users: int, *, least: int = 0, frames: int = FRAMES, training: int = TRAINING_FRAMES) -> Problem:
        """A stream."""
        return cls(CongestionParams(seed=0, users=users, least=least, frames=frames, training_frames=training))

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        return [self._frame(t) for t in range(start, stop)]

    def _frame(self, t: int) -> Congestion:
        rng = generator(Stream.DATA, self.params.seed, t)
        n = self.params.users
        return Congestion(rng.uniform(0.5, 4.0, n), rng.uniform(0.1, 1.0, n), self.params.least, self)
