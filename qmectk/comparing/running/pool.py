"""Worker processes on this machine: a contender has processes of its own, so what it spoils is its own.

Processes are forked from a clean server that holds qmectk's core but none of the caller's threads, files or
modules, so a new worker takes milliseconds and ``compare`` can be called from any script. What kills a worker becomes
the outcome of the run it had, and of no other.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ...plugins import registry
from .forkserver import quiet_context
from .outcome import failed_row
from .runs import Task
from .scratch import Scratch
from .workers import Worker

#: Runs after which a worker is replaced by a new one, so that what leaks does not add up.
RUNS_A_WORKER = 1000

#: Workers that are kept although they have nothing to do; the one that waited longest gives way first.
MOST_WAITING = 64

#: Share of the machine's memory that must be free for workers to be kept waiting.
FREE_MEMORY = 0.1

#: The status of a task that was not the reason why it did not end; it is tried again.
LOST = "lost"


class Pool:
    """Workers that survive whatever runs in them.

    Parameters
    ----------
    jobs
        Number of tasks at the same time.
    payloads
        Pickles of the problems and unregistered backends of the tasks.
    threads
        Threads of numerical libraries in each.
    """

    def __init__(self, jobs: int, payloads: Mapping[str, bytes], threads: int) -> None:
        self.jobs, self.payloads, self.threads = jobs, dict(payloads), threads
        self.closed = False
        self.generation = 0  #: how often the workers were started anew
        self.folder = Scratch()
        self._guard = threading.Lock()
        self._waiting: list[Worker] = []
        self._busy: set[Worker] = set()
        self._context: Any = quiet_context(registry().problems.loaded) or multiprocessing.get_context("spawn")
        self._lanes = ThreadPoolExecutor(jobs, thread_name_prefix="qmectk-run")

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Run a task; the result has a status and a reason.

        The future raises InputError only, when the system starts no process.
        """
        return self._lanes.submit(self._run, task, self.generation)

    def _run(self, task: Task, generation: int) -> dict[str, Any]:
        worker = self._worker(task, generation)
        if worker is None:
            return {**failed_row(LOST, "the workers were ended"), "generation": generation}
        outcome = worker.run(task, self.payloads)
        with self._guard:
            self._busy.discard(worker)
            ended = generation != self.generation or self.closed
            if not (ended or worker.spent or worker.runs >= RUNS_A_WORKER):
                self._waiting.append(worker)
                return outcome
        died = worker.spent and outcome["status"] == "crashed"
        worker.end()
        if ended and died:
            return {**failed_row(LOST, "the workers were ended"), "generation": generation}
        return outcome

    def _worker(self, task: Task, generation: int) -> Worker | None:
        """A worker of this contender's own; None when the workers have been ended meanwhile."""
        contender = (task.kind in ("reference", "bound"), *task.contender[1:])
        with self._guard:
            if generation != self.generation or self.closed:
                return None
            for worker in reversed(self._waiting):
                if worker.contender == contender:
                    self._waiting.remove(worker)
                    self._busy.add(worker)
                    return worker
            surplus: list[Worker] = []
            while self._waiting and (len(self._waiting) >= MOST_WAITING or (not surplus and _memory_is_short())):
                surplus.append(self._waiting.pop(0))
        for worker in surplus:
            worker.end()
        made = Worker(self._context, contender, self.folder.name, self.threads)
        with self._guard:
            if generation == self.generation and not self.closed:
                self._busy.add(made)
                return made
        made.end()
        return None

    def restart(self) -> None:
        """New workers; every task that has not ended ends as lost."""
        with self._guard:
            self.generation += 1
        self._end_all()

    def _end_all(self) -> None:
        with self._guard:
            waiting, self._waiting = self._waiting, []
            busy = list(self._busy)
        for worker in waiting:
            worker.end()
        for worker in busy:
            worker.process.kill()  # the thread that waits for it ends it

    def close(self) -> None:
        """End all workers, what they have started, and what they left."""
        if self.closed:
            return
        with self._guard:
            self.closed = True
        self._end_all()
        self._lanes.shutdown(wait=True, cancel_futures=True)
        self.folder.cleanup()


def _memory_is_short() -> bool:
    import psutil

    memory = psutil.virtual_memory()
    return bool(memory.available < FREE_MEMORY * memory.total)
