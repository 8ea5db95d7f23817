"""Numbers that know where in their file they stand, and what no array of numbers is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Kinds of numpy's dtypes that are no real numbers, and what to save instead.
_NO_NUMBERS = {
    "O": "Python objects, which are never loaded; save plain numbers",
    "b": "true and false instead of numbers; save numbers",
    "c": "complex numbers; {complex}",
    "M": "dates; save numbers",
    "m": "durations; save numbers in a unit",
    "U": "text; save numbers",
    "S": "text; save numbers",
    "T": "text; save numbers",
    "V": "records with named fields; save one field as a plain array",
}


def check_kind(dtype: np.dtype[Any], name: str, complex_remedy: str = "save real numbers") -> None:
    """Refuse a dtype that is no real number by what it is.

    Raises
    ------
    ValueError
        In one sentence that begins with `name`.
    """
    what = _NO_NUMBERS.get(dtype.kind)
    if what is not None:
        raise ValueError(f"{name} holds {what.format(complex=complex_remedy)}")


def real_numbers(values: Any, name: str, complex_remedy: str = "save real numbers") -> Array:
    """Any array as float64; what holds anything but real numbers is refused by name, see :func:`check_kind`."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} has rows of different lengths") from error
    check_kind(array.dtype, name, complex_remedy)
    return np.ascontiguousarray(array, dtype=float)


@dataclass(frozen=True)
class Numbers:
    """What a file holds.

    Attributes
    ----------
    array
        The numbers, of any shape.
    source
        Name of the file.
    headers
        Of a table: the cells of each line of names over the columns that were read.
    lines
        Of a table: the line of each row, counted from 1.
    columns
        The number of each column in the file, counted from 0.
    """

    array: Array
    source: str
    headers: tuple[tuple[str, ...], ...] = ()
    lines: Sequence[int] = ()
    columns: Sequence[int] = ()

    def at(self, index: Sequence[int]) -> str:
        """Where an element stands: "line 3, column 2 ('d2')" of a table; rows and columns of an array from 0."""
        row, column = index[0], index[-1]
        if len(self.lines):
            named = next((f" ('{header[column]}')" for header in self.headers if header[column]), "")
            return f"line {self.lines[row]}, column {self.columns[column] + 1}{named}"
        if len(index) == 2:
            return f"row {row}, column {self.columns[column] if len(self.columns) else column} (counted from 0)"
        return f"element {', '.join(str(int(i)) for i in index)} (counted from 0)"
