"""Shares over time: performance and data profiles, and the time to a target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ....status import TARGET_GAP
from ...statistics.profiles import CLOCK, costs, data_profile
from ...statistics.profiles import performance_profile as profile_steps
from ...statistics.refusals import taking_part
from ...statistics.targets import time_to_target as target_times
from ...statistics.targets import time_to_target_points
from ..wording import percent
from .axes import RUN_TIME, SHARE_OF, STANDOFF, decades, multiples, seconds_axis, shares_axis
from .style import Contenders, empty, read


def performance_profile(
    frame: pd.DataFrame, *, target_gap: float = TARGET_GAP, contenders: Contenders = None
) -> go.Figure:
    """Share of cases settled within a factor of the fastest (Dolan & More 2002); settled is a gap of `target_gap`."""
    runs, styles = read(frame, contenders)
    steps = profile_steps(costs(runs, target_gap))
    end = 10.0 ** np.ceil(np.log10(max((x[-1] for x, _ in steps.values() if len(x)), default=1.0) + 1e-9) + 0.05)
    figure = empty(f"Performance profile, gap ≤ {percent(target_gap)}")
    for name, (x, y) in steps.items():
        x, y = np.append(x, max(end, 10.0)), np.append(y, y[-1] if len(y) else 0.0)
        figure.add_scatter(x=x, y=y, line_shape="hv", hovertemplate=SHARE_OF.format("x fastest"), **styles[name].line)
    powers = decades(0, max(int(np.log10(end) + 1e-9), 1))
    figure.update_xaxes(
        title={"text": "time, times the fastest", "standoff": STANDOFF},
        type="log",
        tickvals=[10.0**power for power in powers],
        ticktext=multiples(powers),
    )
    return shares_axis(figure, "share of instances")


def time_profile(frame: pd.DataFrame, *, target_gap: float = TARGET_GAP, contenders: Contenders = None) -> go.Figure:
    """Share of cases settled within a time: a data profile (More & Wild 2009) whose unit is seconds."""
    runs, styles = read(frame, contenders)
    figure = empty(f"Data profile, gap ≤ {percent(target_gap)}")
    steps = data_profile(costs(runs, target_gap))
    moments = np.concatenate([x for x, _ in steps.values()] or [np.empty(0)])
    moments = moments if moments.size else np.ones(1)
    # a curve spans the figure: at 0 before its first instance, and level after its last
    first = 10.0 ** np.floor(np.log10(0.9 * max(moments.min(), CLOCK)))
    last = 10.0 ** np.ceil(np.log10(1.1 * max(moments.max(), CLOCK)))
    for name, (x, y) in steps.items():
        x, y = np.concatenate([[first], np.maximum(x, CLOCK), [last]]), np.concatenate([[0.0], y, y[-1:]])
        if len(y) < len(x):  # none settled
            y = np.append(y, 0.0)
        figure.add_scatter(x=x, y=y, line_shape="hv", hovertemplate=SHARE_OF.format("s"), **styles[name].line)
    seconds_axis(figure, "x", RUN_TIME)
    return shares_axis(figure, "share of instances")


def time_to_target(frame: pd.DataFrame, target_gap: float = TARGET_GAP, *, contenders: Contenders = None) -> go.Figure:
    """Time-to-target plot (Aiex, Resende & Ribeiro 2007): probability that a run has reached the target gap by then."""
    runs, styles = read(frame, contenders)
    runs = taking_part(runs)
    runs = runs.assign(reached=target_times(runs, target_gap))
    figure = empty(f"Time to a gap of {percent(target_gap)}")
    for name, group in runs.groupby("contender", sort=False):
        times, share = time_to_target_points(group["reached"])
        hover = SHARE_OF.format("s")
        figure.add_scatter(x=np.maximum(times, CLOCK), y=share, hovertemplate=hover, **styles[name].dotted)
    seconds_axis(figure, "x", RUN_TIME)
    return shares_axis(figure, "probability")
