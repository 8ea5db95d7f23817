"""Training to the end, or until it is interrupted, with a checkpoint every few seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from qmectk.errors import Refused
from qmectk.timing.budget import LEAST, Budget
from qmectk.timing.deadline import Expired, limited

from .cache import Arrays, CorruptEntry, Entry

#: Seconds between two checkpoints, and the largest share of the time that writing them may take: where the disk is slow
#: they are rarer.
CHECKPOINT_SECONDS, CHECKPOINT_SHARE = 5.0, 0.02

#: Share of a time limit that training leaves for answering; that of a short one, in which code is still to be loaded,
#: and the most seconds that this larger share takes.
RESERVE, SHORT, MOST = 0.1, 0.2, 2.0


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


class Resumable(Run, Protocol):
    """A run that can go on from a state of another."""

    def restore(self, arrays: dict[str, NDArray[Any]], plain: dict[str, Any]) -> None:
        """Go on from there; ValueError, KeyError, TypeError or RuntimeError where it is of another run."""


_Made = TypeVar("_Made")
_Resumable = TypeVar("_Resumable", bound=Resumable)


def go_through(run: Run, label: str, checkpoint: Entry, budget: Budget, answering: float) -> None:
    """Run to the end, or until the budget or the user ends it; a checkpoint is left then, and every few seconds.

    `answering` seconds at least are left for the answer, which comes before the last checkpoint.
    """
    origin, begun = time.perf_counter() - run.progress.seconds, run.progress.position
    latest = None
    reserve = max(RESERVE * budget.seconds, min(SHORT * budget.seconds, MOST), answering)
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


def from_cache(entry: Entry, made: Callable[[Arrays, dict[str, Any]], _Made]) -> _Made | None:
    """What `made` makes of a cached policy's arrays and facts; None where there is none, or none to be trusted."""
    try:
        found = entry.read()
        return None if found is None else made(*found)
    except (CorruptEntry, ValueError, KeyError, TypeError) as error:
        entry.distrust(error)
        return None


def resumed(checkpoint: Entry, begin: Callable[[], _Resumable]) -> _Resumable:
    """The run that `begin` makes, as its checkpoint left it; afresh where there is none, or none to be trusted."""
    run = begin()
    try:
        found = checkpoint.read()
        if found is not None:
            run.restore(*found)
        return run
    except (CorruptEntry, ValueError, KeyError, TypeError, RuntimeError) as error:
        checkpoint.distrust(error)
        return begin()  # what half a checkpoint was read into is of no further use


def refuse_without_start(run: Run, resume: bool) -> None:
    """Refuse to go on, where that is asked for, from nothing."""
    if resume and run.progress.position == 0:
        raise Refused(
            "there is no training to go on from: no checkpoint has this problem, backend, options and seed",
            "leave resume out",
        )


__all__ = ["Run", "from_cache", "go_through", "refuse_without_start", "resumed"]
