"""New workers from a clean server process (POSIX): quick to start, and without the caller's main script.

The ``forkserver`` of the standard library would import that script into every worker, which runs it again when it
has no guard. Nothing of it is needed there: classes from it travel by value.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from multiprocessing import forkserver, spawn
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from typing import Any

_patching = threading.Lock()


class QuietPopen(Popen):
    """Starts a process."""

    def _launch(self, process_obj: Any) -> None:
        with _without_main(process_obj.name):
            super()._launch(process_obj)  # type: ignore[misc]


class QuietProcess(ForkServerProcess):
    """A process that does not import the main script."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        return QuietPopen(process_obj)


class QuietContext(ForkServerContext):
    """A context of such processes."""

    Process = QuietProcess


_owner: int | None = None


def quiet_context(preload: list[str]) -> QuietContext:
    """A context whose server has loaded `preload`, unless a server runs already."""
    global _owner
    if _owner not in (None, os.getpid()):
        # a process that was forked from one with a server (an executor's) inherits a server it may not use
        forkserver._forkserver.__init__()  # type: ignore[misc]
    _owner = os.getpid()
    context = QuietContext()
    context.set_forkserver_preload(preload)
    return context


@contextlib.contextmanager
def _without_main(name: str) -> Iterator[None]:
    """What is sent to a new process of this name says nothing of the main script."""
    with _patching:
        original: Callable[[str], dict[str, Any]] = spawn.get_preparation_data

        def prepared(asked: str) -> dict[str, Any]:
            data = original(asked)
            if asked == name:
                data.pop("init_main_from_path", None)
                data.pop("init_main_from_name", None)
            return data

        spawn.get_preparation_data = prepared  # type: ignore[assignment]
        try:
            yield
        finally:
            spawn.get_preparation_data = original  # type: ignore[assignment]
