"""New workers from a clean server process (POSIX): quick to start, and without the caller's main script.

The ``forkserver`` of the standard library would import that script into every worker, which runs it again when it
has no guard. Nothing of it is needed there: classes from it travel by value.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import forkserver, spawn
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from pathlib import Path
from typing import Any

from ...timing.interrupting import uninterrupted

#: Environment variable that names the problems of a study to its server, as JSON.
TARGETS = "QMECTK_STUDY_PROBLEMS"

#: Most problems that are named, and characters of a name: the system takes 128 kB.
MOST, LONGEST = 20, 500

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


def quiet_context(targets: Iterable[str] = ()) -> QuietContext | None:
    """A context whose server has loaded the core and the families of the problems that are named.

    The server begins to load at once, while the caller goes on, unless one runs already.

    Parameters
    ----------
    targets
        Problem files, and names of shipped problems and of families; what is none of these does no harm.

    Returns
    -------
    QuietContext or None
        None where the system has no such server.
    """
    global _owner
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return None
    if _owner not in (None, os.getpid()):
        # a process that was forked from one with a server (an executor's) inherits a server it may not use
        forkserver._forkserver.__init__()  # type: ignore[misc]
    _owner = os.getpid()
    context = QuietContext()
    context.set_forkserver_preload(["qmectk.comparing.running.forkserver_preload"])
    os.environ[TARGETS] = json.dumps([target for target in targets if len(target) <= LONGEST][:MOST])
    try:
        with uninterrupted():  # the server takes the mask off when it is silent
            forkserver.ensure_running()
    finally:
        del os.environ[TARGETS]
    return context


def begin_early(targets: Iterable[str], store: str | Path | None) -> None:
    """Have the server load while a study is planned, unless there is a store, which may have all runs already."""
    if store is None or not os.path.exists(store):
        quiet_context(targets)


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
