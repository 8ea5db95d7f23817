"""Cells and tables, and the counts that are written in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..wording import clean, seconds


@dataclass(frozen=True)
class Cell:
    """What a table shows, a second line beneath it, and what it sorts by (None: last, whichever the direction).

    `best` is shown in bold; `mark`, a class of the style, as a coloured word.
    """

    text: str
    note: str = ""
    key: float | str | None = None
    best: bool = False
    mark: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.key, str):  # it ends up in the page too
            object.__setattr__(self, "key", clean(self.key))


@dataclass(frozen=True)
class Table:
    """Headings, their explanations and rows of cells; the first column names the row."""

    title: str
    heads: list[tuple[str, str]]
    rows: list[list[Cell]]
    note: str = ""


def name_cell(name: str, note: str = "") -> Cell:
    """A string from outside, which sorts by itself."""
    return Cell(clean(name), note, name)


def seconds_cell(value: float) -> Cell:
    """A time in the unit that reads best, which sorts by its seconds."""
    return Cell(seconds(value), "", sort_key(value))


def sort_key(value: float) -> float | None:
    """A number to sort by; None for nan."""
    return None if math.isnan(value) else value


def short(value: float) -> str:
    """A time with two digits, for the ends of intervals."""
    return seconds(value, 2)


def many(size: int, noun: str) -> str:
    """`size` things, with narrow spaces between thousands."""
    return f"{size} {noun}" if size == 1 else f"{size:,} {noun}s".replace(",", "\u202f")


def from_to(sizes: list[int], noun: str) -> str:
    """The one size that all have, or the smallest and the largest of ascending `sizes`."""
    return many(sizes[0], noun) if len(sizes) == 1 else f"{sizes[0]} to {many(sizes[-1], noun)}"
