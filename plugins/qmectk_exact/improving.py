"""Telling a budget of incumbents and bounds while a search runs: improvements only, from any thread."""

from __future__ import annotations

import math
from threading import Lock

from qmectk import Budget


class Improvements:
    """Passes on to ``budget.incumbent`` what is better than all before it.

    Parameters
    ----------
    budget
        Whose recorder takes the reports.
    sense
        +1 where a larger objective is better, -1 where a smaller one is.

    Notes
    -----
    A search makes one only where there is a recorder (`improvements`), so that nothing is worked out in vain.
    """

    def __init__(self, budget: Budget, sense: int) -> None:
        self.budget, self.sense = budget, sense
        self._best, self._tightest = -math.inf, math.inf
        self._lock = Lock()  # reads of one instance run on several threads

    def __call__(self, objective: float, bound: float | None = None) -> None:
        """Tell of an objective and a proved bound in the declared unit; what is infinite or no better is left out."""
        with self._lock:
            better = math.isfinite(objective) and self.sense * objective > self._best
            tighter = bound is not None and math.isfinite(bound) and self.sense * bound < self._tightest
            if better:
                self._best = self.sense * objective
            if tighter and bound is not None:
                self._tightest = self.sense * bound
            if better or tighter:
                self.budget.incumbent(objective if better else None, bound if tighter else None)


def improvements(budget: Budget, sense: int) -> Improvements | None:
    """An `Improvements` where the budget is recorded, else None."""
    return None if budget.recorder is None else Improvements(budget, sense)
