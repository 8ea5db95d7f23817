"""Why a store cannot be written: no space, no disk, no permission, another process; in sentences."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ...errors import InputError

#: What SQLite says when a file cannot be written, in a sentence with the remedy.
UNWRITABLE = {
    sqlite3.SQLITE_FULL: ("there is no space left for the store {}", "free some and give the same command again"),
    sqlite3.SQLITE_IOERR: ("the store {} cannot be written any more", "see whether its disk is full or gone"),
    sqlite3.SQLITE_BUSY: ("another process has been writing to the store {} for too long", "try again when it is done"),
    sqlite3.SQLITE_READONLY: ("no permission to write into {}", "copy it to a folder that can be written"),
    sqlite3.SQLITE_CANTOPEN: ("the store {} cannot be written", "copy it to a folder that can be written"),
}


def is_unwritable(error: Exception) -> bool:
    """Whether the file or its folder is in the way, and not its content."""
    return _code(error) in UNWRITABLE


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process is at the file, which passes."""
    return _code(error) == sqlite3.SQLITE_BUSY


def unwritable(path: Path, error: sqlite3.Error) -> InputError:
    """The error as one sentence with its remedy."""
    if not is_unwritable(error):
        return InputError(f"the store {path} cannot be written ({error})", "what was stored before is safe")
    message, remedy = UNWRITABLE[_code(error)]
    return InputError(message.format(path), f"{remedy}; what was stored before is safe")


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the lowest byte; the others say where it happened
