"""Average ranks with their critical difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ...statistics.ranks import critical_difference as rank
from ...statistics.ranks import losses
from .style import Contenders, empty, read, safe


def critical_difference(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Average ranks with bars of half Nemenyi's critical difference: bars that do not overlap differ (Demsar 2006)."""
    runs, styles = read(frame, contenders)
    ranking = rank(losses(runs))
    figure = empty("Average rank")
    half = 0.5 * ranking.critical if np.isfinite(ranking.critical) else 0.0
    for name, value in ranking.ranks.items():
        figure.add_scatter(
            x=[value],
            y=[safe(name)],
            error_x=(
                {"type": "constant", "value": half, "thickness": 2, "width": 6, "color": styles[name].color}
                if half
                else None
            ),
            hovertemplate="average rank %{x:.2f}<extra>%{fullData.name}</extra>",
            **{**styles[name].points, "marker": {**styles[name].marker, "size": 11}},
        )
    figure.update_yaxes(autorange="reversed", type="category", automargin=True, ticklen=8, showgrid=False)
    figure.update_xaxes(title="average rank (1 is best)", zeroline=False)
    figure.update_layout(height=max(220, 90 + 36 * len(ranking.ranks)), showlegend=False)
    return figure
