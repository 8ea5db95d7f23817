"""Worker processes on this machine: pebble's pool, with deaths turned into reasons.

Processes are forked from a clean server that holds qmectk's core but none of the caller's threads, files or
modules, so a new worker takes milliseconds and ``compare`` can be called from any script. Everything is ready for
the worst: what kills a worker becomes the outcome of the run it had, and nobody else's.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from ..backend import installed
from ..errors import MissingPackage, described
from ..foreign import GROUP
from .outcome import failed_row
from .runs import Task
from .scratch import Scratch
from .surroundings import facts_path, machine, output_path, setup_path, tail
from .worker import RETIRED, execute, start

#: Runs after which a worker is replaced by a new one, so that what leaks does not add up.
RUNS_A_WORKER = 1000

#: Workers that may leave a task to their successor, one after the other.
MOST_RETIRED = 3

#: Seconds beyond every other deadline until the pool itself ends a run: only for systems without alarms.
SLACK = 5.0

#: What programs print when they end for want of memory; C++ and Fortran have no other way to say it.
WANT_OF_MEMORY = ("bad_alloc", "MemoryError", "Cannot allocate memory", "out of memory")

#: In the outcome of a run that was ended before its clock was started: whether a first solve was part of its setup.
IN_SETUP = "in_setup"

#: The status of a task that was not the reason why it did not end; it is tried again.
LOST = "lost"


class Pool:
    """Workers that survive whatever runs in them.

    Parameters
    ----------
    jobs
        Number of processes.
    payloads
        Pickles of the problems and unregistered backends of the tasks.
    threads
        Threads of numerical libraries in each.
    """

    def __init__(self, jobs: int, payloads: Mapping[str, bytes], threads: int) -> None:
        if not installed("pebble"):
            raise MissingPackage("comparing needs pebble", "run: pip install 'qmectk[compare]'")
        self.jobs, self.payloads, self.threads = jobs, dict(payloads), threads
        self.closed = False
        self.generation = 0  #: how often the workers were started anew
        self.folder = Scratch()
        self._open()

    def _open(self) -> None:
        from pebble import ProcessPool

        resource_tracker.ensure_running()  # it takes the mask off when it starts
        with _uninterrupted():
            self._pool = ProcessPool(
                max_workers=self.jobs,
                max_tasks=RUNS_A_WORKER,
                initializer=start,
                initargs=(self.payloads, self.folder.name, self.threads, dict(os.environ)),
                context=_context(),
            )

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Run a task; the future never raises, and its result has a status and a reason."""
        out: Future[dict[str, Any]] = Future()
        out.set_running_or_notify_cancel()
        self._schedule(task, out, MOST_RETIRED)
        return out

    def _schedule(self, task: Task, out: Future[dict[str, Any]], successors: int) -> None:
        patience = task.limits.patience
        # the kernel's alarms strike first: setup, run, and reading the reply
        timeout = None if patience is None else 2 * patience + SLACK
        try:
            with _uninterrupted():  # the first task starts the server and the workers, and they inherit the mask
                inner = self._pool.schedule(execute, args=(task,), timeout=timeout)
        except RuntimeError:  # the pool broke a moment ago
            out.set_result({**failed_row(LOST, "the worker pool broke"), "generation": self.generation})
            return
        generation = self.generation

        def done(future: Any) -> None:
            if successors and _retired(future):
                self._schedule(task, out, successors - 1)
                return
            outcome = self._outcome(task, future)
            out.set_result({**outcome, "generation": generation} if outcome["status"] == LOST else outcome)

        inner.add_done_callback(done)

    def _outcome(self, task: Task, future: Any) -> dict[str, Any]:
        from pebble import ProcessExpired

        try:
            return future.result()
        except TimeoutError:
            return {**failed_row("timeout", _overtime(task)), "machine": machine(), **_took_all(task)}
        except (CancelledError, BrokenProcessPool):
            return failed_row(LOST, "the worker pool broke")
        except ProcessExpired as error:
            return self._death(task, error)
        except BaseException as error:  # what came back could not be read
            return failed_row("failed", described(error))

    def _death(self, task: Task, error: Any) -> dict[str, Any]:
        code, pid = error.exitcode, error.pid or 0
        printed = tail(output_path(self.folder.name, pid)).strip()
        last = f"; it printed: {printed.splitlines()[-1][:200]}" if printed else ""
        facts = _facts(facts_path(self.folder.name, pid))
        if code == -getattr(signal, "SIGALRM", 14):
            if setup_path(self.folder.name, pid).exists():
                return {**facts, **failed_row("timeout", _endless_setup(task) + last), IN_SETUP: task.warm_up}
            return {**facts, **failed_row("timeout", _overtime(task) + last), **_took_all(task)}
        return {**facts, **self._crash(task, code, printed, last)}

    def _crash(self, task: Task, code: int | None, printed: str, last: str) -> dict[str, Any]:
        limit = task.limits.memory_limit
        if limit is not None and any(sign in printed for sign in WANT_OF_MEMORY):
            return failed_row("memory", f"its process ended under a memory limit of {limit / 1e6:.0f} MB" + last)
        if code is not None and code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            reason = f"its process was killed by {name}"
            if name == "SIGKILL":
                reason += " (the system does that when memory runs out)"
            if limit is not None and name in ("SIGABRT", "SIGSEGV", "SIGBUS"):
                reason += f" under a memory limit of {limit / 1e6:.0f} MB"
        else:
            reason = f"it ended its process with exit code {code}"
        return failed_row("crashed", reason + last)

    def restart(self) -> None:
        """New workers; every task that has not ended ends as lost."""
        self.stop()
        self.generation += 1
        self._open()

    def stop(self) -> None:
        """End all workers at once."""
        self._pool.stop()
        with contextlib.suppress(Exception):
            self._pool.join()

    def close(self) -> None:
        """End all workers, what they have started, and what they left."""
        if self.closed:
            return
        self.closed = True
        self.stop()
        for file in Path(self.folder.name).glob("*.out"):
            _end_group(int(file.stem))
        self.folder.cleanup()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back: it is for this process, and a child that is still importing would answer with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _retired(future: Any) -> bool:
    """Whether a worker has left its task to its successor."""
    from pebble import ProcessExpired

    error = None if future.cancelled() else future.exception()
    return isinstance(error, ProcessExpired) and error.exitcode == RETIRED


def _facts(path: Path) -> dict[str, Any]:
    """What is known of a run whose process has ended."""
    try:
        facts: dict[str, Any] = json.loads(path.read_text().partition("\n")[0])
    except (OSError, ValueError):  # it did not come to leaving them
        return {"machine": machine()}
    return facts


def _took_all(task: Task) -> dict[str, Any]:
    """The time of a run that was ended at its deadline."""
    return {} if task.limits.deadline is None else {"wall_seconds": task.limits.deadline}


def _end_group(pid: int) -> None:
    """End what a worker that is gone has left running: it led a process group of its own."""
    if hasattr(os, "killpg") and not Path(f"/proc/{pid}").exists():
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def _overtime(task: Task) -> str:
    limits = task.limits
    if limits.time_limit is None:
        return "it was ended"
    return f"it did not stop within {limits.grace:g} s after its time limit of {limits.time_limit:g} s and was ended"


def _endless_setup(task: Task) -> str:
    what = "imports and the unmeasured first solve" if task.warm_up else "imports and preparations"
    return f"its {what} did not end within {task.limits.setup_limit:g} s, before its clock was started"


def _context() -> Any:
    """A forkserver that has loaded the core, where there is one; fresh interpreters elsewhere."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from .forkserver import quiet_context

    return quiet_context(["qmectk.comparing.served", "qmectk.comparing.worker", "numba", *_own_plugins()])


def _own_plugins() -> list[str]:
    """Modules of qmectk's own plugins: light, and every worker needs most of them."""
    found = importlib.metadata.entry_points(group=GROUP)
    return sorted({point.module for point in found if point.dist is not None and point.dist.name == "qmectk"})
