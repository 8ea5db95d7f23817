"""Enumeration of all actions: slow, and beyond doubt."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.errors import Refused
from qmectk.language import Signature

#: Most bits enumerated: 2^24 actions take about ten seconds with a compiled score.
MOST_BITS = 24

#: Actions scored per call.
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
        total = 1 << view.n
        best, best_value = -1, -np.inf
        for start in range(0, total, BATCH):
            if start and budget.expired():
                break
            scores = view.score(actions_from(start, min(start + BATCH, total), view.n))
            top = int(np.argmax(scores))
            if scores[top] > best_value:
                best, best_value = start + top, float(scores[top])
                budget.incumbent(view.sense * best_value)
            done = min(start + BATCH, total)
            if total > 4 * BATCH:
                budget.report(self.name, done, total)
        else:
            return self._proved(view, best, best_value, total)
        point = actions_from(best, best + 1, view.n)[0] if best >= 0 else None
        return Reply(point, Termination.BUDGET, message="time ran out before every action was scored")

    def _proved(self, view: Binary, best: int, value: float, total: int) -> Reply:
        info = {"actions": total}
        if best < 0:
            return Reply(None, Termination.PROVED, message="no action has a feasible completion", info=info)
        point = actions_from(best, best + 1, view.n)[0]
        return Reply(
            point, Termination.PROVED, view.sense * value, "enumeration", view.tolerance, view.sense * value, info=info
        )

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # about half a microsecond an action with a compiled score
        return 5e-7 * 2.0**signature.bits if signature.bits <= MOST_BITS else None
