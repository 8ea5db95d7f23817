"""The plots of a comparison, as plotly figures; each takes the DataFrame of runs, one row a run.

Contenders keep their colour, dash and marker in every plot. Names are other people's strings: plotly reads a subset
of HTML in its texts, so they are escaped.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ...status import OPTIMALITY_GAP
from ..statistics.gaps import relative_gaps
from ..statistics.prepare import prepare
from ..statistics.profiles import CLOCK, costs, data_profile, staircase
from ..statistics.profiles import performance_profile as profile_steps
from ..statistics.ranks import critical_difference as rank
from ..statistics.ranks import losses
from ..statistics.summary import TARGET_GAP
from ..statistics.targets import events, time_to_target_points
from ..statistics.targets import time_to_target as target_times
from .wording import clean, percent, seconds

#: After M. Okabe & K. Ito, "Color universal design", 2008, lightened or darkened to read on white and on black.
COLORS = ("#1f77c9", "#d9660d", "#0f9d75", "#c25fa0", "#b8860b", "#7a6be0", "#d64545", "#3aa5c9", "#7d8a2e", "#8f8f8f")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star")

Contenders = Sequence[str] | None


def performance_profile(
    frame: pd.DataFrame, *, target_gap: float = TARGET_GAP, contenders: Contenders = None
) -> go.Figure:
    """Share of cases settled within a factor of the fastest (Dolan & More 2002); settled is a gap of `target_gap`."""
    runs, styles = _read(frame, contenders)
    steps = profile_steps(costs(runs, target_gap))
    end = 10.0 ** np.ceil(np.log10(max((x[-1] for x, _ in steps.values() if len(x)), default=1.0) + 1e-9) + 0.05)
    figure = _figure(f"Performance profile, gap ≤ {percent(target_gap)}")
    for name, (x, y) in steps.items():
        x, y = np.append(x, max(end, 10.0)), np.append(y, y[-1] if len(y) else 0.0)
        figure.add_scatter(x=x, y=y, line_shape="hv", hovertemplate=_SHARE.format("x fastest"), **styles[name].line)
    decades = int(np.log10(end) + 1e-9)
    powers = range(0, max(decades, 1) + 1, 1 if decades <= 4 else 2)
    figure.update_xaxes(
        title="time, times the fastest",
        type="log",
        tickvals=[10.0**power for power in powers],
        ticktext=[_power(power) for power in powers],
    )
    return _shares(figure, "share of instances")


def time_profile(frame: pd.DataFrame, *, target_gap: float = TARGET_GAP, contenders: Contenders = None) -> go.Figure:
    """Share of cases settled within a time: a data profile (More & Wild 2009) whose unit is seconds."""
    runs, styles = _read(frame, contenders)
    figure = _figure(f"Data profile, gap ≤ {percent(target_gap)}")
    steps = data_profile(costs(runs, target_gap))
    end = max((x[-1] for x, _ in steps.values() if len(x)), default=1.0)
    for name, (x, y) in steps.items():
        x, y = np.append(np.maximum(x, CLOCK), 2.0 * max(end, CLOCK)), np.append(y, y[-1] if len(y) else 0.0)
        figure.add_scatter(x=x, y=y, line_shape="hv", hovertemplate=_SHARE.format("s"), **styles[name].line)
    _seconds_axis(figure, "x", "conversion and solve time")
    return _shares(figure, "share of instances")


def gap_distribution(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Share of runs within a gap; runs without a feasible point keep the curve below one."""
    runs, styles = _read(frame, contenders)
    figure = _figure("Share of runs within a gap")
    for name, group in runs.groupby("contender", sort=False):
        x, y = staircase(np.maximum(group["loss"], OPTIMALITY_GAP), start=OPTIMALITY_GAP)
        x, y = np.append(x, max(1.0, x[-1])), np.append(y, y[-1])
        figure.add_scatter(
            x=x,
            y=y,
            line_shape="hv",
            hovertemplate="gap %{x:.2g}: %{y:.0%}<extra>%{fullData.name}</extra>",
            **styles[name].line,
        )
    _gap_axis(figure, "x", runs)
    return _shares(figure, "share of runs")


def gap_over_time(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Median over runs of the best gap so far, from the events; a run without events has one at its end.

    A reported incumbent is never drawn better than the final point as the core measured it.
    """
    runs, styles = _read(frame, contenders)
    figure = _figure("Gap over time")
    tracks = {
        name: [_track(row) for row in group.itertuples()] for name, group in runs.groupby("contender", sort=False)
    }
    moments = np.concatenate([t for each in tracks.values() for t, _ in each] or [np.empty(0)])
    last = moments.max(initial=CLOCK)
    for name, each in tracks.items():
        own = np.concatenate([t for t, _ in each]) if each else np.empty(0)
        if not own.size:
            continue
        grid = np.unique(np.append(np.geomspace(own.min(), own.max(), 80), own.max()))
        at = np.full((len(each), len(grid)), np.inf)
        for row, (times, gaps) in enumerate(each):
            seen = np.searchsorted(times, grid * (1.0 + 1e-12), side="right")
            at[row, seen > 0] = gaps[seen[seen > 0] - 1]
        middle = np.sort(at, axis=0)[len(each) // 2]
        shown = np.isfinite(middle)
        x, y = grid[shown], np.maximum(middle[shown], OPTIMALITY_GAP)
        if not x.size:
            continue
        style = dict(styles[name].line)
        # a marker where the first answer is: some contenders have only one
        style |= {"mode": "lines+markers", "marker": {**styles[name].marker, "size": [9] + [0] * len(x)}}
        figure.add_scatter(
            x=np.append(x, max(2.0 * last, x[-1])),
            y=np.append(y, y[-1]),
            line_shape="hv",
            hovertemplate="after %{x:.3g} s: gap %{y:.2g}<extra>%{fullData.name}</extra>",
            **style,
        )
    _seconds_axis(figure, "x", "conversion and solve time")
    _gap_axis(figure, "y", runs)
    return figure


def scatter(frame: pd.DataFrame, x: str = "seconds", y: str = "gap", *, contenders: Contenders = None) -> go.Figure:
    """A point a case (median over seeds): two columns against each other, or two contenders' gaps.

    Parameters
    ----------
    x, y
        Both "seconds", "gap" or another numeric column of the prepared runs; or both labels of contenders.
    """
    runs, styles = _read(frame, contenders)
    if x in styles and y in styles:
        return _duel(runs, x, y)
    runs = runs.assign(gap=runs["loss"].where(np.isfinite(runs["loss"])), seconds=runs["charged"])
    for name in (x, y):
        if name not in runs or not pd.api.types.is_numeric_dtype(runs[name]):
            raise ValueError(f"{name!r} is neither a numeric column of the runs nor a contender: {', '.join(styles)}")
    figure = _figure("Every instance")
    for name, group in runs.groupby("contender", sort=False):
        by_case = group.groupby("case")
        text = by_case["instance"].first() + " · frame " + by_case["frame"].first().astype(str)
        figure.add_scatter(
            x=_floor(by_case[x].median(), x),
            y=_floor(by_case[y].median(), y),
            text=[_safe(t) for t in text],
            hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra>%{fullData.name}</extra>",
            **styles[name].points,
        )
    for axis, name in (("x", x), ("y", y)):
        if name == "gap":
            _gap_axis(figure, axis, runs)
        elif name.endswith("seconds"):
            _seconds_axis(figure, axis, "conversion and solve time" if name == "seconds" else name.replace("_", " "))
        else:
            figure.update_layout({f"{axis}axis": {"title": {"text": _safe(name)}}})
    return figure


def time_to_target(frame: pd.DataFrame, target_gap: float = TARGET_GAP, *, contenders: Contenders = None) -> go.Figure:
    """Time-to-target plot (Aiex, Resende & Ribeiro 2007): probability that a run has reached the target gap by then."""
    runs, styles = _read(frame, contenders)
    runs = runs.assign(reached=target_times(runs, target_gap))
    figure = _figure(f"Time to a gap of {percent(target_gap)}")
    for name, group in runs.groupby("contender", sort=False):
        times, share = time_to_target_points(group["reached"])
        figure.add_scatter(x=np.maximum(times, CLOCK), y=share, hovertemplate=_SHARE.format("s"), **styles[name].dotted)
    _seconds_axis(figure, "x", "conversion and solve time")
    return _shares(figure, "probability")


def critical_difference(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Average ranks with bars of half Nemenyi's critical difference: bars that do not overlap differ (Demsar 2006)."""
    runs, styles = _read(frame, contenders)
    ranking = rank(losses(runs))
    figure = _figure("Average rank")
    half = 0.5 * ranking.critical if np.isfinite(ranking.critical) else 0.0
    for name, value in ranking.ranks.items():
        figure.add_scatter(
            x=[value],
            y=[_safe(name)],
            error_x={"type": "constant", "value": half, "thickness": 2, "width": 6, "color": styles[name].color},
            hovertemplate="average rank %{x:.2f}<extra>%{fullData.name}</extra>",
            **{**styles[name].points, "marker": {**styles[name].marker, "size": 11}},
        )
    figure.update_yaxes(autorange="reversed", type="category", automargin=True, ticklen=8, showgrid=False)
    figure.update_xaxes(title="average rank (1 is best)", zeroline=False)
    figure.update_layout(height=max(220, 90 + 36 * len(ranking.ranks)), showlegend=False)
    return figure


_SHARE = "%{{x:.3g}} {}: %{{y:.0%}}<extra>%{{fullData.name}}</extra>"


class Style:
    """How one contender looks in every plot."""

    def __init__(self, index: int, name: str) -> None:
        self.color = COLORS[index % len(COLORS)]
        self.dash = DASHES[index % len(DASHES)]
        self.symbol = MARKERS[index % len(MARKERS)]
        self.marker = {"color": self.color, "symbol": self.symbol, "size": 7, "opacity": 0.9, "line": {"width": 0}}
        shared: dict[str, Any] = {"name": _safe(name), "legendgroup": f"c{index}"}
        self.line = {**shared, "mode": "lines", "line": {"color": self.color, "dash": self.dash, "width": 2.2}}
        self.points = {**shared, "mode": "markers", "marker": self.marker}
        self.dotted = {**shared, "mode": "lines+markers", "marker": {**self.marker, "size": 5}}
        self.dotted["line"] = {"color": self.color, "width": 1}


def styles_of(contenders: Sequence[str]) -> dict[str, Style]:
    """Contender -> its style, by position."""
    return {name: Style(index, name) for index, name in enumerate(contenders)}


def _read(frame: pd.DataFrame, contenders: Contenders) -> tuple[pd.DataFrame, dict[str, Style]]:
    runs = prepare(frame)
    return runs, styles_of(list(contenders or dict.fromkeys(runs["contender"])))


def _safe(name: Any) -> str:
    # "$" at both ends would be read as TeX
    return html.escape(clean(str(name)), quote=False).replace("$", "&#36;")


def _figure(title: str) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template="none",
        title={"text": title, "x": 0.0, "xref": "container", "xanchor": "left", "pad": {"l": 12}},
        height=380,
        margin={"l": 60, "r": 16, "t": 48, "b": 52},
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


def _power(power: int) -> str:
    if power <= 3:
        return str(10**power)
    return "10" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _shares(figure: go.Figure, title: str) -> go.Figure:
    figure.update_yaxes(title=title, range=[-0.02, 1.04], tickformat=".0%", dtick=0.25)
    return figure


def _decades(figure: go.Figure, axis: str) -> tuple[int, int]:
    values = np.concatenate([np.asarray(trace[axis], dtype=float) for trace in figure.data] or [np.empty(0)])
    values = values[np.isfinite(values) & (values > 0.0)]
    if not values.size:
        return -1, 0
    return int(np.floor(np.log10(values.min()) + 1e-9)), int(np.ceil(np.log10(values.max()) - 1e-9))


def _seconds_axis(figure: go.Figure, axis: str, title: str) -> None:
    low, high = _decades(figure, axis)
    high = max(high, low + 1)
    powers = range(low, high + 1, 1 if high - low <= 5 else 2)
    ticks = [seconds(10.0**power) for power in powers]
    figure.update_layout(
        {
            f"{axis}axis": {
                "title": {"text": title},
                "type": "log",
                "range": [low - 0.08, high + 0.08],
                "tickvals": [10.0**power for power in powers],
                "ticktext": ticks,
            }
        }
    )


def _gap_axis(figure: go.Figure, axis: str, runs: pd.DataFrame) -> None:
    against = set(runs["against"])
    to = "certified optimum" if against == {"optimum"} else "best bound" if "none" not in against else "best known"
    low, high = -6, max(_decades(figure, axis)[1], -1)
    powers = range(low, high + 1, 1 if axis == "y" and high <= 1 else 2)
    ticks = [percent(10.0**power) for power in powers]
    ticks[0] = f"≤ {percent(1e-6)}"
    figure.update_layout(
        {
            f"{axis}axis": {
                "title": {"text": f"gap to {to}"},
                "type": "log",
                "range": [low - 0.15, high + 0.15],
                "tickvals": [10.0**power for power in powers],
                "ticktext": ticks,
            }
        }
    )


def _floor(values: pd.Series, name: str) -> pd.Series:
    if name == "gap":
        return values.clip(lower=OPTIMALITY_GAP)
    return values.clip(lower=CLOCK) if name.endswith("seconds") else values


def _duel(runs: pd.DataFrame, x: str, y: str) -> go.Figure:
    table = losses(runs[runs["contender"].isin((x, y))])
    figure = _figure("Instance by instance")
    if table.size:
        both = table[np.isfinite(table[[x, y]]).all(axis=1)].clip(lower=OPTIMALITY_GAP)
        names = runs.groupby("case")["instance"].first()
        figure.add_scatter(
            x=both[x],
            y=both[y],
            text=[_safe(names[case]) for case in both.index],
            mode="markers",
            marker={"color": COLORS[0], "size": 7, "opacity": 0.8},
            hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
            showlegend=False,
        )
    for axis, name in (("x", x), ("y", y)):
        _gap_axis(figure, axis, runs)
        figure.update_layout({f"{axis}axis": {"title": {"text": f"gap of {_safe(name)}"}}})
    ends = [10.0**-6, 10.0 ** max(_decades(figure, "x")[1], _decades(figure, "y")[1], -1)]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": "#9aa3ad", "dash": "dot"}, hoverinfo="skip", showlegend=False
    )
    return figure


def _track(row: Any) -> tuple[np.ndarray, np.ndarray]:
    """Times and best gaps so far of one run, ending in its measured gap; empty without a feasible point."""
    if row.failed or not np.isfinite(row.loss) or not np.isfinite(row.seconds):
        return np.empty(0), np.empty(0)
    best = row.best_bound if np.isfinite(row.best_bound) else row.best_found
    points = events(row.events)
    known = np.isfinite(points[:, :2]).all(axis=1)
    offset = row.conversion_seconds if np.isfinite(row.conversion_seconds) else 0.0
    times = np.append(points[known, 0] + offset, row.seconds)
    gaps = np.append(np.maximum(relative_gaps(points[known, 1], best, row.sense), row.loss), row.loss)
    order = np.argsort(times, kind="stable")
    return np.maximum(times[order], CLOCK), np.minimum.accumulate(gaps[order])
