"""While a backend trains, another process compiles what will certify its answers: once on a machine.

Numba compiles one function at a time in a process, and training needs a processor of its own anyway. That it was done
is marked beside numba's code, so that both go when that folder is cleared. The other process goes on after Ctrl-C, as
what it makes is wanted by the next try.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ..backend import Backend
from ..files.storage import cache_folder
from ..instance import Instance
from ..timing.budget import just_in_time_ended, just_in_time_started
from ..version import __version__

#: What another process runs: it reads its path, and what to solve. Compilation takes less than the seconds after
#: which it ends (29 s for attention, the longest, on an idle machine): what takes longer is a hard instance.
PROGRAM = """import os, pickle, sys, threading
end = threading.Timer(120.0, os._exit, [1])
end.daemon = True
end.start()
sys.path[:] = pickle.load(sys.stdin.buffer)
from qmectk import solve
problem, certifier = pickle.load(sys.stdin.buffer)
solve(problem, certifier, reference=False)  # for what is kept on disk on the way
"""

#: Those that run: one for which no one waits any more is no leak.
_others: list[subprocess.Popen[bytes]] = []

#: Seconds between two looks at whether the other process has finished.
LOOK = 0.01


def begun(program: str, *requests: bytes) -> subprocess.Popen[bytes]:
    """Another process that runs a program, with pickles of this one to read. Ctrl-C is for this one."""
    command, nowhere = [sys.executable, "-c", program], subprocess.DEVNULL
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True)
    with contextlib.suppress(OSError), cast(IO[bytes], other.stdin) as pipe:
        pipe.write(b"".join(requests))
    _others[:] = [one for one in (*_others, other) if one.poll() is None]
    return other


@dataclass(frozen=True)
class Compiling:
    """Another process that compiles, and the file that says that it has."""

    other: subprocess.Popen[bytes]
    mark: Path

    def wait(self) -> None:
        """Wait for its end, which is charged as compilation. Where it failed this process compiles, and may say why."""
        just_in_time_started()
        try:
            while self.other.poll() is None:
                time.sleep(LOOK)
        finally:
            just_in_time_ended()
        with contextlib.suppress(OSError):
            self.mark.parent.mkdir(parents=True, exist_ok=True)
            self.mark.touch()


def compiling(instances: Sequence[Instance], certifier: type[Backend]) -> Compiling | None:
    """Begin to compile what certifies these instances; None where that was done, or cannot be done elsewhere."""
    problem = instances[0].problem
    if problem is None or type(problem).__module__ == "__main__":
        return None
    frames = min(len(instances), 2)  # two are a batch, which is other code
    about = [type(problem).__module__, problem.name, certifier.name, frames, __version__, sys.version, __file__]
    mark = _folder() / f"qmectk-{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]}.compiled"
    if mark.exists():
        return None
    try:
        request = pickle.dumps((problem.with_frames(frames), certifier.name))
    except Exception:  # a user's own problem may hold what cannot be pickled; any exception may say so
        return None
    return Compiling(begun(PROGRAM, pickle.dumps(sys.path), request), mark)


def _folder() -> Path:
    """Numba's folder for this package's code, or the user's cache where the package may not be written."""
    beside = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).parent / "__pycache__")
    return beside if os.access(beside, os.W_OK) else cache_folder()
