"""Training to the end, or until somebody ends it, with a checkpoint every few seconds."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Protocol

from numpy.typing import NDArray

from qmectk.budget import LEAST, Budget
from qmectk.deadline import Expired, limited

from .cache import Entry

#: Seconds between two checkpoints, and the largest share of the time that writing them may take: where the disk is slow
#: they are rarer.
CHECKPOINT_SECONDS, CHECKPOINT_SHARE = 5.0, 0.02

#: Share of a time limit that training leaves for answering.
RESERVE = 0.1


class Standing(Protocol):
    """How far a run is."""

    position: int
    seconds: float


class Run(Protocol):
    """What can be gone through: steps of unequal length, and a state after each of them."""

    @property
    def progress(self) -> Standing: ...

    @property
    def total(self) -> int: ...

    @property
    def finished(self) -> bool: ...

    def advance(self, budget: Budget | None = None) -> bool:
        """One step; whether there is progress to report. Expired where the budget ended, and nothing has changed."""

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Everything the rest depends on: arrays, and plain values for JSON. Copies."""


def go_through(run: Run, label: str, checkpoint: Entry, budget: Budget, answering: float) -> None:
    """Run to the end, or until the budget or the user ends it; a checkpoint is left then, and every few seconds.

    `answering` seconds at least are left for the answer, which comes before the last checkpoint.
    """
    origin, begun = time.perf_counter() - run.progress.seconds, run.progress.position
    latest = None
    reserve = max(RESERVE * budget.seconds, answering)
    part = budget.within(None if budget.limit is None else max(budget.remaining - reserve, 0.0))
    due = time.perf_counter() + CHECKPOINT_SECONDS
    try:
        while not run.finished:
            over, ticked = budget.expired() or part.expired(), False
            if not over:
                try:
                    ticked = run.advance(part)
                except Expired:
                    over = True
            now = time.perf_counter()
            if over:
                run.progress.seconds = now - origin
                if run.progress.position > begun:
                    with contextlib.suppress(Expired):
                        limited(max(budget.remaining - answering, LEAST), lambda: checkpoint.write(*run.state()))
                return
            if ticked or now > due:
                run.progress.seconds = now - origin
                # an interrupt can strike in the middle of a step, so only states between two steps are kept
                latest = run.state()
            if now > due and latest is not None:
                checkpoint.write(*latest)
                took = time.perf_counter() - now
                due = now + took + max(CHECKPOINT_SECONDS, took / CHECKPOINT_SHARE)
            if ticked:
                budget.report(label, run.progress.position, run.total)
    except BaseException:  # Ctrl-C, or the end of a time limit that struck in the middle of a step
        if latest is not None:
            checkpoint.write(*latest)
        raise


__all__ = ["Run", "go_through"]
