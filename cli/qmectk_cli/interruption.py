"""Ctrl-C ends the command with one sentence and exit code 130, wherever Python happened to be."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

from qmectk.timing.interrupting import Stop, noticed

#: Seconds until an interruption that was swallowed is repeated: enough to leave the callback that swallowed it.
AGAIN_SECONDS = 0.05


@contextlib.contextmanager
def heeded(debug: bool) -> Iterator[Stop]:
    """Know whether Ctrl-C was pressed, and let it happen again where it was ignored.

    Callbacks of compiled code and destructors cannot raise: Python prints a KeyboardInterrupt there and goes on. What
    else they print because of it is left out unless debugging.
    """
    usual = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if debug or not stop.requested:
            usual(unraisable)
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            again = threading.Timer(AGAIN_SECONDS, _repeat)
            again.daemon = True
            again.start()

    with noticed() as stop:
        sys.unraisablehook = hook
        try:
            yield stop
        finally:
            sys.unraisablehook = usual


def _repeat() -> None:
    if hasattr(signal, "pthread_kill"):  # wakes it from sleeping, too
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def leave(code: int) -> NoReturn:
    """End the process with `code` after what was registered for its end, but without destructors.

    Those of objects that were being made when Ctrl-C came can crash (LLVM's do). And CPython remembers a
    KeyboardInterrupt that left code compiled from a string (the bodies of dataclasses and named tuples are such code)
    even when it was caught above it: ``python -m`` would end the process by SIGINT instead of with this code.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
