"""How contenders look in every plot, and what every figure has in common."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ...statistics.prepare import contending, prepare
from ..wording import clean

#: After M. Okabe & K. Ito, "Color universal design", 2008, lightened or darkened to read on white and on black.
COLORS = ("#1f77c9", "#d9660d", "#0f9d75", "#c25fa0", "#b8860b", "#7a6be0", "#d64545", "#3aa5c9", "#7d8a2e", "#8f8f8f")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
GRAY = "#8f8f8f"
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star")

#: All labels in order where only some are drawn, so that each keeps its style; None: those that are drawn.
Contenders = Sequence[str] | None


class Style:
    """How one contender looks in every plot; floors are grey and thin."""

    def __init__(self, index: int, name: str, *, floor: bool = False) -> None:
        self.color = GRAY if floor else COLORS[index % len(COLORS)]
        self.dash = DASHES[index % len(DASHES)]
        self.symbol = MARKERS[index % len(MARKERS)]
        self.marker = {"color": self.color, "symbol": self.symbol, "size": 7, "opacity": 0.9, "line": {"width": 0}}
        shared: dict[str, Any] = {"name": safe(name), "legendgroup": f"c{index}"}
        self.line = {
            **shared,
            "mode": "lines",
            "line": {"color": self.color, "dash": self.dash, "width": 1.3 if floor else 2.2},
        }
        self.points = {**shared, "mode": "markers", "marker": self.marker}
        self.dotted = {**shared, "mode": "lines+markers", "marker": {**self.marker, "size": 5}}
        self.dotted["line"] = {"color": self.color, "width": 1}


def styles_of(contenders: Sequence[str], floors: Collection[str] = ()) -> dict[str, Style]:
    """Contender -> its style, by position; `floors` are those that are none."""
    return {name: Style(index, name, floor=name in floors) for index, name in enumerate(contenders)}


def floors_of(runs: pd.DataFrame) -> set[str]:
    """Labels of the floors among prepared runs."""
    return set(runs.loc[runs["floor"], "contender"])


def read(frame: pd.DataFrame, contenders: Contenders, *, floors: bool = False) -> tuple[pd.DataFrame, dict[str, Style]]:
    """The prepared runs and the style of each contender.

    `contenders` fixes whose style is whose across figures; `floors` says whether runs of floors are wanted, too.
    """
    runs = prepare(frame)
    styles = styles_of(list(contenders or dict.fromkeys(runs["contender"])), floors_of(runs))
    return runs if floors else contending(runs), styles


def safe(name: Any) -> str:
    """A string from outside, for a text of plotly."""
    # "$" at both ends would be read as TeX
    return html.escape(clean(str(name)), quote=False).replace("$", "&#36;")


def brief(name: str, most: int = 32) -> str:
    """A name that fits a figure on a phone; whole ones stand in the tables."""
    return safe(name if len(name) <= most else f"{name[: most - 1]}…")


def folded(name: str, letters: int = 20, lines: int = 3) -> str:
    """A name on at most `lines` lines, broken after a mark where there is one; whole ones stand in the tables."""
    out: list[str] = []
    rest = clean(str(name))
    while len(rest) > letters and len(out) < lines - 1:
        marks = [at + 1 for at, letter in enumerate(rest[:letters]) if letter in " -_/,.:("]
        at = marks[-1] if marks and marks[-1] > letters // 2 else letters
        out.append(rest[:at])
        rest = rest[at:]
    return "<br>".join([safe(line) for line in out] + [brief(rest, letters)])


def empty(title: str) -> go.Figure:
    """A figure without anything in it yet."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        title={"text": title, "x": 0.0, "xref": "container", "xanchor": "left", "pad": {"l": 12}},
        height=380,
        margin={"l": 60, "r": 28, "t": 48, "b": 52},
        legend={"orientation": "h", "y": -0.22},
        font={"family": "system-ui, -apple-system, 'Segoe UI', sans-serif", "size": 13},
        hoverlabel={"align": "left"},
    )
    axis = {
        "gridcolor": "#e3e6ea",
        "linecolor": "#9aa3ad",
        "zeroline": False,
        "tickangle": 0,
        "ticks": "outside",
        "ticklen": 4,
    }
    figure.update_layout(xaxis={**axis, "automargin": True}, yaxis={**axis, "automargin": True})
    return figure
