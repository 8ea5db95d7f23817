"""Enumeration of all actions: slow, and beyond doubt."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.errors import Refused
from qmectk.language import Signature
from qmectk.views.scoring import Scorer

#: Most bits enumerated: 2^24 actions take about ten seconds with a compiled score.
MOST_BITS = 24

#: Most actions scored per call.
BATCH = 1 << 14


def actions_from(start: int, stop: int, n: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Actions number start..stop-1, shape (stop - start, n); bit 0 is the most significant."""
    numbers = np.arange(start, stop, dtype=np.int64)
    return ((numbers[:, None] >> np.arange(n - 1, -1, -1)) & 1).astype(np.int8)


class Exhaustive(Backend):
    """Scores every action. Its best is optimal because nothing else is left."""

    name, accepts = "exhaustive", (Binary,)
    summary = f"scores all 2^n actions (n <= {MOST_BITS})"
    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if view.n > MOST_BITS:
            raise Refused(
                f"exhaustive enumeration takes at most {MOST_BITS} bits and this instance has {view.n}",
                "use backend 'exact'",
            )
        total, done, score = 1 << view.n, 0, Scorer(view, budget)
        for piece in budget.pieces(total, BATCH):
            score(actions_from(piece.start, piece.stop, view.n))
            done = piece.stop
            if total > 4 * BATCH:
                budget.report(self.name, done, total)
        if done < total or score.skipped:
            return Reply(score.best, Termination.BUDGET, message="time ran out before every action was scored")
        info = {"actions": total}
        if score.best is None and view.tolerance > Binary.tolerance:
            message = "no action could be completed by a numerical solver, which proves nothing"
            return Reply(None, Termination.CONVERGED, message=message, info=info)
        if score.best is None:
            return Reply(None, Termination.PROVED, message="no action has a feasible completion", info=info)
        value = view.sense * score.value
        return Reply(score.best, Termination.PROVED, value, "enumeration", view.tolerance, value, info=info)

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # about half a microsecond an action with a compiled score
        return 5e-7 * 2.0**signature.bits if signature.bits <= MOST_BITS else None
