"""Problems whose candidates are slow to score: a view that takes its time, and one that the default view completes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...instance import Instance, view
from ...language import Language
from ...views import Binary
from .congestion import Congestion, CongestionBinary, CongestionStream
from .known import Array

#: Seconds that a candidate takes.
EACH = 0.01


class SlowBinary(CongestionBinary):
    """Congestion's view, at `EACH` seconds a candidate."""

    def score(self, actions: Any) -> Array:
        time.sleep(EACH * len(np.atleast_2d(actions)))
        return super().score(actions)


class SlowCongestion(Congestion):
    """Hands over the slow view."""

    @view(Binary)
    def binary(self) -> SlowBinary:
        """Scores in their own time."""
        return SlowBinary(self)


class SlowStream(CongestionStream):
    """Frames of it."""

    def _frame(self, t: int) -> Congestion:
        made = super()._frame(t)
        return SlowCongestion(made.gain, made.load, made.least, self)


@dataclass(eq=False)
class Chargers(Instance):
    """Bits and as many continuous variables: chargers that cost when they are on and share what there is.

    Every choice of bits is feasible, and a linear program completes it.
    """

    worth: Array
    cost: Array
    label = "chargers"

    @classmethod
    def drawn(cls, chargers: int) -> Chargers:
        """A random one."""
        rng = np.random.default_rng(15)
        return cls(rng.uniform(1.0, 4.0, chargers).round(2), rng.uniform(0.5, 1.5, chargers).round(2))

    def declare(self, m: Language) -> None:
        n = len(self.worth)
        x = m.var("x", n, kind="binary")
        y = m.var("y", n, upper=1)
        m.maximize(m.dot(self.worth, y) - m.dot(self.cost, x))
        m.le(y, x, "only when on")
        m.le(m.sum(y), n / 3, "supply")
