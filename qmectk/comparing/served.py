"""Loaded by the server that workers are forked from, and by nobody else: its children start without a word.

A worker that is starting while the study ends (Ctrl-C) finds the pipes and locks it was promised gone, and would
print a traceback on the user's terminal. From its first run on a worker's output goes to a file of its own
(:class:`.surroundings.Output`); until then it goes nowhere, unless QMECTK_DEBUG is set.
"""

from __future__ import annotations

import os

from ..errors import debugging

_SERVER = os.getpid()


def _hush() -> None:
    """In a new child of the server; not in what a backend forks later."""
    if os.getppid() != _SERVER:
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


if not debugging():
    os.register_at_fork(after_in_child=_hush)
