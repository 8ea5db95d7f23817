"""A frame of a problem as a page: its numbers, and what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .page import Block, Facts, Grid, Line
from .wording import number

if TYPE_CHECKING:
    from ..problem import Problem


def page_of(problem: Problem, frame: int = 0, source: str = "") -> list[Block]:
    """What ``qmectk show`` prints; `source` names the problem's file."""
    instance = problem.frame(frame)
    source = source or problem.source
    title = f"{instance.label}  ({source})" if source else instance.label
    page: list[Block] = [Facts([("problem", title), ("family", problem.summary)])]
    for table in instance.describe():
        page.append(Line())
        if table.title not in ("numbers", instance.label):
            page.append(Line(table.title))
        page.append(Grid(table.headers, [[_text(cell) for cell in row] for row in table.rows], last_grows=False))
    for concern in (*problem.params.doubts(), *problem.concerns()):
        page += [Line(), Line(f"Warning: {concern}")]
    return page


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else number(cell, 4)
