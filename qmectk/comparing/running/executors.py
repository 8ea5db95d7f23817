"""Running tasks in other processes and machines: any concurrent.futures executor, and Dask clusters through theirs.

Wherever a task arrives, it runs in a worker process of its own there, as it would here: the process that received
it only waits. So a crash takes nothing with it, results are those of local runs, and threads are as good as
processes.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import multiprocessing
import multiprocessing.util
import sys
import threading
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from ...errors import InputError, MissingPackage, described
from ...extending.installed import installed
from ...plugins import registry
from .outcome import failed_row
from .pool import LOST, Pool
from .runs import Task
from .surroundings import versions

#: Seconds beyond every deadline until a worker is given up, and in which a scheduler answers.
SLACK, ANSWERS_WITHIN = 10.0, 10.0

_local = threading.local()
_opened: list[tuple[str, Pool]] = []


def isolated(task: Task, payloads: Mapping[str, bytes], identity: str) -> dict[str, Any]:
    """Run a task in a worker process that belongs to the calling thread."""
    pool: Pool | None = getattr(_local, "pool", None)
    if pool is None or pool.closed or _local.identity != identity:
        if pool is not None:
            pool.close()
        with _allowed_children():
            pool = Pool(1, payloads, task.limits.threads)
        _local.pool, _local.identity = pool, identity
        _opened.append((identity, pool))
        # a process that a caller's executor started waits for its children before it runs its exit functions
        multiprocessing.util.Finalize(None, _close_pools, exitpriority=100)
    patience = task.limits.patience
    with _allowed_children():
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                outcome = pool.submit(task).result(None if patience is None else 2 * patience + SLACK)
                if outcome["status"] != LOST:
                    return outcome
            pool.restart()
    return failed_row("crashed", "its worker process could not be kept")


@atexit.register
def _close_pools(identity: str | None = None) -> None:
    """Close the pools of this process, or those of one study."""
    for entry in [entry for entry in _opened if identity in (None, entry[0])]:
        _opened.remove(entry)
        with contextlib.suppress(Exception):
            entry[1].close()


@contextlib.contextmanager
def _allowed_children() -> Iterator[None]:
    """Let a daemonic process (a Dask worker under its nanny) have children; ours end with their parent anyway."""
    config = getattr(multiprocessing.current_process(), "_config", {})
    daemon = config.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            config["daemon"] = daemon


class Elsewhere:
    """Tasks through an executor of the caller's.

    Parameters
    ----------
    executor
        Anything with ``submit(function, *arguments) -> concurrent.futures.Future``.
    jobs
        Tasks it runs at the same time, as far as one can tell.
    """

    def __init__(self, executor: Any, jobs: int, payloads: Mapping[str, bytes]) -> None:
        self.executor, self.jobs, self.payloads = executor, jobs, dict(payloads)
        # workers of another study have other problems, threads and environments, even if the caller keeps the executor
        self.identity = uuid.uuid4().hex

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Run a task; the future never raises."""
        out: Future[dict[str, Any]] = Future()
        out.set_running_or_notify_cancel()
        try:
            inner = self.executor.submit(isolated, task, self.payloads, self.identity)
        except Exception as error:
            raise InputError(f"the executor takes no more work ({described(error)})") from error

        def done(future: Any) -> None:
            try:
                out.set_result(future.result())
            except BaseException as error:  # the machine was lost, or the executor
                out.set_result(failed_row(LOST, f"its worker was lost ({described(error)})"))

        inner.add_done_callback(done)
        return out

    @property
    def generation(self) -> None:
        """Executors are never started anew."""

    def restart(self) -> None:
        """Nothing to be done about other people's workers."""

    def close(self) -> None:
        """The executor belongs to the caller; worker processes that its threads have here do not."""
        _close_pools(self.identity)


def environment_of(backends: Sequence[str]) -> dict[str, str]:
    """Versions of Python and of what these backends come with and need, as far as they are here."""
    found = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in backends:
        backend = registry().backends.get(name)
        if backend is not None:
            found |= {f"backend '{name}' of": registry().origin[name], **json.loads(versions(backend))}
    return found


class Cluster(Elsewhere):
    """Tasks on a Dask cluster.

    Parameters
    ----------
    address
        Of the scheduler ("tcp://host:8786").
    backends
        Names of the registered backends that its workers must have, in the versions that are here.
    """

    def __init__(self, address: str, payloads: Mapping[str, bytes], backends: Sequence[str]) -> None:
        if not installed("distributed"):
            raise MissingPackage("a cluster needs dask and distributed", "run: pip install 'qmectk[cluster]'")
        from distributed import Client

        try:
            with warnings.catch_warnings():  # what differs between workers and here is said below, in one sentence
                warnings.simplefilter("ignore")
                self.client = Client(address, timeout=ANSWERS_WITHIN, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"there is no Dask scheduler at {address}",
                "start one with 'dask scheduler' and workers with 'dask worker'",
            ) from error
        cores = sum(self.client.ncores().values())
        try:
            if cores == 0:
                raise InputError(f"the cluster at {address} has no workers", f"start one with 'dask worker {address}'")
            self._check_alike(backends)
        except InputError:
            self.client.close()
            raise
        # a task is not a pure function of its arguments: its times are measured
        executor = self.client.get_executor(pure=False, retries=0)
        super().__init__(executor, cores, payloads)

    def _check_alike(self, backends: Sequence[str]) -> None:
        """Refuse workers on which the same run could be another one.

        Raises
        ------
        InputError
            Naming the first difference, or that qmectk cannot be imported there.
        """
        here = environment_of(backends)
        remedy = "install the same versions there, for example from a common constraints file"
        try:
            there = self.client.run(environment_of, backends)
        except Exception as error:  # whatever unpickling raises on a machine that is not ours
            raise InputError(f"a worker of the cluster cannot load qmectk ({described(error)})", remedy) from error
        for worker, found in there.items():
            for name, version in here.items():
                if found.get(name) != version:
                    theirs = found.get(name, "missing")
                    raise InputError(f"the worker {worker} has {name} {theirs}, and here it is {version}", remedy)

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        with contextlib.suppress(Exception):
            self.executor.shutdown(wait=False)
        with contextlib.suppress(Exception):
            self.client.close()


def jobs_of(executor: Executor) -> int:
    """How many tasks an executor runs at the same time, as far as one can tell."""
    return int(getattr(executor, "_max_workers", None) or 4)
