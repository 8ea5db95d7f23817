"""One array out of a .npy or .npz file: kind and size are read before anything is allocated."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from .numbers import check_kind
from .pick import MAX_ARRAY, pick


def from_npy(file: IO[bytes], name: str, variable: str | None, usual: Sequence[str]) -> Any:
    """The array of a .npy file."""
    if variable is not None:
        raise ValueError(f"{name} holds one array, so it has no 'variable'")
    return _array(file, os.fstat(file.fileno()).st_size, name)


def from_npz(file: IO[bytes], name: str, variable: str | None, usual: Sequence[str]) -> Any:
    """One array of a .npz file; the others are not unpacked."""
    with zipfile.ZipFile(file) as archive:
        members = _members(archive)
        entry = members[pick(members, variable, name, usual)]
        if entry.file_size > MAX_ARRAY:  # a small archive can unpack to anything
            raise ValueError(f"{name} unpacks to more than {MAX_ARRAY // 1_000_000} MB")
        with archive.open(entry) as member:
            return _array(member, entry.file_size, name)


def names_in_npz(file: IO[bytes], name: str) -> list[str]:
    """Names of the arrays of an .npz file."""
    with zipfile.ZipFile(file) as archive:
        return list(_members(archive))


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}


def _array(file: IO[bytes], size: int, name: str) -> Any:
    version = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject:  # these numpy would unpickle; other kinds are distinguished by the caller
        check_kind(np.dtype(object), name)
    claimed = math.prod(shape) * dtype.itemsize
    held = size - file.tell()
    if claimed > held:
        raise ValueError(f"{name} claims an array of shape {shape}, {claimed:,} bytes, and holds {max(held, 0):,}")
    file.seek(0)
    return npy.read_array(file, allow_pickle=False)
