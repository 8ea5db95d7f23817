"""Labels: the action that the network is to learn from each frame.

``best-of-k`` is the best of the policy's own candidates, as in the papers: it costs nothing, and what the policy never
tries it never learns. ``certified`` is the proven optimum: its seconds are part of the training, and reported.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Refused
from qmectk.timing.budget import Budget
from qmectk.timing.deadline import Expired

Actions = NDArray[np.int8]
Floats = NDArray[np.float64]

#: Frames proved at once.
BLOCK = 500


class BestOfK:
    """The best candidate of each frame, where one can be completed."""

    def __init__(self, stream: Any) -> None:
        pass

    def of(self, first: int, actions: Actions, scores: Floats, budget: Budget) -> tuple[Actions, NDArray[np.bool_]]:
        """Labels of consecutive frames of one n, and which of them are of any use.

        Parameters
        ----------
        first
            Place of the first one in the stream.
        actions, scores
            Candidates (F, K, n) and their scores (F, K), -inf where there is no feasible completion.

        Returns
        -------
        (F, n) int8 and (F,) bool
        """
        rows = np.arange(len(actions))
        best = np.argmax(scores, axis=1)
        return actions[rows, best], np.isfinite(scores[rows, best])

    def facts(self) -> dict[str, Any]:
        """What to tell of them."""
        return {}


class Certified:
    """Proven optima, a block of frames at a time."""

    def __init__(self, stream: Any) -> None:
        if not hasattr(stream, "optima"):
            raise Refused("certified labels need the declared problem, and these are views alone", "choose best-of-k")
        self.stream = stream
        self.first, self.known = 0, list[Any]()
        self.seconds, self.proved, self.asked = 0.0, 0, 0
        self.by: dict[str, None] = {}

    def of(self, first: int, actions: Actions, scores: Floats, budget: Budget) -> tuple[Actions, NDArray[np.bool_]]:
        """As :meth:`BestOfK.of`; frames without a proof are of no use."""
        found = [self._optimum(frame, budget) for frame in range(first, first + len(actions))]
        usable = np.array([action is not None for action in found])
        empty = np.zeros(actions.shape[2], np.int8)
        return np.stack([empty if action is None else action for action in found]), usable

    def _optimum(self, frame: int, budget: Budget) -> Actions | None:
        if not self.first <= frame < self.first + len(self.known):
            first = frame - frame % BLOCK
            began = time.perf_counter()
            known = self._proved(first, budget)
            self.seconds += time.perf_counter() - began
            self.first, self.known = first, known
            self.asked += len(known)
            self.proved += sum(action is not None for action in known)
        found: Actions | None = self.known[frame - self.first]
        return found

    def _proved(self, first: int, budget: Budget) -> list[Actions | None]:
        known, prover = self.stream.optima(first, first + BLOCK, budget)
        self.by[prover] = None
        if not any(action is not None for action in known):
            if budget.expired():
                raise Expired("in the middle of the labels")
            raise Refused(f"no optimum of {len(known)} training frames was proved by {prover}", "choose best-of-k")
        return list(known)

    def facts(self) -> dict[str, Any]:
        return {
            "labels_proved": self.proved,
            "labels_asked": self.asked,
            "labels_seconds": round(self.seconds, 3),
            "labels_by": ", ".join(self.by),
        }


__all__ = ["BestOfK", "Certified"]
