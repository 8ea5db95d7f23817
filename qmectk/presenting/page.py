"""Pages of facts, tables and lines, as text for terminals and as HTML for notebooks."""

from __future__ import annotations

import html
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .quoting import visible

if TYPE_CHECKING:
    from rich.text import Text

#: Columns of a page that is not printed on a terminal.
WIDTH = 100

#: Columns between two columns of a table, and those in which a text that wraps can still be read.
GAP, LEAST = 2, 24

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

#: Of a cell in a notebook: numbers and words are read from the left, and lines are not broken within words.
_CELL = 'style="text-align: left; vertical-align: top"'


class Block(ABC):
    """A part of a page."""

    @abstractmethod
    def rich(self, bold: str) -> Any:
        """As a renderable of rich; `bold` is the style of headers."""

    @abstractmethod
    def html(self) -> str:
        """As HTML."""


@dataclass(frozen=True)
class Facts(Block):
    """A name and a text per row; rows without a text are left out."""

    rows: Sequence[tuple[str, str]]

    def rich(self, bold: str) -> Any:
        from rich.table import Table

        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style=bold)
        table.add_column(overflow="fold")
        for name, text in self.rows:
            if text:
                table.add_row(visible(name), _cell(text))
        return table

    def html(self) -> str:
        rows = "".join(
            f"<tr><th {_CELL}>{_escaped(name)}</th><td {_CELL}>{_escaped(text)}</td></tr>"
            for name, text in self.rows
            if text
        )
        return f"<table>{rows}</table>"


@dataclass(frozen=True)
class Grid(Block):
    """Rows under headers; only the last column wraps, and only if it may grow. Columns that are too many for the width
    go on below, each time behind the first one: nothing is cut."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    last_grows: bool = True

    def rich(self, bold: str) -> Any:
        return _Fitted(self, bold)

    def table(self, columns: Sequence[int], bold: str) -> Any:
        """Some of the columns as a table of rich."""
        from rich.table import Table

        table = Table(box=None, padding=(0, GAP, 0, 0), header_style=bold)
        last = len(self.headers) - 1
        for i in columns:
            wraps = (self.last_grows and i == last) or len(columns) <= 2
            table.add_column(visible(self.headers[i]), no_wrap=not wraps, overflow="fold")
        for row in self.rows:
            table.add_row(*(_cell(row[i]) for i in columns))
        return table

    def needs(self, column: int) -> int:
        """The least width of a column in which nothing of it is cut."""
        from rich.cells import cell_len

        cells = [self.headers[column], *(row[column] for row in self.rows)]
        widest = max(cell_len(visible(cell)) for cell in cells)
        return min(widest, LEAST) if self.last_grows and column == len(self.headers) - 1 else widest

    def fitted(self, width: int) -> list[list[int]]:
        """The columns of each table of at most `width` that the grid becomes."""
        needs = [self.needs(i) + GAP for i in range(len(self.headers))]
        tables = [[0]]
        for i in range(1, len(needs)):
            if len(tables[-1]) > 1 and sum(needs[k] for k in (*tables[-1], i)) - GAP > width:
                tables.append([0])
            tables[-1].append(i)
        return tables

    def html(self) -> str:
        head = "".join(f"<th {_CELL}>{_escaped(header)}</th>" for header in self.headers)
        rows = "".join(
            "<tr>" + "".join(f"<td {_CELL}>{_escaped(cell)}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class _Fitted:
    """A grid as rich prints it, in as many tables as its width asks for."""

    grid: Grid
    bold: str

    def __rich_console__(self, console: Any, options: Any) -> Any:
        for place, columns in enumerate(self.grid.fitted(options.max_width)):
            if place:
                yield ""
            yield self.grid.table(columns, self.bold)


@dataclass(frozen=True)
class Line(Block):
    """One paragraph; an empty one is an empty line."""

    text: str = ""
    indent: int = 0

    def rich(self, bold: str) -> Any:
        from rich.padding import Padding
        from rich.text import Text

        return Padding(Text(visible(self.text)), (0, 0, 0, self.indent))

    def html(self) -> str:
        return f"<p>{_escaped(self.text)}</p>" if self.text else ""


def text_of(blocks: Sequence[Block], width: int = WIDTH) -> str:
    """The page as plain text of at most `width` columns where words allow it.

    >>> print(text_of([Facts([("gap", "0 %"), ("note", "")]), Line("done")]))
    gap  0 %
    done
    """
    from rich.console import Console

    made = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False, color_system=None)
    with made.capture() as caught:
        for block in blocks:
            made.print(block.rich(""))
    # rich pads every line to the full width
    return "\n".join(row.rstrip() for row in caught.get().splitlines())


class Presented(ABC):
    """A result that ``print`` and notebooks show as a page."""

    @abstractmethod
    def page(self) -> list[Block]:
        """What is shown of it."""

    def __str__(self) -> str:
        return text_of(self.page())

    def _repr_html_(self) -> str:
        return "".join(block.html() for block in self.page())


def _escaped(text: str) -> str:
    return html.escape(visible(text)).replace("\n", "<br>")


def _cell(text: str) -> Text:
    """A text whose first word is coloured when it is one that means something."""
    from rich.text import Text

    cell, first = Text(visible(text)), text.split(" ")[0]
    if first in STYLES:
        cell.stylize(STYLES[first], 0, len(first))
    return cell
