"""Runs that are stored and wanted again: those of a backend that has changed, and those that failed.

Nothing is deleted beforehand. A row is marked, and goes when its successor is stored, in the same transaction; so
a study that is killed while it repeats runs has still one row for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..running.scheduler import Watcher
    from ..storage.store import Store
    from .planning import Plan


@dataclass(frozen=True)
class Rerun:
    """What is to be run again although it is stored.

    Attributes
    ----------
    backends
        All runs and trainings of these.
    failed
        Whether also what failed.
    """

    backends: frozenset[str] = frozenset()
    failed: bool = False

    def mark(self, store: Store, planned: Plan, watcher: Watcher) -> None:
        """Mark the runs in the store, so that they count as not stored."""
        for backend in sorted(self.backends):
            _refresh(store, planned, backend, watcher)
        if self.failed:
            _retry(store, planned)


def _refresh(store: Store, planned: Plan, backend: str, watcher: Watcher) -> None:
    """All runs of a backend, or what an interrupted refresh of them has left."""
    runs = [task.key for task in planned.runs if task.backend == backend]
    left = store.stale(runs)
    if not left <= store.failed():  # marks on failed rows only may be those of a retry, which says less
        watcher.noted(f"going on with the interrupted refresh of {backend}: {len(left)} of {len(runs)} runs are left")
        return
    store.forget_prepared(task.key for task in planned.trainings.values() if task.backend == backend)
    store.renew(runs)


def _retry(store: Store, planned: Plan) -> None:
    """The runs that failed, with the trainings and references that failed."""
    failed = store.failed()
    store.renew(task.key for task in planned.runs if task.key in failed)
    before = [task.key for tasks in (planned.trainings, planned.references) for task in tasks.values()]
    store.forget_prepared(key for key, kept in store.prepared(before).items() if kept["status"] != "ok")
