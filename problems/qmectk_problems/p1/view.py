"""P1's own Binary view: one bit a device, every candidate completed by P2 in one vectorised call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Binary

from .fixed_action import score_actions, score_actions_many
from .frame import P1Frame
from .reading import FEATURE_SCALE, device_columns

Array = NDArray[np.float64]


class P1Binary(Binary):
    """x_i = 1 offloads device i. Scores are weighted sum rates [Mbit/s]."""

    sense = 1

    def __init__(self, instance: P1Frame) -> None:
        self.instance = instance
        self.n = instance.n

    def score(self, actions: Any) -> Array:
        one = self.instance
        return np.asarray(score_actions(one.passive, one.scale, one.snr, np.atleast_2d(actions)))

    def complete(self, action: Any) -> dict[str, Any]:
        return self.instance.complete(action)

    def observed(self) -> Array:
        """The gains h of this frame, (n,), no unit."""
        return self.instance.trace[self.instance.frame - self.instance.first]

    def action(self, values: Mapping[str, Any]) -> Any:
        return (np.asarray(values["x"]) > 0.5).astype(np.int8)

    def features(self) -> Array:
        return self.observed() * FEATURE_SCALE

    def device_features(self) -> Array:
        one = self.instance
        return np.asarray(device_columns(one.passive, one.scale, one.snr))

    def context(self, length: int) -> Array:
        at = self.instance.frame - self.instance.first
        seen = self.instance.trace[max(at - length + 1, 0) : at + 1]
        if len(seen) < length:  # nothing was before the first frame: it stands for those
            seen = np.concatenate([seen[:1].repeat(length - len(seen), axis=0), seen])
        return seen * FEATURE_SCALE

    @classmethod
    def score_many(cls, views: Sequence[Any], actions: Any) -> Array:
        ones = [view.instance for view in views]
        passive, scale, snr = (np.stack([getattr(one, name) for one in ones]) for name in ("passive", "scale", "snr"))
        return np.asarray(score_actions_many(passive, scale, snr, actions))
