"""What a run may leave behind in its worker process, so that no later run of its contender meets it.

A contender has workers of its own, and is stopped while it waits, so only its own runs could find it. Still the same
seed is to give the same row in any number of workers; and memory and processes are shared.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

#: Bytes a worker may grow during measured runs before it is replaced: what leaks must not add up.
MOST_GROWTH = 500_000_000

_TASKS = Path("/proc/self/task")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class ProcessState:
    """The state of this process before its first run, to be held against what it is later."""

    def __init__(self) -> None:
        self._variables = tuple(os.environ)
        self._before = _settings(self._variables)
        self._growth = 0
        self._held = 0
        self.unfinished = False  #: whether a run was ended in the middle of whatever it did

    def measuring(self) -> None:
        """A measured run begins: what libraries have loaded by now is not held against it."""
        self._held = _resident()

    def found(self) -> str:
        """What the run that ended just now has left, "" for nothing. Processes it left are ended."""
        now = _settings(self._variables)
        names = [name for name, value in self._before.items() if now[name] != value]
        if _end_children():
            names.append("running processes")
        if self.unfinished:
            names.append("something half done")
        if self._held:
            self._growth += _resident() - self._held
            self._held = 0
        if self._growth > MOST_GROWTH:
            names.append(f"{self._growth / 1e6:.0f} MB of memory")
        return ", ".join(names)


def _settings(variables: tuple[str, ...]) -> dict[str, Any]:
    """What every run shares with its process, by names for people.

    Environment variables are those that were there: others may be added on import.
    """
    return {
        "another working folder": _folder(),
        "other floating-point errors": np.geterr(),
        "a trace function": (sys.gettrace(), sys.getprofile()),
        "another random generator in numpy": np.random.default_rng,
        "another environment": {name: os.environ.get(name) for name in variables},
        "signal handlers": [signal.getsignal(number) for number in _SIGNALS],
        "another priority": os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else 0,
        "other cores": os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else (),
        "other limits": _limits(),
    }


_SIGNALS = [n for n in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD")) if n]


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return ""


def _limits() -> list[tuple[int, int]]:
    if sys.platform == "win32":
        return []
    import resource

    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE)
    return [resource.getrlimit(kind) for kind in (*kinds, resource.RLIMIT_FSIZE, resource.RLIMIT_STACK)]


def _resident() -> int:
    """Bytes of memory this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * _PAGE
    except OSError:
        return 0


def _end_children() -> bool:
    """End every process that was started here and still runs; whether there was one."""
    found = False
    with contextlib.suppress(OSError):  # no Linux
        for task in os.listdir(_TASKS):
            for pid in map(int, (_TASKS / task / "children").read_bytes().split()):
                if _runs(pid):
                    found = True
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
    return found


def _runs(pid: int) -> bool:
    """Whether a process is more than an entry that waits to be collected."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in (b"Z", b"X")
