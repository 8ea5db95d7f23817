"""The end of a time limit, for code that does not look at the clock.

A backend reads its budget. What it calls on the way mostly cannot: a declaration, a lowering, a model that a library
builds, the score of a view. :func:`limited` ends such code where it is, by an exception that a timer of the kernel
raises between two steps of Python. A call of compiled code is ended when it returns, so long ones are made in pieces.

Imports are not cut, as half a module stays broken for the rest of the process: what runs after them is. Nor is what
numba does in this process; under a limit it compiles in another one (:mod:`qmectk.compiling.compiled`).
"""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

#: Seconds after which the exception is raised again where something swallowed it, and by which an import or a
#: compilation puts it off again and again: what it was needed for has a moment to say something then.
AGAIN, WAITING = 0.2, 0.2

#: What the exception says.
EXPIRED = "the time limit ended it"

#: Said where an import put the end off.
IMPORTING = "packages were imported, which nothing cuts short"

#: The alarm is set to this for "now" [s]: 0 would be none, and less than a function takes to return strikes within it.
AT_ONCE = 5e-5


class Expired(BaseException):
    """The time is up. No ``Exception``: what passes over those must not pass over it.

    Attributes
    ----------
    meanwhile
        What went on when it ended, where that is not the fault of who was ended; one clause, "" otherwise.
    """

    meanwhile: str = ""


class _Deadline:
    """One call of :func:`limited`: when it ends, on the clock of ``time.perf_counter``, and how many alarms it got."""

    def __init__(self, seconds: float) -> None:
        self.at = time.perf_counter() + seconds
        self.alarms = 0
        self.meanwhile = ""  # what put its end off

    def start(self) -> None:
        if not _running:
            _before.append((signal.signal(signal.SIGALRM, _ring), sys.unraisablehook))
            sys.unraisablehook = _unraisable
        _running.append(self)
        _wind()

    def stop(self) -> None:
        """Forget it, and whatever was started within it; nothing happens the second time."""
        if self in _running:
            del _running[_running.index(self) :]
            _wind()
            if not _running:
                heard, hook = _before.pop()
                signal.signal(signal.SIGALRM, heard)
                if sys.unraisablehook is _unraisable:
                    sys.unraisablehook = hook


#: Calls that are running, the outermost first; who heard of the alarm before, and of what could not be raised.
_running: list[_Deadline] = []
_before: list[Any] = []

#: How many blocks that must not be cut a thread is in.
_held = threading.local()

#: What this process waits for, on any of its threads, that is not the fault of who is ended: one clause each.
_waiting_for: list[str] = []

#: Of a thread: when the time is up of whom it helps, and until when it waits for what others do.
_helped = threading.local()
_waits = threading.local()


def limited(seconds: float, function: Callable[[], T]) -> T:
    """What `function` returns, when it ends within `seconds`.

    Calls may be nested; the innermost one whose time is up is ended first. Without an alarm nothing is cut: outside the
    main thread, on systems that have none, and where the process uses it for something else.

    Raises
    ------
    Expired
        When its time, or that of a call around it, is up.
    """
    if math.isinf(seconds) or not _free():
        return function()
    mine, done = _Deadline(seconds), []
    try:
        try:
            mine.start()
            done.append(function())
        finally:
            mine.stop()
    except Expired:
        mine.stop()
        if not done:  # else it came when all was done
            raise
    except KeyboardInterrupt as interrupt:
        if not mine.alarms:
            raise
        raise Expired(EXPIRED) from interrupt  # compiled code says so of any signal that ends it (minorminer)
    return done[0]


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Finish the block before this thread is interrupted at its limit."""
    hold()
    try:
        yield
    finally:
        release()


@contextlib.contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Whoever is ended meanwhile, here or by waiting for this thread, learns the reason; one clause."""
    _waiting_for.append(what)
    try:
        yield
    finally:
        _waiting_for.remove(what)


def hold() -> None:
    """Begin of :func:`held`, for what is no block."""
    _held.depth = getattr(_held, "depth", 0) + 1


def release() -> None:
    """End of :func:`held`."""
    _held.depth -= 1


def running() -> bool:
    """Whether a limit ends what this thread runs."""
    return bool(_running) if _is_main() else not math.isinf(_until())


def overdue() -> bool:
    """Whether this thread helps one whose time is up, as no alarm reaches it, or has waited long enough."""
    now = time.perf_counter()
    return now >= getattr(_waits, "until", math.inf) or (not _is_main() and now >= _until())


@contextlib.contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """Let the block wait so long at most for what other processes do for it, and be ended then."""
    before = getattr(_waits, "until", math.inf)
    _waits.until = min(before, time.perf_counter() + seconds)
    try:
        yield
    finally:
        _waits.until = before


def helping(function: Callable[..., T]) -> Callable[..., T]:
    """`function` for threads that work for this one, under the limits that run here."""
    until = min((one.at for one in _running), default=math.inf) if _is_main() else _until()
    waits = getattr(_waits, "until", math.inf)

    def helped(*arguments: Any) -> T:
        _helped.until, _waits.until = until, waits
        return function(*arguments)

    return helped


def _until() -> float:
    return float(getattr(_helped, "until", math.inf))


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _free() -> bool:
    """Whether the alarm can be used here."""
    if not hasattr(signal, "setitimer") or not _is_main():
        return False
    if _running:
        return signal.getsignal(signal.SIGALRM) is _ring
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0.0


def _wind() -> None:
    """Set the alarm for the next that is due; those that got an alarm get another later."""
    now = time.perf_counter()
    waits = [max(one.at - now, AGAIN if one.alarms else AT_ONCE) for one in _running]
    signal.setitimer(signal.ITIMER_REAL, min(waits, default=0.0))


def _ring(number: int, frame: FrameType | None) -> None:
    """The alarm's handler: end the innermost call that is due and got the fewest alarms."""
    if frame is not None and frame.f_code is _unraisable.__code__:  # what is raised there is printed
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        return
    del _running[_calls(frame) :]  # those are over, and got one more alarm while they ended
    now = time.perf_counter()
    due = [one for one in reversed(_running) if one.at <= now]
    depth: int = getattr(_held, "depth", 0)
    importing = bool(due) and _importing(frame)
    if due and (depth > 0 or importing):
        for one in due:
            one.at = now + WAITING
            one.meanwhile = IMPORTING if importing else one.meanwhile
        _wind()
    elif due:
        ended = min(due, key=lambda one: one.alarms)
        ended.alarms += 1
        _wind()
        end = Expired(EXPIRED)
        end.meanwhile = next(iter(_waiting_for), ended.meanwhile)
        raise end
    else:
        _wind()


def _unraisable(what: Any) -> None:
    """Python prints what is raised in destructors and callbacks, and goes on: say nothing, and end what goes on.

    An alarm would come while the next destructor runs where code does little else but make such objects. So the line
    that is next is traced, as debuggers do, unless one is at work.
    """
    if not issubclass(what.exc_type, Expired):
        _before[-1][1](what)
    elif sys.gettrace() is None:
        sys._getframe(1).f_trace = _end_here
        sys.settrace(lambda *_: None)  # which enables it, and traces nothing else
    else:
        signal.setitimer(signal.ITIMER_REAL, AT_ONCE)


def _end_here(frame: FrameType, event: str, argument: Any) -> Any:
    """Ring before the next line."""
    sys.settrace(None)
    frame.f_trace = None
    _ring(signal.SIGALRM, frame)


def _calls(frame: FrameType | None) -> int:
    """How many calls of :func:`limited` a frame is in."""
    calls = 0
    while frame is not None:
        calls += frame.f_code is limited.__code__
        frame = frame.f_back
    return calls


def _importing(frame: FrameType | None) -> bool:
    """Whether an import has begun since the innermost call of :func:`limited`."""
    while frame is not None and frame.f_code is not limited.__code__:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


__all__ = ["Expired", "held", "helping", "hold", "impatient", "limited", "overdue", "release", "running", "waiting_for"]
