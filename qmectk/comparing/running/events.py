"""The incumbents and bounds that an anytime backend reported while it ran."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

#: Most events kept of a run; later ones replace the last.
MOST = 1000

#: Relative improvement below which nothing has improved.
REAL = 1e-9

Event = list[float | None]


class Events:
    """A recorder for :class:`qmectk.timing.budget.Budget`: (seconds, incumbent, bound) whenever one of them improves.

    Its clock starts when it is made.
    """

    def __init__(self, sense: int) -> None:
        self.sense = sense
        self._reported: list[tuple[float, float | None, float | None, Any]] = []
        self._best = -math.inf
        self._start = time.perf_counter()

    def __call__(self, objective: float | None, bound: float | None, point: Any) -> None:
        if objective is not None:
            point = None  # lifting and measuring it would say the same
            value = self.sense * float(objective)
            if not value > self._best and bound is None:
                return
            self._best = max(self._best, value)
        event = (time.perf_counter() - self._start, objective, bound, point)
        if len(self._reported) < MOST:
            self._reported.append(event)
        else:
            self._reported[-1] = event

    def rows(
        self,
        measure: Callable[[Any], float | None],
        lift_bound: Callable[[float], float | None],
        final: tuple[float, float | None, float | None],
    ) -> list[Event]:
        """Improvements only, in the declared unit, the measured end of the run last.

        Parameters
        ----------
        measure
            Objective of a point an event brought, None when it is not feasible.
        lift_bound
            A bound of the view as one of the declared problem, None when it says nothing there.
        final
            Seconds, measured objective and proved bound at the end. No backend is believed to have been better before.
        """
        lifted: list[tuple[float, float | None, float | None]] = [
            (seconds, measure(point) if point is not None else objective, None if bound is None else lift_bound(bound))
            for seconds, objective, bound, point in self._reported
        ]
        end, end_objective, end_bound = final
        slack = 1e-6 * abs(end_objective or 0.0) + 1e-9
        most = -math.inf if end_objective is None else self.sense * end_objective + slack
        least = math.inf if end_bound is None else self.sense * end_bound - 1e-6 * abs(end_bound) - 1e-9
        best, tightest = -math.inf, math.inf
        out: list[Event] = []
        for seconds, objective, bound in [*lifted, final]:
            improved = False
            if objective is not None and _raised(best) < self.sense * objective <= most:
                best, improved = self.sense * objective, True
            if bound is not None and least <= self.sense * bound < -_raised(-tightest):
                tightest, improved = self.sense * bound, True
            if improved:
                out.append(
                    [
                        round(min(seconds, end), 6),
                        self.sense * best if math.isfinite(best) else None,
                        self.sense * tightest if math.isfinite(tightest) else None,
                    ]
                )
        return out


def _raised(value: float) -> float:
    """What counts as more than `value`: rounding does not."""
    return value + REAL * max(abs(value), 1e-3) if math.isfinite(value) else value
