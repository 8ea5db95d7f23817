"""Loaded by the server that workers are forked from, and by nobody else: it and its children start without a word.

A worker that is starting while the study ends (Ctrl-C) finds the pipes and locks it was promised gone, and a server
that may open no more files finds none in a request: either would print a traceback on the user's terminal, and who
asked is told anyway. From its first run on a worker's output goes to a file of its own
(:class:`.surroundings.Output`); until then it goes nowhere, unless QMECTK_DEBUG is set.
"""

from __future__ import annotations

import contextlib
import os

from ..errors import debugging


def _hush() -> None:
    with contextlib.suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)


def _warm() -> None:
    """Load what numba loads before it runs its first function: every worker would take half a second for it."""
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


_warm()
if not debugging():
    _hush()
