"""Axes of shares, seconds and gaps, with ticks that read as such."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ..wording import percent, seconds

#: What the time of a run is made of, as the title of an axis.
RUN_TIME = "conversion, compilation and solve time"

#: What the pointer shows on a curve of shares, for a unit of its x axis.
SHARE_OF = "%{{x:.3g}} {}: %{{y:.0%}}<extra>%{{fullData.name}}</extra>"


def power_of_ten(power: int) -> str:
    """10 to a whole `power` that is not negative, as readers write it."""
    if power <= 3:
        return str(10**power)
    return "10" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def shares_axis(figure: go.Figure, title: str) -> go.Figure:
    """Make the y axis one of shares from 0 to 100 %."""
    figure.update_yaxes(title=title, range=[-0.02, 1.04], tickformat=".0%", dtick=0.25)
    return figure


def decades_of(figure: go.Figure, axis: str) -> tuple[int, int]:
    """Powers of ten around what is drawn along "x" or "y" above zero."""
    values = np.concatenate([np.asarray(trace[axis], dtype=float) for trace in figure.data] or [np.empty(0)])
    values = values[np.isfinite(values) & (values > 0.0)]
    if not values.size:
        return -1, 0
    return int(np.floor(np.log10(values.min()) + 1e-9)), int(np.ceil(np.log10(values.max()) - 1e-9))


def seconds_axis(figure: go.Figure, axis: str, title: str) -> None:
    """Make axis "x" or "y" a logarithmic one of seconds, around what is drawn by now."""
    low, high = decades_of(figure, axis)
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


def gap_axis(figure: go.Figure, axis: str, runs: pd.DataFrame) -> None:
    """Make axis "x" or "y" a logarithmic one of gaps, whose title says what they are gaps to."""
    against = set(runs["against"])
    to = "certified optimum" if against == {"optimum"} else "best bound" if "none" not in against else "best known"
    low, high = -6, max(decades_of(figure, axis)[1], -1)
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
