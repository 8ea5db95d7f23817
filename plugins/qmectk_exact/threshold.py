"""``threshold``: a shared budget by a rule of two numbers, without learning and without a proof."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmectk import Backend, Budget, Reply, SharedBudget, Termination

#: Frames answered between two looks at the clock.
BATCH = 2048


class Threshold(Backend):
    """Thresholds on the margins of the Lagrangian, repriced until they settle. A learned policy has to beat this."""

    name, accepts = "threshold", (SharedBudget,)
    summary = "thresholds at the budget's own price: the rule that needs no learning"

    def solve(self, view: SharedBudget, budget: Budget, rng: np.random.Generator) -> Reply:
        return self._answers([view])[0]

    def solve_many(
        self, views: Sequence[SharedBudget], budget: Budget, rngs: Sequence[np.random.Generator]
    ) -> list[Reply]:
        if len({view.n for view in views}) > 1:
            return super().solve_many(views, budget, rngs)
        replies: list[Reply] = []
        for start in range(0, len(views), BATCH):
            if start and budget.expired():
                break
            replies += self._answers(views[start : start + BATCH])
            budget.report(self.name, len(replies), len(views))
        return replies

    def _answers(self, views: Sequence[SharedBudget]) -> list[Reply]:
        from .shared_budget.threshold import threshold_frames

        passive, scale, snr = (
            np.array([getattr(view, name) for view in views], dtype=float) for name in ("passive", "scale", "snr")
        )
        action, tau, out = np.empty(passive.shape, np.int8), np.empty(passive.shape), np.empty((len(views), 2))
        threshold_frames(passive, scale, snr, action, tau, out)
        return [
            Reply((action[f], float(out[f, 1]), tau[f]), Termination.CONVERGED, objective=float(out[f, 0]))
            for f in range(len(views))
        ]


__all__ = ["Threshold"]
