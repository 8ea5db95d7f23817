"""Text tables: separators, decimal signs, names, comments; read where they are unambiguous, refused by line otherwise.

pandas splits the lines and reads the numbers. This module decides how it is called, and that nothing is lost: a
line of names is one in which no cell begins like a number, every other line is data, and every cell of it a number.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.presenting.names import nearest

from .lines import NUMBER, SAMPLE, Lines, is_header, quoted, ragged, split, with_decimal
from .numbers import Numbers

Array = NDArray[np.float64]

#: What columns are called that count or time the rows.
_COUNTERS = {"time", "t", "timestamp", "date", "datetime", "frame", "slot", "step", "index", "idx", "id", "no", "nr"}
_COUNTERS |= {"row", "sample", "epoch", "#", "unnamed: 0"}


def read_table(
    text: str, name: str, columns: Sequence[int | str] | None, skip: int | None, expected: int | None
) -> Numbers:
    """A table of numbers.

    Parameters
    ----------
    text, name
        The file and what to call it.
    columns
        Names, or numbers from 1, of the columns to read; None for all of them but pandas' own index.
    skip
        Lines at the beginning that are no part of the table. None for none, and then a line that counts the columns
        (0, 1, 2, ...) is refused, as it may be names; 0 says that it is data.
    expected
        How many columns the caller knows there are; settles "0,5", which may be two numbers or one.

    Raises
    ------
    ValueError
        In one sentence with file, line, column and remedy.
    """
    lines = split(text, name, skip or 0)
    count = 0
    while count < len(lines.texts) and is_header(lines.cells(count)):
        count += 1
    above, last_name = [lines.cells(i) for i in range(count)], lines.numbers[count - 1]
    lines = lines.without(count)
    if not lines.texts:
        raise ValueError(f"{name} holds no numbers, only text")
    lines = with_decimal(lines, name)
    cells = _cells(lines, name)
    width = cells.shape[1]
    while width > 1 and (cells.iloc[:, width - 1] == "").all():
        width -= 1  # a separator at the end of every line
    headers = [row[:width] for row in above if len(row) >= width and not any(row[width:])]
    if above and len(above[-1]) > 1 and above[-1] not in headers and lines.separator and not _fits(above[-1], width):
        raise ValueError(
            f"{name}, line {last_name} names {len(above[-1])} columns, and line {lines.numbers[0]} has {width} cells"
        )
    if skip is None:
        _check_first_line(lines, name)
    chosen = list(range(width)) if columns is None else [_column(c, headers, width, name) for c in columns]
    found = np.empty((len(cells), len(chosen)))
    for place, column in enumerate(chosen):
        found[:, place] = _numbers(cells, column, lines, name, headers)
    if columns is None:
        index = _is_index(found, headers, name, expected)
        found, chosen = found[:, index:], chosen[index:]
        _check_commas(lines, name, width, expected)
    named = tuple(tuple(row[c] for c in chosen) for row in headers)
    return Numbers(np.ascontiguousarray(found), name, named, lines.numbers, chosen)


def _cells(lines: Lines, name: str) -> Any:
    """The cells as pandas reads them: columns of numbers, and of text where something else stands among them."""
    import pandas as pd

    try:
        return pd.read_csv(
            io.StringIO("\n".join(lines.texts)),
            sep=lines.separator or r"\s+",
            decimal=lines.decimal,
            header=None,
            skipinitialspace=lines.separator != "\t",
            na_filter=False,
            skip_blank_lines=False,
            low_memory=False,
        )
    except pd.errors.ParserError as error:
        raise ValueError(ragged(lines, name)) from error


def _numbers(cells: Any, column: int, lines: Lines, name: str, headers: list[list[str]]) -> Array:
    """One column as numbers; the first cell that is none is refused with its place."""
    given = cells.iloc[:, column].to_numpy()
    if given.dtype.kind in "iuf":
        return given.astype(float)
    found = np.empty(len(given))
    for row, cell in enumerate(given):
        text = str(cell).strip()
        if not NUMBER.fullmatch(text) or (lines.decimal == "," and "." in text):
            raise ValueError(_no_number(text, row, column, cells.shape[1], lines, name, headers))
        found[row] = float(text.replace(",", "."))
    return found


def _no_number(text: str, row: int, column: int, width: int, lines: Lines, name: str, headers: list[list[str]]) -> str:
    if not text and len(lines.cells(row)) < width:
        return ragged(lines, name)
    named = next((f" ('{header[column]}')" for header in headers if header[column]), "")
    place = f"{name}, line {lines.numbers[row]}, column {column + 1}{named}"
    if not text:
        return f"{place} is empty; every row needs a number there"
    if row == 0 and not any(NUMBER.fullmatch(cell) for cell in lines.cells(row)):
        remedy = f"if the line holds names, leave it out with 'skip: {lines.numbers[0]}'"
    elif all(not NUMBER.fullmatch(lines.cells(i)[column]) for i in range(min(len(lines.texts), 3))):
        remedy = "name the columns to read, for example 'columns: [2, 3]'"
    elif lines.decimal == ",":
        remedy = "the table has decimal commas"
    else:
        remedy = "every row needs a number there"
    return f"{place}: {quoted(text)} is not a number; {remedy}"


def _fits(row: list[str], width: int) -> bool:
    return len(row) >= width and not any(row[width:])


def _column(asked: int | str, headers: list[list[str]], width: int, name: str) -> int:
    """Place of the column that a name or a number from 1 means."""
    if isinstance(asked, int):
        if not 1 <= asked <= width:
            raise ValueError(f"{name} has no column {asked}; it has columns 1 to {width}")
        return asked - 1
    places = sorted({i for row in headers for i, cell in enumerate(row) if cell == asked})
    if len(places) == 1:
        return places[0]
    if places:
        numbers = " and ".join(str(place + 1) for place in places)
        raise ValueError(f"{name} has several columns called '{asked}'; name one by its number: {numbers}")
    known = [cell for row in headers for cell in row if cell]
    if not known:
        raise ValueError(f"{name} has no names of columns, so '{asked}' is none; give numbers from 1 to {width}")
    hint = nearest(asked, known)
    raise ValueError(
        f"{name} has no column '{asked}'; " + (f"did you mean '{hint}'?" if hint else f"it has {', '.join(known)}")
    )


def _check_first_line(lines: Lines, name: str) -> None:
    """Refuse a first line that counts the columns, as pandas writes names where there are none."""
    first = [cell for cell in lines.cells(0) if cell]
    from_zero = first == [str(i) for i in range(len(first))]
    # from 1 it is only distinguished from data where that has decimals
    from_one = len(first) > 1 and first == [str(i + 1) for i in range(len(first))]
    if (
        len(lines.texts) > 1
        and first
        and (from_zero or (from_one and any(re.search(r"[.eE]", text) for text in lines.texts[:SAMPLE])))
    ):
        raise ValueError(
            f"{name}, line {lines.numbers[0]} counts the columns ({', '.join(first[:3])}{', ...' * (len(first) > 3)}) "
            f"as a line of names does; leave it out with 'skip: {lines.numbers[0]}', or say 'skip: 0' if it is data"
        )


def _is_index(found: Array, headers: list[list[str]], name: str, expected: int | None) -> bool:
    """Whether the first column is pandas' index; a column that seems to count or time the rows is refused.

    An index has no name where the others have one, and counts from 0. Without names only numbers tell: whole ones from
    0 or 1, or equal steps where no other column has them and the caller does not know how many columns there are.
    """
    rows, width = found.shape
    if width == 1 or rows == 0:
        return False
    first, others = found[:, 0], found[:, 1:]
    counts = bool((first == np.arange(rows)).all() or (first == 1 + np.arange(rows)).all())
    names = [header[0] for header in headers if any(header[1:])]
    if names and not any(names):
        if counts:
            return True
        why = "has no name"
    elif any(re.sub(r"[\[(].*", "", title).strip().lower() in _COUNTERS for title in names):
        why = f"is called '{next(filter(None, names))}'"
    elif rows > 1 and counts and not (width == expected and (others == np.round(others)).all()):
        why = "counts the rows"
    elif not names and expected is None and rows > 3 and _steady(first) and not any(map(_steady, others.T)):
        why = "grows in equal steps as time does"
    else:
        return False
    rest = ", ".join(str(i + 2) for i in range(min(width - 1, 3))) + (", ..." if width > 4 else "")
    raise ValueError(
        f"{name}: column 1 {why}; say which columns hold numbers: 'columns: [{rest}]', with 1 if it is one of them"
    )


def _steady(column: Array) -> bool:
    steps = np.diff(column)
    return bool(steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0.0))


def _check_commas(lines: Lines, name: str, width: int, expected: int | None) -> None:
    """Refuse "0,015,0,02", which may be four numbers or two with decimal commas."""
    if lines.separator != "," or width % 2 or width == expected:
        return
    exponent = False
    for i in range(min(len(lines.texts), 100)):
        cells = lines.cells(i)
        if not all(re.fullmatch("[-+]?[0-9]+", cell) for cell in cells[:width:2]):
            return
        if not all(re.fullmatch("[0-9]+([eE][-+]?[0-9]+)?", cell) for cell in cells[1:width:2]):
            return
        exponent = exponent or any(re.match("0[0-9]|[0-9]+[eE]", cell) for cell in cells[1:width:2])
    if exponent:
        raise ValueError(
            f"{name}, line {lines.numbers[0]}: commas stand between cells, and perhaps for decimals, too; write "
            "numbers with a point, or put ';' between the cells"
        )
