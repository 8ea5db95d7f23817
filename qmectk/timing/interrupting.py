"""What Ctrl-C does while something runs that must not be cut in half.

The first Ctrl-C raises KeyboardInterrupt wherever Python happens to be. In the middle of an import of compiled code it
then surfaces as an error of that code, or is printed and forgotten; between two statements it can cut a slot in half.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from .deadline import held


class Stop:
    """Whether the user pressed Ctrl-C. It is the handler of SIGINT meanwhile."""

    def __init__(self, usual: Callable[..., Any], postpone: bool) -> None:
        self.presses = 0
        self._usual, self._postpone = usual, postpone

    @property
    def requested(self) -> bool:
        """Whether it was pressed at all."""
        return self.presses > 0

    def __call__(self, number: int, frame: Any) -> None:
        """Note the first one, and do what is usual; if it can wait, only from the second on."""
        waits = self._postpone and not self.requested
        self.presses += 1
        if not waits:
            self._usual(number, frame)

    def check(self) -> None:
        """Raise KeyboardInterrupt when a stop was asked for."""
        if self.requested:
            raise KeyboardInterrupt

    def deliver(self) -> None:
        """Do now what is usual, when a stop was asked for: KeyboardInterrupt, unless an outer block lets it wait."""
        if self.requested:
            self._usual(signal.SIGINT, None)


#: Blocks that notice Ctrl-C, the innermost one last.
_around: list[Stop] = []


@contextlib.contextmanager
def _handling(postpone: bool) -> Iterator[Stop]:
    usual = signal.getsignal(signal.SIGINT)
    ours = usual is signal.default_int_handler or isinstance(usual, Stop)
    stop = Stop(usual if ours and callable(usual) else signal.default_int_handler, postpone)
    if threading.current_thread() is not threading.main_thread() or not ours:
        yield stop  # another handler decides what Ctrl-C means
        return
    signal.signal(signal.SIGINT, stop)
    _around.append(stop)
    try:
        yield stop
    finally:
        _around.remove(stop)
        signal.signal(signal.SIGINT, usual)


def postponed() -> contextlib.AbstractContextManager[Stop]:
    """Let the block ask when it may stop: the first Ctrl-C is noted only, the second one is immediate.

    Elsewhere than in the main thread, and where a program has a SIGINT handler of its own, nothing changes.
    """
    return _handling(postpone=True)


def noticed() -> contextlib._GeneratorContextManager[Stop]:
    """Know afterwards whether Ctrl-C was pressed, whatever the code inside made of it. Nothing else changes."""
    return _handling(postpone=False)


def watching() -> Stop | None:
    """The innermost block that notices Ctrl-C, where this runs in one."""
    return _around[-1] if _around and threading.current_thread() is threading.main_thread() else None


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Finish the block before the first Ctrl-C does what is usual, and before a time limit ends it."""
    with postponed() as stop, held():
        yield
    stop.deliver()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Start processes in the block: Ctrl-C waits here until they are started, and in them for :func:`interruptible`.

    Python prints a traceback where it is interrupted while it loads itself.
    """
    with undisturbed(), contextlib.ExitStack() as stack:
        if hasattr(signal, "pthread_sigmask"):
            from multiprocessing import resource_tracker

            resource_tracker.ensure_running()  # it would take the mask off when it starts
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
        yield


def interruptible() -> None:
    """Let Ctrl-C through to this process, also one that was pressed while it was held back."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
