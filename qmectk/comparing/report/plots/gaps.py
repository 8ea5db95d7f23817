"""Gaps: how they are distributed over runs, and how they fall over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ....status import OPTIMALITY_GAP
from ...statistics.gaps import relative_gaps
from ...statistics.profiles import CLOCK, staircase
from ...statistics.targets import events
from .axes import RUN_TIME, gap_axis, seconds_axis, shares_axis
from .style import Contenders, empty, floors_of, read


def gap_distribution(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Share of runs within a gap; runs without a feasible point keep the curve below one."""
    runs, styles = read(frame, contenders, floors=True)
    figure = empty("Share of runs within a gap")
    last = runs["loss"][np.isfinite(runs["loss"])].max() if np.isfinite(runs["loss"]).any() else 1.0
    for name, group in runs.groupby("contender", sort=False):
        x, y = staircase(np.maximum(group["loss"], OPTIMALITY_GAP), start=OPTIMALITY_GAP)
        x, y = np.append(x, max(1.0, last)), np.append(y, y[-1])
        figure.add_scatter(
            x=x,
            y=y,
            line_shape="hv",
            hovertemplate="gap %{x:.2g}: %{y:.0%}<extra>%{fullData.name}</extra>",
            **styles[name].line,
        )
    gap_axis(figure, "x", runs)
    return shares_axis(figure, "share of runs")


def gap_over_time(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Median over runs of the best gap so far, from the events; a run without events has one at its end.

    A reported incumbent is never drawn better than the final point as the core measured it. Floors are lines across the
    figure: what matters of them is how far they come, not when.
    """
    runs, styles = read(frame, contenders, floors=True)
    figure, floors = empty("Gap over time"), floors_of(runs)
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
        if name in floors:
            x, y = np.array([moments.min()]), y[-1:]
        else:  # a marker where the first answer is: some contenders have only one
            style |= {"mode": "lines+markers", "marker": {**styles[name].marker, "size": [9] + [0] * len(x)}}
        figure.add_scatter(
            x=np.append(x, max(2.0 * last, x[-1])),
            y=np.append(y, y[-1]),
            line_shape="hv",
            hovertemplate="after %{x:.3g} s: gap %{y:.2g}<extra>%{fullData.name}</extra>",
            **style,
        )
    seconds_axis(figure, "x", RUN_TIME)
    gap_axis(figure, "y", runs)
    return figure


def _track(row: Any) -> tuple[np.ndarray, np.ndarray]:
    """Times and best gaps so far of one run, ending in its measured gap; empty without a feasible point."""
    if row.failed or not np.isfinite(row.loss) or not np.isfinite(row.seconds):
        return np.empty(0), np.empty(0)
    best = row.best_bound if np.isfinite(row.best_bound) else row.best_found
    points = events(row.events)
    known = np.isfinite(points[:, :2]).all(axis=1)
    # events count from the end of the conversion: compilation is in them
    offset = row.conversion_seconds if np.isfinite(row.conversion_seconds) else 0.0
    times = np.append(points[known, 0] + offset, row.seconds)
    gaps = np.append(np.maximum(relative_gaps(points[known, 1], best, row.sense), row.loss), row.loss)
    order = np.argsort(times, kind="stable")
    return np.maximum(times[order], CLOCK), np.minimum.accumulate(gaps[order])
