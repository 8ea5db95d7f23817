"""A frame that is over, for a policy that learns from it: what was observed of it, and what every action was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .binary import Actions, Array, Binary


class Hindsight(Binary):
    """Features of an observation, scores of the truth.

    Parameters
    ----------
    seen
        The view of what was observed.
    truth
        The view of the frame itself.
    """

    outdated = True

    def __init__(self, seen: Binary, truth: Binary) -> None:
        self.seen, self.truth = seen, truth
        self.n, self.sense, self.tolerance = truth.n, truth.sense, truth.tolerance

    def score(self, actions: Actions) -> Array:
        return self.truth.score(actions)

    def complete(self, action: Actions) -> dict[str, Any]:
        return self.truth.complete(action)

    def action(self, values: Mapping[str, Any]) -> Actions:
        return self.truth.action(values)

    def features(self) -> Array:
        return self.seen.features()

    def observed(self) -> Array | None:
        return self.seen.observed()

    def device_features(self) -> Array:
        return self.seen.device_features()

    def context(self, length: int) -> Array:
        return self.seen.context(length)

    @classmethod
    def score_many(cls, views: Sequence[Any], actions: Actions) -> Array:
        truths = [view.truth for view in views]
        return type(truths[0]).score_many(truths, actions)
