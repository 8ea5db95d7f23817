"""A point an instance: two measures against each other, or two contenders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ....status import OPTIMALITY_GAP
from ...statistics.profiles import CLOCK
from ...statistics.ranks import losses
from .axes import RUN_TIME, STANDOFF, decades_of, gap_axis, seconds_axis
from .style import COLORS, Contenders, brief, empty, read, safe


def scatter(frame: pd.DataFrame, x: str = "seconds", y: str = "gap", *, contenders: Contenders = None) -> go.Figure:
    """A point a case (median over seeds): two columns against each other, or two contenders' gaps.

    Parameters
    ----------
    x, y
        Both "seconds", "gap" or another numeric column of the prepared runs; or both labels of contenders.
    """
    runs, styles = read(frame, contenders)
    if x in styles and y in styles:
        return _duel(runs, x, y)
    # inf without a feasible point: an instance that most seeds do not answer is not drawn
    runs = runs.assign(gap=runs["loss"], seconds=runs["charged"])
    for name in (x, y):
        if name not in runs or not pd.api.types.is_numeric_dtype(runs[name]):
            raise ValueError(f"{name!r} is neither a numeric column of the runs nor a contender: {', '.join(styles)}")
    figure = empty("Every instance")
    for name, group in runs.groupby("contender", sort=False):
        by_case = group.groupby("case")
        text = by_case["instance"].first() + " · frame " + by_case["frame"].first().astype(str)
        figure.add_scatter(
            x=_floor(_middle(by_case[x]), x),
            y=_floor(_middle(by_case[y]), y),
            text=[safe(t) for t in text],
            hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra>%{fullData.name}</extra>",
            **styles[name].points,
        )
    for axis, name in (("x", x), ("y", y)):
        if name == "gap":
            gap_axis(figure, axis, runs)
        elif name.endswith("seconds"):
            seconds_axis(figure, axis, RUN_TIME if name == "seconds" else name.replace("_", " "))
        else:
            figure.update_layout({f"{axis}axis": {"title": {"text": safe(name)}}})
    return figure


def _middle(by_case: Any) -> pd.Series:
    middle = by_case.median()
    return middle.where(np.isfinite(middle))


def _floor(values: pd.Series, name: str) -> pd.Series:
    if name == "gap":
        return values.clip(lower=OPTIMALITY_GAP)
    return values.clip(lower=CLOCK) if name.endswith("seconds") else values


def _duel(runs: pd.DataFrame, x: str, y: str) -> go.Figure:
    table = losses(runs[runs["contender"].isin((x, y))])
    figure = empty("Instance by instance")
    if {x, y} <= set(table.columns):  # neither was refused throughout
        both = table[np.isfinite(table[[x, y]]).all(axis=1)].clip(lower=OPTIMALITY_GAP)
        names = runs.groupby("case")["instance"].first()
        figure.add_scatter(
            x=both[x],
            y=both[y],
            text=[safe(names[case]) for case in both.index],
            mode="markers",
            marker={"color": COLORS[0], "size": 7, "opacity": 0.8},
            hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
            showlegend=False,
        )
    for axis, name in (("x", x), ("y", y)):
        gap_axis(figure, axis, runs)
        figure.update_layout({f"{axis}axis": {"title": {"text": f"gap of {brief(name)}", "standoff": STANDOFF}}})
    ends = [10.0**-6, 10.0 ** max(decades_of(figure, "x")[1], decades_of(figure, "y")[1], -1)]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": "#9aa3ad", "dash": "dot"}, hoverinfo="skip", showlegend=False
    )
    return figure
