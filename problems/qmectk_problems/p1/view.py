"""P1's own Binary view: one bit a device, every candidate completed by P2 in one vectorised call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Binary

from .fixed_action import score_actions, score_actions_many

if TYPE_CHECKING:
    from .instance import P1Instance

Array = NDArray[np.float64]

#: Channel gains are of the order 1e-6; policies see them times this (DROO's code does the same).
FEATURE_SCALE = 1e6

#: Rates and gains below this count as it (a device in outage), and features beyond FAR as that.
TINY, FAR = 1e-30, 30.0


class P1Binary(Binary):
    """x_i = 1 offloads device i. Scores are weighted sum rates [Mbit/s]."""

    sense = 1

    def __init__(self, instance: P1Instance) -> None:
        self.instance = instance
        self.n = instance.n

    def score(self, actions: Any) -> Array:
        one = self.instance
        return np.asarray(score_actions(one.passive, one.scale, one.gain, np.atleast_2d(actions)))

    def complete(self, action: Any) -> dict[str, Any]:
        return self.instance.complete(action)

    def features(self) -> Array:
        return self.instance.trace[self.instance.frame] * FEATURE_SCALE

    def device_features(self) -> Array:
        """Logarithms of what decides about a device, (n, 4): of L_i, c_i, g_i and c_i g_i / L_i.

        L_i and g_i are taken relative to the sum of all L_i, times n, so that the columns mean the same for any number
        of devices; the constants bring them near zero at the papers' numbers. Zeros count as the smallest number.
        """
        one = self.instance
        passive, gain, scale = (np.log(np.maximum(a, TINY)) for a in (one.passive, one.gain, one.scale))
        whole = np.log(max(float(one.passive.sum()), TINY)) - np.log(self.n)
        columns = (passive - whole, (gain - 6.0) / 3.0, scale - whole - 1.5, (gain + scale - passive) / 3.0 - 2.5)
        return np.clip(np.stack(columns, axis=1), -FAR, FAR)

    def context(self, length: int) -> Array:
        rows = np.maximum(np.arange(self.instance.frame - length + 1, self.instance.frame + 1), 0)
        return self.instance.trace[rows] * FEATURE_SCALE

    @classmethod
    def score_many(cls, views: Sequence[Any], actions: Any) -> Array:
        ones = [view.instance for view in views]
        passive, scale, gain = (np.stack([getattr(one, name) for one in ones]) for name in ("passive", "scale", "gain"))
        return np.asarray(score_actions_many(passive, scale, gain, actions))
