"""Ctrl-C between two slots.

An interrupt inside compiled code surfaces as an error of that code, and one between two statements can cut a slot in
half. So the first Ctrl-C only asks for a stop at the end of the slot; the second one is immediate.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Stop:
    """Whether somebody asked for a stop."""

    requested: bool = False

    def check(self) -> None:
        """Raise KeyboardInterrupt when a stop was asked for."""
        if self.requested:
            raise KeyboardInterrupt


@contextlib.contextmanager
def stop_between_slots() -> Iterator[Stop]:
    """Postpone the first Ctrl-C inside the block; elsewhere than in the main thread nothing changes."""
    stop = Stop()
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
        yield stop  # somebody else decides what Ctrl-C means
        return

    def ask(number: int, frame: Any) -> None:
        if stop.requested:
            raise KeyboardInterrupt
        stop.requested = True

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, usual)
