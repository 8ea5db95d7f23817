"""Preloaded by the server that workers are forked from: it and its children print nothing while they start.

When a study ends while a worker starts (Ctrl-C), the worker finds its pipes and locks closed; a server that may open no
more files finds none in a request. Either would print a traceback on the user's terminal, although the caller gets the
error anyway. From its first run on a worker writes its output to a file (:class:`.surroundings.Output`); until then the
output is discarded, unless QMECTK_DEBUG is set.
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
