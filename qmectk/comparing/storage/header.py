"""What a file says it is, read from its first bytes before anything is opened as a database."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from ...errors import InputError
from ...files.storage import check_kept

#: "QMEC" in the header of the file; says whose database it is.
APPLICATION = 0x514D4543
#: Raised by one whenever the tables change.
VERSION = 5
#: What to do about a damaged store.
DAMAGED = "restore a copy, or move it away and run the study again"

#: Bytes of a file name, with room for the endings of the files that SQLite puts beside it.
LONGEST_NAME = 240

_HEADER = b"SQLite format 3\0"


def fresh_or_ours(path: Path, create: bool) -> bool:
    """Whether the file is new; InputError when it is anything but new or a store of qmectk."""
    if "\0" in str(path):
        raise InputError("the name of the store has a null character", "name another file")
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise InputError(f"the name of the store has more than {LONGEST_NAME} bytes", "give it a shorter name")
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder", "name a file in it")
        check_kept(path, "a store")
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        if not create:
            raise InputError(f"there is no store {path}", "'qmectk compare ... --store FILE.db' makes one") from None
        folder = Path(os.path.realpath(path)).parent  # SQLite follows links, too
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}", "create it first") from None
        return True
    except OSError as error:
        raise InputError(f"cannot read the store {path}: {error.strerror}") from error
    if not header:
        if not create:
            raise InputError(f"{path} is empty, and no store of qmectk")
        return True
    if not header.startswith(_HEADER) or len(header) < 72:
        raise InputError(f"{path} is not a store of qmectk", "name another file; this one was left untouched")
    version, application = struct.unpack(">I", header[60:64])[0], struct.unpack(">I", header[68:72])[0]
    if application != APPLICATION:
        raise InputError(f"{path} is a database of another program", "name another file; this one was left untouched")
    if version < 1:
        raise InputError(f"the store {path} is damaged (its version is {version})", DAMAGED)
    if version > VERSION:
        raise InputError(f"the store {path} was written by a newer qmectk", "update qmectk to use it")
    return False
