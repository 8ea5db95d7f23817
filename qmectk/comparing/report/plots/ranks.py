"""Average ranks with their critical difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ...statistics.ranks import critical_difference as rank
from ...statistics.ranks import losses
from .axes import STANDOFF
from .style import Contenders, empty, folded, read

#: Pixels of a row, whose label has up to three lines.
ROW = 46


def critical_difference(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Average ranks with bars of half Nemenyi's critical difference: bars that do not overlap differ (Demsar 2006).

    Bars end at 1 and at the number of contenders, which no rank can pass; two of them meet then as they did before.
    Where Friedman's test does not tell the contenders apart there are none: Demsar compares ranks only where it does.
    """
    runs, styles = read(frame, contenders)
    ranking = rank(losses(runs))
    figure = empty("Average rank")
    last = max(len(ranking.ranks), 2)
    compared = np.isfinite(ranking.critical) and not ranking.p >= 0.05
    half = 0.5 * ranking.critical if compared else 0.0
    for place, (name, value) in enumerate(ranking.ranks.items()):
        figure.add_scatter(
            x=[value],
            y=[place],
            error_x=_bar(value, half, last, styles[name].color) if half else None,
            hovertemplate="average rank %{x:.2f}<extra>%{fullData.name}</extra>",
            **{**styles[name].points, "marker": {**styles[name].marker, "size": 11}},
        )
    rows = max(len(ranking.ranks), 1)
    figure.update_yaxes(
        range=[rows - 0.5, -0.5],
        tickvals=list(range(len(ranking.ranks))),
        ticktext=[folded(name) for name in ranking.ranks],
        ticklen=8,
        showgrid=False,
    )
    step = -(-(last - 1) // 8)
    figure.update_xaxes(
        title={"text": "average rank (1 is best)", "standoff": STANDOFF},
        range=[0.92, last + 0.08],
        tick0=1,
        dtick=step,
        zeroline=False,
    )
    figure.update_layout(height=90 + ROW * rows, showlegend=False)
    return figure


def _bar(value: float, half: float, last: int, color: str) -> dict[str, object]:
    ends = {"array": [min(half, last - value)], "arrayminus": [min(half, value - 1.0)]}
    return {"type": "data", "symmetric": False, **ends, "thickness": 2, "width": 6, "color": color}
