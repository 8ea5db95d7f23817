"""A temporary folder that does not stay behind when its process is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

#: How the folders begin, and the file in each that its process holds a lock on while it lives.
PREFIX, LOCK = "qmectk-workers-", "owner.lock"


class Scratch:
    """A folder of this process, made now; those of processes that were killed are removed.

    Attributes
    ----------
    name
        Its path.
    """

    def __init__(self) -> None:
        sweep()
        self.name = tempfile.mkdtemp(prefix=PREFIX)
        made = Path(self.name) / f"{LOCK}.new"
        self._lock = os.open(made, os.O_RDWR | os.O_CREAT, 0o600)
        _locked(self._lock)
        made.rename(made.with_name(LOCK))  # no other process finds it before it is locked

    def cleanup(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            os.close(self._lock)
        shutil.rmtree(self.name, ignore_errors=True)


def sweep() -> None:
    """Remove what killed processes of this user have left. The kernel says who lives: it holds their locks."""
    if sys.platform == "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            handle = os.open(folder / LOCK, os.O_RDWR)
        except OSError:  # it is gone, or being made at this moment
            continue
        try:
            if _locked(handle):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)


def _locked(handle: int) -> bool:
    """Whether the lock on an open file could be had."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
