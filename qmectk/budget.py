"""The budget of one run: a clock, a gap to reach, and a place to report progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from .status import OPTIMALITY_GAP

Report = Callable[[str, float, float | None], None]


def _silent(label: str, done: float, total: float | None) -> None:
    """Nobody is watching."""


class Budget:
    """Handed to every backend, which is expected to look at it often.

    Parameters
    ----------
    seconds
        Wall-clock seconds from now; None for no limit.
    gap
        Relative gap at which an exact backend may stop.
    report
        ``report(label, done, total)``, called with progress; must be cheap.
    """

    def __init__(
        self, seconds: float | None = None, *, gap: float = OPTIMALITY_GAP, report: Report | None = None
    ) -> None:
        self.seconds = math.inf if seconds is None else float(seconds)
        self.gap = gap
        self.report: Report = report or _silent
        self._start = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the budget was made."""
        return time.perf_counter() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left, never negative; inf without a limit."""
        return max(0.0, self.seconds - self.elapsed)

    @property
    def limit(self) -> float | None:
        """Seconds left for solvers that take None for no limit."""
        return None if math.isinf(self.seconds) else self.remaining

    def expired(self) -> bool:
        """Whether the time is up."""
        return self.elapsed >= self.seconds

    def share(self, parts: int) -> Budget:
        """A budget for one of `parts` equal pieces of the remaining time."""
        return Budget(None if math.isinf(self.seconds) else self.remaining / max(parts, 1), gap=self.gap)
