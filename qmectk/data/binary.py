"""One array out of a .npy, .npz or .mat file: kind and size are read before anything is allocated."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from qmectk.names import nearest

from .numbers import check_kind

#: Largest array, in bytes: as large as the largest file that is read.
MAX_ARRAY = 1_000_000_000

#: MATLAB classes that are no arrays of numbers, and what to save instead.
_CLASSES = {
    "struct": "a struct; save its field as a matrix",
    "cell": "a cell array; save cell2mat of it",
    "sparse": "a sparse matrix; save full() of it",
    "char": "text; save numbers",
    "logical": "true and false instead of numbers; save double() of it",
    "function": "a function; save numbers",
    "object": "an object; save numbers",
    "opaque": "an object (a table or a string, perhaps); save a matrix",
}


def pick(names: Iterable[str], variable: str | None, name: str, usual: str | None = None) -> str:
    """The array called `variable`; without a name the only one there is, or the `usual` one of several.

    Raises
    ------
    ValueError
        In one sentence that lists the arrays of the file.
    """
    known = list(names)
    listed = ", ".join(sorted(known))
    if not known:
        raise ValueError(f"{name} holds no arrays")
    if variable is None:
        if len(known) == 1:
            return known[0]
        if usual in known:
            return str(usual)
        raise ValueError(f"{name} holds several arrays; set 'variable' to one of {listed}")
    if variable not in known:
        hint = nearest(variable, known)
        raise ValueError(
            f"{name} has no array '{variable}'; " + (f"did you mean '{hint}'?" if hint else f"it has {listed}")
        )
    return variable


def from_npy(file: IO[bytes], name: str, variable: str | None, usual: str | None) -> Any:
    """The array of a .npy file."""
    if variable is not None:
        raise ValueError(f"{name} holds one array, so it has no 'variable'")
    return _array(file, os.fstat(file.fileno()).st_size, name)


def from_npz(file: IO[bytes], name: str, variable: str | None, usual: str | None) -> Any:
    """One array of a .npz file; the others are not unpacked."""
    with zipfile.ZipFile(file) as archive:
        members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        entry = members[pick(members, variable, name, usual)]
        if entry.file_size > MAX_ARRAY:  # a small archive can unpack to anything
            raise ValueError(f"{name} unpacks to more than {MAX_ARRAY // 1_000_000} MB")
        with archive.open(entry) as member:
            return _array(member, entry.file_size, name)


def _array(file: IO[bytes], size: int, name: str) -> Any:
    version = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject:  # these numpy would unpickle; other kinds are told apart by the caller
        check_kind(np.dtype(object), name)
    claimed = math.prod(shape) * dtype.itemsize
    held = size - file.tell()
    if claimed > held:
        raise ValueError(f"{name} claims an array of shape {shape}, {claimed:,} bytes, and holds {max(held, 0):,}")
    file.seek(0)
    return npy.read_array(file, allow_pickle=False)


def from_mat(file: IO[bytes], name: str, variable: str | None, usual: str | None) -> Any:
    """One matrix of a MATLAB file up to version 7.2."""
    from scipy.io import loadmat, whosmat

    try:
        known = {found: (shape, kind) for found, shape, kind in whosmat(file)}
    except Exception as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{name} cannot be read as a MATLAB file up to version 7.2 ({why[:200]})") from error
    file.seek(0)
    chosen = pick(known, variable, name, usual)
    shape, kind = known[chosen]
    if kind in _CLASSES:
        raise ValueError(f"{name}: '{chosen}' is {_CLASSES[kind]}")
    if math.prod(shape) * 8 > MAX_ARRAY:
        raise ValueError(f"{name}: '{chosen}' claims the shape {shape}, more than {MAX_ARRAY // 1_000_000} MB")
    return np.asarray(loadmat(file, variable_names=[chosen])[chosen])
