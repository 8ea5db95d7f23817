"""What code of others leaves behind in the process of a command: threads, destructors and callbacks.

Python prints tracebacks of what is raised there, after the answer or in the middle of it, and waits for threads without
an end. Here each failure is one sentence, and who still runs when the command is done is not waited for long.
"""

from __future__ import annotations

import atexit
import contextlib
import sys
import threading
from types import TracebackType
from typing import Any

from qmectk.errors import described

from .failures import Session, say
from .interruption import leave

#: Seconds that threads have to end by themselves when the command is done.
GRACE = 1.0


def report_uncaught(session: Session) -> None:
    """From now on until the process ends, say what is raised where it cannot be caught; once each."""
    printed: set[str] = set()

    def tell(what: str, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be half gone
            text = f"Warning: {what}{_of(trace)} failed: {described(error) if error else 'it does not say why'}"
            if text not in printed:
                printed.add(text)
                say(text)

    def unraisable(found: Any) -> None:
        tell("a destructor or callback", found.exc_value, found.exc_traceback)

    def in_thread(found: Any) -> None:
        if not issubclass(found.exc_type, SystemExit):
            tell("a thread", found.exc_value, found.exc_traceback)

    if not session.debug:
        sys.unraisablehook, threading.excepthook = unraisable, in_thread


def _of(trace: TracebackType | None) -> str:
    """Whose code it is: the module where it was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" of '{trace.tb_frame.f_globals.get('__name__', '?')}'"


def end_stray_threads(code: int) -> None:
    """End the process with `code` in a while, if threads that are no daemons keep it from ending by itself."""
    main = threading.main_thread()
    if not any(one is not main and not one.daemon for one in threading.enumerate()):
        return

    def end() -> None:
        names = ", ".join(one.name for one in threading.enumerate() if one is not main and not one.daemon)
        say(f"Warning: threads that still ran were ended: {names}")
        leave(code)

    timer = threading.Timer(GRACE, end)
    timer.daemon = True
    atexit.register(timer.cancel)  # what is registered last is called first, once all threads have ended
    timer.start()
