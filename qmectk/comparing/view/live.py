"""What is shown of a store that grows, read and made again as often as the study beside it can bear."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from ..report.content import gather
from ..report.page import as_html
from ..storage.opening import NoRuns, open_store
from ..storage.store import Store
from .progress import progress

#: Least seconds between two reports, and the share of one core that each of reading the progress and making reports may
#: take from the runs being measured.
PAUSE, SHARE = 2.0, 0.05


class Live:
    """What the pages show.

    Parameters
    ----------
    path
        The store; it is opened to be read.
    where
        Conditions on the runs that the table and the figures are of.
    """

    def __init__(self, path: Path, where: tuple[str, ...]) -> None:
        self.path, self.where = path, where
        self.store = Store(path, create=False)
        self._lock = threading.Lock()  # pages ask at the same time, and the connection is one
        self._page, self._stamp, self._next = "", "", 0.0
        self._progress: dict[str, Any] = {}
        self._look = 0.0

    def progress(self) -> dict[str, Any]:
        """See :func:`.progress.progress`."""
        with self._lock:
            if time.monotonic() >= self._look:
                began = time.thread_time()
                self._progress = progress(self.store)
                self._look = time.monotonic() + (time.thread_time() - began) / SHARE
            return self._progress

    def report(self) -> tuple[str, str]:
        """A name of the report's state, and the report without its scripts; both empty before the first run.

        Raises
        ------
        InputError
            When these runs cannot be shown together.
        """
        with self._lock:
            stamp = str(self.store.changes())
            if stamp != self._stamp and time.monotonic() >= self._next:
                began = time.thread_time()
                self._page, self._stamp = self._made(), stamp
                self._next = time.monotonic() + max(PAUSE, (time.thread_time() - began) / SHARE)
            return self._stamp, self._page

    def _made(self) -> str:
        if not self.store.count():
            return ""
        try:
            found = open_store(self.path, where=self.where)
        except NoRuns:
            return ""
        return as_html(gather(found.frame, found.study.study, found.study.target_gap, found.notes), alone=False)

    def close(self) -> None:
        """Close the store."""
        self.store.close()
