"""Tables for people: aligned text in the width of the terminal, plain ASCII without colours when piped."""

from __future__ import annotations

import os
import sys
import types
import typing
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qmectk.presenting.page import WIDTH, Block, Facts, Grid, Line
from qmectk.presenting.quoting import visible

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """A rich console on stdout that never interprets text as markup."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else max(WIDTH, _columns())
    return Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)


def _columns() -> int:
    text = os.environ.get("COLUMNS", "")
    return int(text) if text.isdecimal() else 0


def page(blocks: Iterable[Block]) -> None:
    """Print a page."""
    for block in blocks:
        _print(block.rich("bold" if sys.stdout.isatty() else ""))


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Print a name and a text a line; rows without a text are left out."""
    page([Facts(tuple(rows))])


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, last_grows: bool = True) -> None:
    """Print columns under headers; only the last one wraps."""
    page([Grid(headers, tuple(rows), last_grows)])


def line(text: str = "", *, indent: int = 0) -> None:
    """Print one paragraph, wrapped."""
    page([Line(text, indent)])


def note(mark: str, text: str) -> None:
    """Print a paragraph that hangs behind a mark."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(mark, Text(visible(text)))
    _print(grid)


def _print(renderable: Any) -> None:
    made = console()
    with made.capture() as caught:
        made.print(renderable)
    # rich pads every line to the full width
    text = "\n".join(row.rstrip() for row in caught.get().splitlines())
    print(text, flush=True)


def kind(annotation: Any) -> str:
    """The type of an option in words."""
    names = {int: "whole number", float: "number", bool: "true or false", str: "text", type(None): "none"}
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join(kind(part) for part in typing.get_args(annotation))
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(str(choice) for choice in typing.get_args(annotation))
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def default(value: Any) -> str:
    """The default of an option as it would be typed."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) if value != "" else "''"
