"""Axes of shares, seconds and gaps, with ticks that read as such."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ....status import OPTIMALITY_GAP
from ..wording import percent, seconds

#: What the time of a run is made of, as the title of an axis.
RUN_TIME = "conversion, compilation and solve time"

#: Power of ten of the optimality gap, 1e-6: smaller gaps are rounding, and are drawn on it.
LEAST = round(math.log10(OPTIMALITY_GAP))

#: What the pointer shows on a curve of shares, for a unit of its x axis.
SHARE_OF = "%{{x:.3g}} {}: %{{y:.0%}}<extra>%{{fullData.name}}</extra>"


#: Pixels between labels and title of an axis: without it a long label runs into the title.
STANDOFF = 10

#: Most labels of an axis of decades: what a phone has room for.
MOST = 5


def power_of_ten(power: int) -> str:
    """10 to a whole `power`, with the exponent raised."""
    return "10" + str(power).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def decades(low: int, high: int, most: int = MOST) -> range:
    """Powers of ten to label between two, the lower one always, in the smallest step that makes at most `most`."""
    return range(low, high + 1, max(-(-(high - low + 1) // most), 1))


def multiples(powers: range) -> list[str]:
    """Labels of "times as much": plain up to 1000, and all of them powers where any is beyond."""
    plain = powers[-1] <= 3
    return [str(10**power) if plain else power_of_ten(power) for power in powers]


def gap_labels(powers: range, floor: int = LEAST) -> list[str]:
    """Labels of relative gaps in per cent, in one notation: powers of ten where a gap beyond 100 % has a label.

    What is below the `floor` is drawn on it, and its label says so.

    >>> gap_labels(range(-6, 8, 4))
    ['≤\xa010⁻⁴\xa0%', '10⁰\xa0%', '10⁴\xa0%', '10⁸\xa0%']
    """
    plain = powers[-1] <= 0
    texts = [percent(10.0**power) if plain else f"{power_of_ten(power + 2)}\u00a0%" for power in powers]
    return [f"≤\u00a0{text}" if power == floor else text for power, text in zip(powers, texts, strict=True)]


def share_ticks(steps: int) -> dict[str, list[Any]]:
    """Labels of an axis of shares, from 0 to 100 % in so many equal steps."""
    shares = [step / steps for step in range(steps + 1)]
    return {"tickvals": shares, "ticktext": [percent(share) for share in shares]}


def shares_axis(figure: go.Figure, title: str) -> go.Figure:
    """Make the y axis one of shares from 0 to 100 %."""
    figure.update_yaxes(title={"text": title, "standoff": STANDOFF}, range=[-0.02, 1.04], **share_ticks(4))
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
    powers = decades(low, high)
    figure.update_layout(
        {
            f"{axis}axis": {
                "title": {"text": title, "standoff": STANDOFF},
                "type": "log",
                "range": [low - 0.08, high + 0.08],
                "tickvals": [10.0**power for power in powers],
                "ticktext": [_instant(power) for power in powers],
            }
        }
    )


def _instant(power: int) -> str:
    return seconds(10.0**power) if power <= 3 else f"{power_of_ten(power)}\u00a0s"


def gap_axis(figure: go.Figure, axis: str, runs: pd.DataFrame) -> None:
    """Make axis "x" or "y" a logarithmic one of gaps, whose title says what they are gaps to."""
    against = set(runs["against"])
    to = "certified optimum" if against == {"optimum"} else "best bound" if "none" not in against else "best known"
    low, high = LEAST, max(decades_of(figure, axis)[1], -1)
    # up to 100 % a y axis has room for a label a decade
    powers = decades(low, high, 7 if axis == "y" and high <= 0 else MOST)
    figure.update_layout(
        {
            f"{axis}axis": {
                "title": {"text": f"gap to {to}", "standoff": STANDOFF},
                "type": "log",
                "range": [low - 0.15, high + 0.15],
                "tickvals": [10.0**power for power in powers],
                "ticktext": gap_labels(powers),
            }
        }
    )
