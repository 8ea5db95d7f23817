"""Loaded by the server that workers are forked from: what every worker needs, so that none takes time for it.

The server and its children print nothing while they start. When a study ends while a worker starts (Ctrl-C), the worker
finds its pipes and locks closed; a server that may open no more files finds none in a request. Either would print a
traceback on the user's terminal, although the caller gets the error anyway. From its first run on a worker writes its
output to a file (:class:`.surroundings.Output`); until then the output is discarded, unless QMECTK_DEBUG is set.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.metadata
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import debugging
from ...timing.interrupting import interruptible
from .forkserver import TARGETS

if TYPE_CHECKING:
    from ...plugins import Registry

#: What the environment of nearly every compiled function on disk names, or asks for of an array.
NAMED = ("numba.np.arrayobj", "numba.np.npyfuncs", "numba.cpython.mathimpl", "numpy.ma")

#: Characters of a problem file that are looked at for its family.
LOOKED_AT = 100_000


def _hush() -> None:
    with contextlib.suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)


def _ours() -> Registry:
    """qmectk's own plugins, light, of which every worker needs most. Nothing of others is run in this process."""
    from ...extending.foreign import GROUP
    from ...plugins import load, with_distributions

    found = importlib.metadata.entry_points(group=GROUP)
    return load(point for name, point in with_distributions(found) if name == "qmectk")


def load_families(targets: Iterable[str], ours: Registry) -> list[str]:
    """Load those of qmectk's own problem families that are named, by a file, a shipped problem or themselves."""
    found = [name for name in (_family(target, ours) for target in targets) if name in ours.problems]
    for name in found:
        for module in ours.problems[name].imported_late:
            importlib.import_module(module)
    return found


def _family(target: str, ours: Registry) -> str:
    try:
        path = Path(target) if Path(target).is_file() else ours.files.get(Path(target).stem)
        if path is None:
            return target
        with path.open(encoding="utf-8", errors="replace") as file:
            named = re.search(r"^problem: *[\"']?([\w-]+)", file.read(LOOKED_AT), re.MULTILINE)
    except (OSError, ValueError):  # the caller says what is wrong with it
        return ""
    return named[1] if named is not None else ""


if TARGETS in os.environ:  # only in the server
    if not debugging():
        _hush()
    interruptible()
    gc.disable()  # nothing of what is loaded becomes garbage, and to look for it takes a fifth of the time
    importlib.import_module("qmectk.comparing.running.worker")
    importlib.import_module("qmectk.compiling.compiled").prepare_to_load()
    for name in NAMED:
        importlib.import_module(name)
    # it looks for extensions at the first call of a function
    importlib.import_module("numba.core.entrypoints").init_all()
    load_families(json.loads(os.environ[TARGETS]), _ours())
    importlib.import_module("qmectk.comparing.running.surroundings").machine()
    gc.freeze()  # nor do workers look through it
    gc.enable()
