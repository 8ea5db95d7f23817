"""What surrounds a run: threads, deadline, memory, captured output, and the machine it ran on."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...backend import Backend
from ...plugins import registry

#: Variables that numerical libraries read when they are loaded.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)

#: Characters kept of what a backend prints.
KEPT_OUTPUT = 2000


class Threads:
    """The number of threads of numerical libraries: by environment for those to come, by call for those loaded."""

    def __init__(self, count: int) -> None:
        self.count = count
        for name in THREAD_VARIABLES:
            os.environ[name] = str(count)
        self.pin()

    def pin(self) -> None:
        """Pin what is loaded by now."""
        from threadpoolctl import threadpool_limits

        threadpool_limits(self.count)
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(self.count)


class Output:
    """stdout and stderr of this process, C code included, in a file named by its process id."""

    def __init__(self, folder: str) -> None:
        self.path = output_path(folder, os.getpid())
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self.attach()

    def attach(self) -> None:
        """Have everything printed from now on in the file, whatever the run before has closed or replaced."""
        for number in (1, 2):
            os.dup2(self._handle, number)
        sys.stdout = open(1, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        if os.fstat(self._handle).st_size:
            os.ftruncate(self._handle, 0)

    def text(self) -> str:
        """The end of what was printed since."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
        return tail(self.path)


def output_path(folder: str, pid: int) -> Path:
    """The file that a worker's output goes to."""
    return Path(folder) / f"{pid}.out"


def tail(path: Path) -> str:
    """The last characters of a file, "" when it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size == 0:
                return ""
            file.seek(max(0, size - KEPT_OUTPUT))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


@contextlib.contextmanager
def memory_limited(limit: int | None) -> Iterator[None]:
    """Let the process allocate at most `limit` bytes beyond what it holds now; more raises MemoryError.

    The limit is on address space (RLIMIT_AS), the one the kernel enforces on every allocation. It is lifted
    afterwards for the next run.
    """
    if limit is None or sys.platform == "win32":
        yield
        return
    import resource

    import psutil

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = psutil.Process().memory_info().vms + int(limit)
    if hard != resource.RLIM_INFINITY:
        allowed = min(allowed, hard)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
    try:
        yield
    except MemoryError:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        gc.collect()
        raise
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@functools.lru_cache(maxsize=1)
def machine() -> str:
    """The machine as JSON: cpu, cores, memory, os, python."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return json.dumps(
        {
            "cpu": _cpu(),
            "cores": cores,
            "memory": psutil.virtual_memory().total,
            "os": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
        }
    )


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@functools.lru_cache(maxsize=256)
def versions(backend: type[Backend]) -> str:
    """Versions of qmectk, numpy, of what the backend comes with and of what it requires, as JSON."""
    names = {"qmectk", "numpy", "scipy", registry().origin.get(backend.name) or "qmectk"}
    known = importlib.metadata.packages_distributions() if backend.requires else {}
    for module in backend.requires:
        names.update(known.get(module.split(".")[0], ()))
        names.add(module.replace(".", "-").replace("_", "-"))
    found: dict[str, Any] = {}
    for name in sorted(names):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return json.dumps(found)
