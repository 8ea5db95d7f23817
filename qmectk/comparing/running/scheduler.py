"""Keeping workers busy: claim, submit, store, and wait for what other processes have claimed."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Protocol

from ..storage.store import Store
from .outcome import failed_row, row_of
from .pool import LOST
from .runs import Task
from .workers import IN_SETUP

#: Times a run is started again when its worker was lost through no fault of its own.
RETRIES = 3
#: Seconds between two looks at what other processes have done.
PAUSE = 0.2
#: Seconds without any result, beyond the deadlines of the runs, after which the workers are started anew.
STALL = 30.0


class Lane(Protocol):
    """Where tasks run."""

    jobs: int

    @property
    def generation(self) -> int | None:
        """How often its workers were started anew, None when they never are."""

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Run a task; the future raises only when nothing can be run at all."""

    def restart(self) -> None:
        """Start the workers anew; what was in flight ends as lost."""

    def close(self) -> None:
        """End everything at once."""


class Watcher:
    """Called while a study goes on. Subclass it to show progress."""

    def planned(self, stage: str, totals: Mapping[str, int], stored: Mapping[str, int]) -> None:
        """A stage begins ("references", "training", "runs"): tasks by backend, and how many were there already."""

    def finished(self, stage: str, backend: str, row: Mapping[str, Any]) -> None:
        """One task has ended and is stored."""

    def waiting(self, count: int) -> None:
        """All that is left is in the hands of other processes."""

    def noted(self, sentence: str) -> None:
        """Something worth saying once."""


class Scheduler:
    """Runs tasks through a lane and stores each of them once.

    Parameters
    ----------
    store
        Where results and claims are kept.
    lane
        Where tasks run.
    watcher
        Called with progress.
    """

    def __init__(self, store: Store, lane: Lane, watcher: Watcher) -> None:
        self.store, self.lane, self.watcher = store, lane, watcher
        #: contenders whose setup did not end: with the unmeasured first solve, and without it for this reason
        self._cold: set[tuple[str, ...]] = set()
        self._hopeless: dict[tuple[str, ...], str] = {}

    def run(self, tasks: Sequence[Task]) -> None:
        """Run what is not stored yet, and return when everything is."""

        def keep(task: Task, outcome: Mapping[str, Any]) -> None:
            row = row_of(task, outcome)
            self.store.finish(row)
            self.watcher.finished("runs", _title(task), row)

        self._all("runs", tasks, "runs", self.store.finished, keep)

    def prepare(self, stage: str, tasks: Sequence[Task]) -> dict[str, dict[str, Any]]:
        """Run references or trainings that are not stored yet; the results of all of them by key."""

        def keep(task: Task, outcome: Mapping[str, Any]) -> None:
            kept = {name: outcome.get(name) for name in ("status", "reason", "solution", "facts")}
            self.store.keep_prepared(task.key, task.kind, kept)
            self.watcher.finished(stage, _title(task), kept)

        self._all(stage, tasks, "prepared", lambda keys: set(self.store.prepared(keys)), keep)
        return self.store.prepared(task.key for task in tasks)

    def _all(
        self,
        stage: str,
        tasks: Sequence[Task],
        table: str,
        stored: Callable[[Iterable[str]], set[str]],
        keep: Callable[[Task, Mapping[str, Any]], None],
    ) -> None:
        there = stored([task.key for task in tasks])
        self.watcher.planned(stage, _count(tasks), _count([t for t in tasks if t.key in there]))
        pending = deque(task for task in tasks if task.key not in there)
        while pending:
            others = self._mine(pending, table, keep)
            if not others:
                return
            self.watcher.waiting(len(others))
            time.sleep(PAUSE)
            self.store.alive()
            there = stored([task.key for task in others])
            for task in others:
                if task.key in there:
                    self.watcher.finished(stage, _title(task), {"status": "ok"})
            pending = deque(task for task in others if task.key not in there)

    def _mine(self, pending: deque[Task], table: str, keep: Callable[[Task, Mapping[str, Any]], None]) -> list[Task]:
        """Run everything that can be claimed; returns what others have."""
        window = 2 * self.lane.jobs + 2
        ended: queue.SimpleQueue[tuple[Task, Future[dict[str, Any]]]] = queue.SimpleQueue()
        flying: set[str] = set()
        attempts: dict[str, int] = {}
        others: list[Task] = []

        def launch(task: Task) -> None:
            flying.add(task.key)
            self._submitted(task).add_done_callback(lambda future: ended.put((task, future)))

        while pending or flying:
            if pending and len(flying) <= window // 2:
                batch = [pending.popleft() for _ in range(min(window - len(flying), len(pending)))]
                got = set(self.store.claim([task.key for task in batch], table))
                others += [task for task in batch if task.key not in got]
                for task in batch:
                    if task.key in got:
                        launch(task)
            if not flying:
                continue
            task, future = self._next(ended, batch[0] if batch else None)
            outcome = future.result()
            first_solve = outcome.pop(IN_SETUP, None)
            if first_solve is not None:
                self._learn(task, first_solve, outcome["reason"])
            if outcome["status"] == LOST:
                attempts[task.key] = attempts.get(task.key, 0) + 1
                generation = outcome.pop("generation", None)
                if generation is not None and generation == self.lane.generation:
                    self.lane.restart()
                if attempts[task.key] < RETRIES:
                    launch(task)
                    continue
                outcome = failed_row("crashed", outcome["reason"])
            flying.discard(task.key)
            keep(task, outcome)
        return others

    def _submitted(self, task: Task) -> Future[dict[str, Any]]:
        """Submit a task; what is known not to end is not waited for again."""
        if task.contender in self._hopeless:
            known: Future[dict[str, Any]] = Future()
            known.set_result(failed_row("timeout", f"not started: in another run {self._hopeless[task.contender]}"))
            return known
        return self.lane.submit(replace(task, warm_up=False) if task.contender in self._cold else task)

    def _learn(self, task: Task, first_solve: bool, reason: str) -> None:
        """Remember a setup that did not end.

        A first solve that hangs says something about its instance, so the next runs go without it and meet their own
        deadline. Imports and constructors are the same for all.
        """
        if not first_solve and task.contender not in self._hopeless:
            self._hopeless[task.contender] = reason
            self.watcher.noted(f"backend '{task.backend}': {reason}; its other runs are not started")
        elif first_solve and task.contender not in self._cold:
            self._cold.add(task.contender)
            self.watcher.noted(f"backend '{task.backend}': {reason}; its next runs go without a first solve")

    def _next(self, ended: queue.SimpleQueue[Any], example: Task | None) -> Any:
        """The next task that ended. Workers that say nothing for far too long are started anew."""
        patience = example.limits.patience if example is not None else None
        waited, tick = 0.0, 1.0
        while True:
            try:
                return ended.get(timeout=tick)
            except queue.Empty:
                self.store.alive()
                waited += tick
                if patience is not None and waited > 2 * patience + STALL:
                    self.lane.restart()
                    waited = 0.0


def _title(task: Task) -> str:
    return task.backend if task.preset is None else f"{task.backend} ({task.preset})"


def _count(tasks: Iterable[Task]) -> dict[str, int]:
    out: dict[str, int] = {}
    for task in tasks:
        out[_title(task)] = out.get(_title(task), 0) + 1
    return out
