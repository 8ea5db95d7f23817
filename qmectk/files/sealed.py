"""Arrays in one file that says whether it is what was written: an .npz archive with a SHA-256 of its content.

Nothing in it can run code. Caches and checkpoints are written and read here; whatever happens to such a file on the
way, reading it gives back what was written or raises one error.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from .intake import opened

#: Largest archive read, and most that it may unpack to, in bytes.
LARGEST = 4_000_000_000

#: Name of the entry that holds the digest.
_SEAL = "sha256"


class Damaged(ValueError):
    """A file that is not what was written; says how."""


def seal(arrays: Mapping[str, Any], *, compressed: bool = False) -> bytes:
    """The content of a sealed archive. No array may be called ``sha256``."""
    buffer = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    content: dict[str, Any] = {**arrays, _SEAL: np.array(_digest(arrays))}
    save(buffer, **content)
    return buffer.getvalue()


def unseal(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a sealed archive by name.

    Raises
    ------
    Damaged
        When it is anything but what :func:`seal` made: truncated, altered, of another program, or no file at all.
    """
    try:
        with opened(path, LARGEST) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to say is said below
            with zipfile.ZipFile(file) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                    raise Damaged("it unpacks to more than 4 GB")
            file.seek(0)
            with np.load(file, allow_pickle=False) as stored:
                arrays = {name: np.asarray(stored[name]) for name in stored.files}
        kept = arrays.pop(_SEAL, None)
        if kept is None or str(kept) != _digest(arrays):
            raise Damaged("its content is not what was written")
    except Damaged:
        raise
    except InputError as error:
        raise Damaged(str(error)) from error
    except Exception as error:  # a file that lies about itself breaks a reader in any way, MemoryError included
        raise Damaged(f"it cannot be read: {' '.join(str(error).split())[:200] or type(error).__name__}") from error
    return arrays


def _digest(arrays: Mapping[str, Any]) -> str:
    found = hashlib.sha256()
    for name, value in sorted(arrays.items()):
        array = np.ascontiguousarray(value)
        found.update(json.dumps([name, array.dtype.str, np.shape(value)]).encode())
        found.update(array.tobytes())
    return found.hexdigest()
