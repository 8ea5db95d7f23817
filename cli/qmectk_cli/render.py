"""Tables for people: aligned text in the width of the terminal, plain ASCII without colours when piped."""

from __future__ import annotations

import math
import os
import sys
import types
import typing
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qmectk.quoting import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Least width when stdout is not a terminal.
PIPED_WIDTH = 100

#: Numbers of an array shown before the rest is only counted.
SHOWN = 12

#: Colours of words that mean something; applied on terminals only.
STYLES = {
    "optimal": "bold green",
    "feasible": "green",
    "infeasible": "bold red",
    "none": "bold red",
    "failed": "bold red",
    "exact": "green",
    "passed": "green",
    "yes": "green",
    "no": "red",
}


def console() -> Console:
    """A rich console on stdout that never interprets text as markup."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else max(PIPED_WIDTH, _columns())
    return Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)


def _columns() -> int:
    text = os.environ.get("COLUMNS", "")
    return int(text) if text.isdecimal() else 0


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Print a name and a text a line; rows without a text are left out."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold" if sys.stdout.isatty() else "")
    table.add_column(overflow="fold")
    for name, text in rows:
        if text:
            table.add_row(visible(name), _cell(text))
    _print(table)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, last_grows: bool = True) -> None:
    """Print columns under headers; only the last one wraps."""
    from rich.table import Table

    made = Table(box=None, padding=(0, 2, 0, 0), header_style="bold" if sys.stdout.isatty() else "")
    for i, header in enumerate(headers):
        made.add_column(visible(header), no_wrap=not (last_grows and i == len(headers) - 1), overflow="fold")
    for row in rows:
        made.add_row(*map(_cell, row))
    _print(made)


def line(text: str = "", *, indent: int = 0) -> None:
    """Print one paragraph, wrapped."""
    from rich.padding import Padding
    from rich.text import Text

    _print(Padding(Text(visible(text)), (0, 0, 0, indent)))


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


def _cell(text: str) -> Text:
    """A text whose first word is coloured when it is one that means something."""
    from rich.text import Text

    cell, first = Text(visible(text)), text.split(" ")[0]
    if first in STYLES:
        cell.stylize(STYLES[first], 0, len(first))
    return cell


def number(value: Any, digits: int = 6) -> str:
    """A number in a few significant digits."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "0" if value == 0.0 else f"{value:.{digits}g}"
    return str(value)


def percent(value: float | None, digits: int = 3) -> str:
    """A share as percent; tiny ones say so instead of printing noise."""
    if value is None:
        return "unknown"
    if not math.isfinite(value):
        return "infinite"
    return "0 %" if value == 0.0 else "under 1e-7 %" if abs(value) < 1e-9 else f"{100 * value:.{digits}g} %"


def seconds(value: float) -> str:
    """A duration in a readable unit."""
    if value < 1e-3:
        return f"{1e6 * value:.3g} us"
    if value < 1.0:
        return f"{1e3 * value:.3g} ms"
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"


def values(value: Any) -> str:
    """A variable's value; long arrays are cut with a count."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        items = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(items, list):
            return number(items, 4)
        shown = "  ".join(_element(item) for item in items[:SHOWN])
        return shown if len(items) <= SHOWN else f"{shown}  ... ({len(items)} numbers)"
    return number(value, 4)


def _element(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else number(value, 4)


def words(data: dict[str, Any]) -> str:
    """Plain facts as ``name value, name value``; structures are left out."""
    shown = []
    for key, value in data.items():
        if isinstance(value, (str, int, float)):
            text = seconds(value) if key == "seconds" and isinstance(value, float) else number(value, 5)
            shown.append(f"{key.replace('_', ' ')} {text}")
    return ", ".join(shown)


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
