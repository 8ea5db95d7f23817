"""How long a case may compute, and how much memory it may take."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from types import FrameType

from qmectk.timing import deadline

#: CPU seconds of one case. The commands state time limits of a second; building and measuring is on top.
MOST_CPU = 10.0

#: Bytes of private memory of a process that tries cases: numba and torch alone map about 2 GB.
MOST_MEMORY = 6_000_000_000


class Hang(BaseException):
    """A case that computes longer than it may. No ``except Exception`` catches it."""


class Watch:
    """Whether the alarm went off, also where the code under test swallowed it."""

    hung = False


@contextlib.contextmanager
def limited(seconds: float = MOST_CPU) -> Iterator[Watch]:
    """Raise :class:`Hang` in the block after so many CPU seconds, and again every second after that."""
    watch = Watch()

    def stop(number: int, frame: FrameType | None) -> None:
        if getattr(deadline._held, "depth", 0):  # half a function compiled stays broken: it rings again in a second
            return
        watch.hung = True
        raise Hang(f"more than {seconds:g} s of CPU")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield watch
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def bound_memory() -> None:
    """Have allocations beyond :data:`MOST_MEMORY` fail instead of taking the machine down."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def peak_bytes() -> int:
    """Most memory that this process has had in use so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
