"""Files of numbers that a problem reads: checked before they are opened, and one array picked out of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qmectk.names import nearest

#: Largest file read, in bytes: 10 million frames of 10 devices.
MAX_FILE = 1_000_000_000


def check_file(path: Path) -> None:
    """Refuse a file that is not there or too large to read.

    Raises
    ------
    ValueError
        In one sentence.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if path.stat().st_size > MAX_FILE:
        raise ValueError(f"{path.name} is larger than {MAX_FILE // 1_000_000} MB")


def pick(arrays: dict[str, Any], variable: str | None, path: Path, usual: str | None = None) -> Any:
    """The array called `variable`; without a name the only one there is, or the `usual` one of several.

    Raises
    ------
    ValueError
        In one sentence that lists the arrays of the file.
    """
    listed = ", ".join(sorted(arrays))
    if variable is None:
        if len(arrays) == 1:
            return next(iter(arrays.values()))
        if usual in arrays:
            return arrays[usual]
        raise ValueError(f"{path.name} holds several arrays; set 'variable' to one of {listed}")
    if variable not in arrays:
        hint = nearest(variable, arrays)
        raise ValueError(
            f"{path.name} has no array '{variable}'; " + (f"did you mean '{hint}'?" if hint else f"it has {listed}")
        )
    return arrays[variable]
