"""Whether there is memory for what is about to be made, in bytes, before anything is allocated."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from .errors import InputError

#: Bytes below which no check is made: it costs more than it can save.
UNASKED = 100_000_000

#: Share of the available memory that may be taken; the rest is for what is computed with it.
SHARE = 0.9

_CGROUP = Path("/sys/fs/cgroup")


def available() -> float:
    """Bytes that this process may still take: of the machine, of its control group, of its own limit (RLIMIT_AS).

    Infinite where the system does not say.
    """
    return max(0.0, min(_of_the_machine(), _of_the_group(), _of_the_process()))


def check_memory(needed: float, what: str) -> None:
    """Refuse what does not fit.

    Parameters
    ----------
    needed
        Bytes.
    what
        Who needs them, for the message ("p1 with 1000 frames").

    Raises
    ------
    InputError
        With the bytes needed and available.
    """
    if needed < UNASKED:
        return
    there = available()
    if needed > SHARE * there:
        raise InputError(f"{what} needs {_size(needed)} of memory and {_size(there)} are available", "make it smaller")


def _size(count: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count / 1e6:.3g} MB"


def _of_the_machine() -> float:
    for line in _text(Path("/proc/meminfo")).splitlines():
        if line.startswith("MemAvailable:"):
            return 1024.0 * int(line.split()[1])
    return math.inf


def _of_the_group() -> float:
    most, used = _text(_CGROUP / "memory.max").strip(), _text(_CGROUP / "memory.current").strip()
    if not most.isdecimal() or not used.isdecimal():
        return math.inf
    # pages of files that were read can be given up
    files = [
        line.split()[1] for line in _text(_CGROUP / "memory.stat").splitlines() if line.startswith("inactive_file ")
    ]
    return float(int(most) - int(used) + sum(map(int, files)))


def _of_the_process() -> float:
    if sys.platform == "win32":
        return math.inf
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    taken = _text(Path("/proc/self/statm")).split()[:1]
    if most == resource.RLIM_INFINITY or not taken:
        return math.inf
    return float(most - int(taken[0]) * resource.getpagesize())


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
