"""One worker process as its parent sees it: a task goes in, its outcome or the reason of its end comes out.

The deadlines are kept here, by a signal that nothing can refuse, so code that never looks at the clock, holds the
interpreter or has alarms of its own cannot outstay them. A worker without a task is stopped: what its runs left in it
(threads, timers) takes no time from the runs of others.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from ...errors import InputError, described
from ...timing.interrupting import uninterrupted
from .outcome import failed_row
from .runs import Task
from .surroundings import machine, output_path, tail
from .worker import CUT_OFF, serve

#: What programs print when they end for want of memory; C++ and Fortran have no other way to say it.
WANT_OF_MEMORY = ("bad_alloc", "MemoryError", "Cannot allocate memory", "out of memory")

#: In the outcome of a run that was ended before its clock was started: whether a first solve was part of its setup.
IN_SETUP = "in_setup"

#: Processes are started and collected one at a time: multiprocessing collects those of other threads, too, and of two
#: that ask for an exit code one gets a wrong one.
_collecting = threading.Lock()

#: Seconds in which a process that has closed its end of the pipe ends, if that was the reason.
ENDING = 2.0


class Worker:
    """A worker process for the runs of one contender.

    Parameters
    ----------
    context
        Of multiprocessing.
    contender
        Whose runs it takes.
    folder, threads
        Where its output goes; threads of numerical libraries.

    Raises
    ------
    InputError
        When the system starts no process.
    """

    def __init__(self, context: Any, contender: tuple[Any, ...], folder: str, threads: int) -> None:
        self.contender, self.folder = contender, folder
        self.runs = 0
        self.spent = False  #: whether it takes no further task
        self._known: set[str] = set()
        try:
            self._pipe, theirs = context.Pipe()
            with theirs, _collecting, uninterrupted():  # a server that died is started anew
                self.process = context.Process(
                    target=serve, args=(theirs, folder, threads, dict(os.environ)), daemon=True
                )
                self.process.start()
        except (OSError, EOFError) as error:  # EOFError: the server could not start
            raise InputError(
                f"no worker process can be started ({described(error)})",
                "give the program more files, processes or memory ('ulimit -a' shows its limits), or fewer jobs",
            ) from error

    def run(self, task: Task, payloads: Mapping[str, bytes]) -> dict[str, Any]:
        """Run a task to its end; the outcome has a status and a reason whatever happens."""
        self.runs += 1
        self._signal("SIGCONT")
        found = self._run(task, payloads)
        if not self.spent:
            self._signal("SIGSTOP")
        return found

    def _run(self, task: Task, payloads: Mapping[str, bytes]) -> dict[str, Any]:
        limits = task.limits
        facts: dict[str, Any] = {"machine": machine()}
        phase = "setup"
        # imports, then the solve, then reading its reply; what is no run is not taken apart
        allowed: dict[str, float | None] = {"setup": limits.setup_limit, "solving": limits.deadline}
        if limits.deadline is None or not task.measured:
            allowed = {"setup": limits.patience}
        until = _from_now(allowed["setup"] if limits.deadline is not None else None)
        wanted = {task.problem, task.backend} - self._known
        self._known |= wanted
        try:
            self._pipe.send((task, {name: payloads[name] for name in wanted if name in payloads}))
        except OSError:
            return {**facts, **self._death(task)}
        while True:
            ready = wait(
                [self._pipe, self.process.sentinel], None if until is None else max(until - time.monotonic(), 0)
            )
            if not ready:
                self.end()
                return {**facts, **self._overtime(task, phase)}
            if self._pipe not in ready and not self._pipe.poll():
                return {**facts, **self._death(task)}
            try:
                kind, content = self._pipe.recv()
            except (EOFError, OSError):
                return {**facts, **self._death(task)}
            except BaseException as error:  # it cannot be read
                self.end()
                return {**facts, **failed_row("failed", described(error))}
            if kind == "facts":
                facts.update(content)
            elif kind == "phase":
                phase = content
                until = _from_now(allowed.get(phase, limits.patience))
            else:
                found, self.spent = content
                if self.spent:
                    self.end()
                return {**facts, **found}

    def end(self) -> None:
        """End the process, and all that it has started, at once."""
        self.spent = True
        with _collecting:
            self.process.kill()
            self.process.join(ENDING)
        self._pipe.close()
        if hasattr(os, "killpg") and self.process.pid and not _exists(self.process.pid):
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)  # it led a process group of its own

    def _signal(self, name: str) -> None:
        """Stop or continue it; only where it ends with its parent also while it is stopped."""
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                os.kill(self.process.pid or 0, getattr(signal, name))

    def _last_words(self) -> str:
        return tail(output_path(self.folder, self.process.pid or 0)).strip()

    def _overtime(self, task: Task, phase: str) -> dict[str, Any]:
        limits, printed = task.limits, _quoted(self._last_words())
        if phase == "setup" and task.measured:
            what = "imports and the unmeasured first solve" if task.warm_up else "imports and preparations"
            reason = f"its {what} did not end within {limits.setup_limit:g} s, before its clock was started"
            return {**failed_row("timeout", reason + printed), IN_SETUP: task.warm_up}
        return {**failed_row("timeout", limits.overtime + printed), "wall_seconds": limits.deadline}

    def _death(self, task: Task) -> dict[str, Any]:
        """Why a process that did not answer has ended."""
        wait([self.process.sentinel], ENDING)
        with _collecting:
            code = self.process.exitcode
        self.end()
        printed = self._last_words()
        last, limit = _quoted(printed), task.limits.memory_limit
        if code is None or code == CUT_OFF:
            return failed_row("crashed", "it closed the pipe that its answer goes through" + last)
        if limit is not None and any(sign in printed for sign in WANT_OF_MEMORY):
            return failed_row("memory", f"its process ended under a memory limit of {limit / 1e6:.0f} MB" + last)
        if code >= 0:
            return failed_row("crashed", f"it ended its process with exit code {code}" + last)
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        reason = f"its process was killed by {name}"
        if name == "SIGKILL":
            reason += " (the system does that when memory runs out)"
        if limit is not None and name in ("SIGABRT", "SIGSEGV", "SIGBUS"):
            reason += f" under a memory limit of {limit / 1e6:.0f} MB"
        return failed_row("crashed", reason + last)


def _from_now(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def _quoted(printed: str) -> str:
    return f"; it printed: {printed.splitlines()[-1][:200]}" if printed else ""


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
