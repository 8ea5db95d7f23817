"""Cases in processes of their own: one that hangs in C code, crashes or eats its memory is told and left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import psutil

from .guard import MOST_CPU, bound_memory, peak_bytes

Name = tuple[str, int]

#: CPU seconds after which a process is killed whose own alarm was not heard.
LATEST_CPU = MOST_CPU + 8.0

#: Seconds on the clock after which a case that computes nothing is called a hang (a busy machine computes less).
LATEST_WALL = 120.0

#: Growth of the peak memory by a single case that counts as a failure, in bytes.
MOST_GROWTH = 2_000_000_000


@dataclass(frozen=True)
class Result:
    """What came of one case."""

    kind: str
    number: int
    failures: tuple[str, ...]
    seconds: float  #: of CPU


def try_case(kind: str, number: int) -> Result:
    """One case in a temporary folder, in this process."""
    from .kinds import case
    from .oracle import failures

    with tempfile.TemporaryDirectory(prefix="qmectk-fuzz-") as folder:
        before, start = peak_bytes(), time.process_time()
        found = failures(case(kind, number), Path(folder))
        grown, spent = peak_bytes() - before, time.process_time() - start
    if grown > MOST_GROWTH:
        found = [*found, f"memory: {grown / 1e9:.1f} GB more than before"]
    return Result(kind, number, tuple(found), spent)


def _serve(names: Sequence[Name], pipe: Connection) -> None:
    from .warm import warm

    bound_memory()
    warm()
    for name in names:
        pipe.send(("start", name))
        pipe.send(("end", try_case(*name)))
    pipe.send(("done", None))


class _Worker:
    """One process and the cases that are left to it."""

    def __init__(self, names: Sequence[Name]) -> None:
        self.names = list(names)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(self.names, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.current: Name | None = None
        self.since, self.cpu = time.monotonic(), 0.0

    def _used(self) -> float:
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.process.pid).cpu_times()
            return float(times.user + times.system)
        return 0.0

    def read(self) -> Result | None:
        """The next message, as a result when a case has ended."""
        try:
            what, reported = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            return self._lost(f"died with exit code {self.process.exitcode}")
        if what == "done":
            self.process.join()
            self.names = []
            return None
        if what == "start":
            self.current, self.since, self.cpu = reported, time.monotonic(), self._used()
            return None
        result: Result = reported
        self.names.remove((result.kind, result.number))
        self.current = None
        return result

    def overdue(self) -> Result | None:
        """The result of a case that does not end; the process is replaced."""
        if self.current is None:
            return None
        cpu, wall = self._used() - self.cpu, time.monotonic() - self.since
        if cpu < LATEST_CPU and wall < LATEST_WALL:
            return None
        self.process.kill()
        self.process.join()
        return self._lost(f"hang: killed after {cpu:.0f} s of CPU, {wall:.0f} s in all", cpu)

    def _lost(self, why: str, spent: float = 0.0) -> Result | None:
        name = self.current or (self.names[0] if self.names else None)
        if name is None:
            return None
        self.names.remove(name)
        if self.names:
            self._start()
        return Result(*name, (why,), spent)


def results(names: Sequence[Name], processes: int) -> Iterator[Result]:
    """The result of every case, as they come."""
    workers = [_Worker(names[i::processes]) for i in range(min(processes, len(names)))]
    try:
        while any(worker.names for worker in workers):
            pipes: dict[Any, _Worker] = {worker.pipe: worker for worker in workers if worker.names}
            for pipe in wait(list(pipes), timeout=1.0):
                found = pipes[pipe].read()
                if found is not None:
                    yield found
            for worker in workers:
                found = worker.overdue()
                if found is not None:
                    yield found
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
