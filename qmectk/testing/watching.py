"""What surrounds a run, and how to see what the run does to it: output, generators, threads, processes."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import io
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Printed:
    """What appeared on standard output."""

    text: str = ""


@contextlib.contextmanager
def silenced() -> Iterator[Printed]:
    """Catch what Python and C code write to standard output, and keep warnings from becoming errors.

    Backends run here as they run for users, also where a test configuration turns warnings into errors.
    """
    printed, written = Printed(), io.StringIO()
    with tempfile.TemporaryFile() as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        saved = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            with contextlib.redirect_stdout(written):
                yield printed
        finally:
            _flush_c_streams()
            os.dup2(saved, 1)
            os.close(saved)
            file.seek(0)
            printed.text = written.getvalue() + file.read().decode(errors="replace")


def _flush_c_streams() -> None:
    with contextlib.suppress(Exception):  # no C library to ask on this platform
        ctypes.CDLL(None).fflush(None)


def random_states() -> dict[str, Any]:
    """The states of the global generators."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002  # the state that must stay as it is
    return {"numpy.random": (kind, np.asarray(keys).tobytes(), *rest), "random": random.getstate()}


def left_behind(threads: set[threading.Thread], before: set[int | None]) -> list[str]:
    """New threads that would keep the interpreter alive, and child processes, once they had time to end."""
    for attempt in range(20):
        new = [t for t in threading.enumerate() if t not in threads and t.is_alive() and not t.daemon]
        children = [p for p in multiprocessing.active_children() if p.pid not in before]
        if not new and not children:
            break
        if attempt == 0:
            gc.collect()  # the threads of an executor end when it is collected
        time.sleep(0.05)
    return [f"thread {t.name}" for t in new] + [f"process {p.name}" for p in children]
