"""``read_array``: one array out of a .csv, .npy, .npz or .mat file, or one sentence that says what the file is."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..files.intake import opened
from .binary import from_npy, from_npz, names_in_npz
from .matlab import from_mat, names_in_mat
from .numbers import Numbers, check_kind
from .table import read_table

#: Endings of the files that are read.
ARRAYS = (".mat", ".npz", ".npy", ".csv")

#: Largest file read, in bytes: 10 million frames of 10 devices.
MAX_FILE = 1_000_000_000

_READERS = {".mat": from_mat, ".npz": from_npz, ".npy": from_npy}
_NAMES = {".mat": names_in_mat, ".npz": names_in_npz}

#: How files begin that are not what their name says, and what they are.
_BEGINNINGS = {
    b"version https://git-lfs": "a Git LFS pointer and not the data; fetch it with 'git lfs pull'",
    b"\x1f\x8b": "compressed by gzip; unpack it first",
    b"BZh": "compressed by bzip2; unpack it first",
    b"\xfd7zXZ\x00": "compressed by xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"\xd0\xcf\x11\xe0": "an Excel workbook; save the sheet as CSV",
    b"%PDF": "a PDF document; save the numbers as CSV",
    b"%%MatrixMarket": "a Matrix Market file; save it as CSV or .npy",
    b"PAR1": "a Parquet file; save it as CSV or .npy",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file; save it from MATLAB with '-v7', or as .npy",
    b"MATLAB 7.3": "a MATLAB 7.3 file (HDF5); save it with '-v7'",
    b"MATLAB 5.0 MAT-file": "a MATLAB file; its name must end in .mat",
    b"\x93NUMPY": "a numpy array; its name must end in .npy",
    b"PK\x03\x04": "a zip archive; of those only .npz files are read",
    b"PK\x05\x06": "a zip archive; of those only .npz files are read",
}
#: What a file of each kind begins with, where it is fixed.
_OWN = {".npy": b"\x93NUMPY", ".npz": b"PK", ".mat": b"MATLAB 5.0 MAT-file"}


def read_array(
    path: Path,
    *,
    variable: str | None = None,
    usual: Sequence[str] = (),
    columns: Sequence[int | str] | None = None,
    skip: int | None = None,
    expected: int | None = None,
    complex_remedy: str = "save real numbers",
) -> Numbers:
    """Real numbers from a file. Nothing in it is executed.

    Parameters
    ----------
    path
        A .csv, .npy, .npz or .mat file.
    variable, usual
        Name of the array in a file with several, and those of which the first is meant where none is named.
    columns
        Names (of a table) or numbers from 1 of the columns to read; all of them by default.
    skip
        Lines of a table, or rows of an array, that are left out at the beginning.
    expected
        How many columns there should be, where the caller knows it; helps to read a table, and is not checked.
    complex_remedy
        What to do instead of saving complex numbers.

    Raises
    ------
    ValueError
        In one sentence that begins with the file's name, whatever is wrong with it.
    """
    suffix = path.suffix.lower()
    if suffix not in ARRAYS:
        raise ValueError(f"{path.name} must be a .mat, .npz, .npy or .csv file")
    with opened(path, MAX_FILE) as file:
        first = file.read(520)
        _check_beginning(first, path.name, suffix)
        file.seek(0)
        if suffix == ".csv":
            if variable is not None:
                raise ValueError(f"{path.name} is a table, which has no 'variable'; choose columns with 'columns'")
            return _guarded(lambda: read_table(_text(file.read(), path.name), path.name, columns, skip, expected), path)
        made = _guarded(lambda: _READERS[suffix](file, path.name, variable, usual), path)
    check_kind(made.dtype, path.name, complex_remedy)
    array = _guarded(lambda: np.ascontiguousarray(made, dtype=float), path)
    if skip:
        if array.ndim == 0 or len(array) <= skip:
            raise ValueError(f"{path.name} has {len(array) if array.ndim else 1} rows, and 'skip: {skip}' leaves none")
        array = array[skip:]
    if columns is None:
        return Numbers(array, path.name)
    return _chosen(array, columns, path)


def array_names(path: Path) -> list[str]:
    """Names of the arrays of an .npz or .mat file; ValueError as :func:`read_array` has it."""
    suffix = path.suffix.lower()
    if suffix not in _NAMES:
        raise ValueError(f"{path.name} must be an .npz or .mat file, whose arrays have names")
    with opened(path, MAX_FILE) as file:
        _check_beginning(file.read(520), path.name, suffix)
        file.seek(0)
        found: list[str] = _guarded(lambda: _NAMES[suffix](file, path.name), path)
    return found


def _chosen(array: Any, columns: Sequence[int | str], path: Path) -> Numbers:
    named = [column for column in columns if isinstance(column, str)]
    if named:
        raise ValueError(f"{path.name} has no names of columns, so '{named[0]}' is none; give numbers from 1")
    width = array.shape[-1] if array.ndim > 1 else 1
    outside = [column for column in columns if not 1 <= int(column) <= width]
    if outside or array.ndim < 2:
        raise ValueError(f"{path.name} has no column {(outside or columns)[0]}; it has columns 1 to {width}")
    places = [int(column) - 1 for column in columns]
    return Numbers(np.ascontiguousarray(array[..., places]), path.name, columns=places)


def _guarded(read: Any, path: Path) -> Any:
    """What `read` returns; a file that lies about itself breaks a reader in any way, MemoryError included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of readers about what is checked here
            return read()
    except Exception as error:
        if isinstance(error, ValueError) and str(error).startswith(path.name):
            raise
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{path.name} cannot be read as {path.suffix} ({why[:200]})") from error


def _check_beginning(first: bytes, name: str, suffix: str) -> None:
    if not first:
        raise ValueError(f"{name} is empty")
    if suffix in _OWN and first.startswith(_OWN[suffix]) and first[512:520] != b"\x89HDF\r\n\x1a\n":
        return
    for beginning, what in _BEGINNINGS.items():
        if first.startswith(beginning):
            raise ValueError(f"{name} is {what}")
    if first.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise ValueError(f"{name} is a web page and not the data; download the file itself")


def _text(content: bytes, name: str) -> str:
    """A table as text: UTF-8, or UTF-16 where a mark at its beginning says so, without the mark."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{name}, line {line} is not text in UTF-8; save it as 'CSV UTF-8'") from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise ValueError(f"{name}, line {line} holds bytes that are no text")
    return text
