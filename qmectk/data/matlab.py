"""One matrix out of a MATLAB file up to version 7.2, walked through before scipy reads it.

scipy looks the types of elements up in a table without checking them, so a damaged file can end the process. What the
format allows is therefore checked first: tags of known types that lie within the file and within what contains them.

Source: "MAT-File Format", The MathWorks, "Level 5 MAT-files".
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from .pick import MAX_ARRAY, pick

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

#: Types of elements that hold data: numbers of 1 to 8 bytes, and text.
_DATA = {1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18}
_MATRIX, _COMPRESSED = 14, 15
#: Bytes of the header of a file, and its mark of the order of bytes.
_HEADER, _LITTLE = 128, b"IM"


def from_mat(file: IO[bytes], name: str, variable: str | None, usual: Sequence[str]) -> Any:
    """One matrix of a MATLAB file."""
    from scipy.io import loadmat

    known = _known(file, name)
    chosen = pick(known, variable, name, usual)
    shape, kind = known[chosen]
    if kind in _CLASSES:
        raise ValueError(f"{name}: '{chosen}' is {_CLASSES[kind]}")
    if math.prod(shape) * 8 > MAX_ARRAY:
        raise ValueError(f"{name}: '{chosen}' claims the shape {shape}, more than {MAX_ARRAY // 1_000_000} MB")
    file.seek(0)
    return np.asarray(loadmat(file, variable_names=[chosen])[chosen])


def names_in_mat(file: IO[bytes], name: str) -> list[str]:
    """Names of the matrices of a MATLAB file."""
    return list(_known(file, name))


def _known(file: IO[bytes], name: str) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and class of every matrix of a MATLAB file."""
    from scipy.io import whosmat

    try:
        content = file.read()
        if content.startswith(b"MATLAB"):
            _walk(content[_HEADER:], "<" if content[126:128] == _LITTLE else ">", 0)
        file.seek(0)
        return {found: (shape, kind) for found, shape, kind in whosmat(file)}
    except Exception as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{name} cannot be read as a MATLAB file up to version 7.2 ({why[:200]})") from error


def _walk(content: bytes, order: str, depth: int) -> None:
    """Refuse elements of unknown types, or longer than what is left of `content`; depth 0 is the file itself."""
    if depth > 20:
        raise ValueError("its elements are nested too deeply")
    place = 0
    while place < len(content):
        if len(content) - place < 8:
            raise ValueError("it ends within an element")
        kind, size = struct.unpack(order + "II", content[place : place + 8])
        if kind >> 16:  # a small element: the length is the upper half, the data are the four bytes behind it
            kind, size = kind & 0xFFFF, kind >> 16
            if size > 4 or kind not in _DATA:
                raise ValueError(f"a small element has type {kind} and {size} bytes")
            place += 8
            continue
        start, end = place + 8, place + 8 + size
        if end > len(content):
            raise ValueError("it ends within an element")
        inside = content[start:end]
        if kind == _COMPRESSED and depth == 0:
            unpacker = zlib.decompressobj()
            inside = unpacker.decompress(inside, MAX_ARRAY)
            if unpacker.unconsumed_tail:
                raise ValueError(f"it unpacks to more than {MAX_ARRAY // 1_000_000} MB")
            _walk(inside, order, 0)
        elif kind == _MATRIX:
            _walk(inside, order, depth + 1)
        elif kind not in _DATA or depth == 0:
            raise ValueError(f"an element has the type {kind}, which there is not")
        # elements end on multiples of eight bytes, but for compressed ones
        place = end if kind == _COMPRESSED else end + -size % 8
