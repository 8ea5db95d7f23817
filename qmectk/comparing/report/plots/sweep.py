"""The penalty sweep: what the factor on all penalties does to samples, answers and gaps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ....errors import InputError
from ....status import OPTIMALITY_GAP
from ...statistics.sweep import families, nearest_to_default, sweep_curve
from ..wording import percent
from .axes import decades, gap_labels, share_ticks
from .style import Contenders, Style, brief, empty, read, safe

#: Column of the curve, title of its panel.
PANELS = {
    "share_feasible": "feasible samples",
    "share_answered": "runs with a feasible point",
    "mean_gap": "mean gap",
}


def penalty_sweep(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Over the penalty factor: share of feasible samples, share of runs with a feasible point, and mean gap.

    A line a backend (and problem, where there are several). A mark is filled where the penalties are proved
    sufficient on every instance, and empty where they are not, or where none could be looked at.

    Raises
    ------
    InputError
        When no run went through penalties.
    """
    runs, _ = read(frame, None)
    curve = sweep_curve(runs)
    if not len(curve):
        raise InputError(
            "none of these runs went through penalties", "compare a QUBO backend, with penalty_sweep=[0.1, 1, 10]"
        )
    panels = [name for name in PANELS if curve[name].notna().any()]
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.09)
    _dress(figure, len(panels))
    several = curve["problem"].nunique() > 1
    looks = _looks(runs, contenders, several)
    for at, column in enumerate(panels, start=1):
        for (problem, backend), part in curve.groupby(["problem", "backend"], sort=False):
            name = f"{problem}: {backend}" if several else backend
            figure.add_trace(_line(part, column, name, looks[problem, backend]), row=at, col=1)
        figure.add_annotation(
            text=f"<b>{PANELS[column]}</b>",
            x=0.0,
            xref="x domain",
            xanchor="left",
            y=1.02,
            yref=f"y{at if at > 1 else ''} domain",
            yanchor="bottom",
            showarrow=False,
        )
        if column == "mean_gap":
            _gaps(figure, curve[column], at)
        else:
            figure.update_yaxes(range=[-0.06, 1.06], **share_ticks(2), row=at, col=1)
    _legend(figure, {f"{p}: {b}" if several else b: style for (p, b), style in looks.items()})
    _factors(figure, sorted(set(curve["factor"])), len(panels))
    return figure


def _looks(runs: pd.DataFrame, contenders: Contenders, several: bool) -> dict[tuple[str, str], Style]:
    """The style a backend has in the other plots, where it is drawn at one factor; by place among several problems."""
    order = list(contenders or dict.fromkeys(runs["contender"]))
    chosen = nearest_to_default(runs)
    pairs = pd.DataFrame({"problem": chosen["problem"], "family": families(runs)[chosen.index]})
    pairs["contender"] = chosen["contender"]
    rows = list(pairs.drop_duplicates(["problem", "family"]).itertuples(index=False))
    known = not several and all(row.contender in order for row in rows)
    return {
        (row.problem, row.family): Style(order.index(row.contender) if known else place, row.family)
        for place, row in enumerate(rows)
    }


def _legend(figure: go.Figure, looks: dict[str, Style]) -> None:
    """Full marks for the lines, whatever their first points are, and what full and empty marks mean."""
    drawn = {trace.legendgroup for trace in figure.data}
    for name, style in looks.items():
        if _group(name) in drawn:
            marker = {"symbol": style.symbol, "color": style.color, "size": 9}
            line = {**style.line, "mode": "lines+markers", "marker": marker, "name": brief(name)}
            figure.add_scatter(x=[None], y=[None], **{**line, "legendgroup": _group(name)})
    for symbol, says in (("circle", "proved sufficient"), ("circle-open", "not proved")):
        marker = {"symbol": symbol, "color": "#8f8f8f", "size": 9, "line": {"width": 2, "color": "#8f8f8f"}}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=says, hoverinfo="skip")


def _group(name: str) -> str:
    # not one of the contenders' groups: their switches must not hide a line that stands for all factors
    return f"sweep {name}"


def _line(part: pd.DataFrame, column: str, name: str, style: Style) -> go.Scatter:
    proved = part["sufficient"] == 1.0
    values = part[column].clip(lower=OPTIMALITY_GAP) if column == "mean_gap" else part[column]
    marker = {"color": style.color, "size": 10, "line": {"width": 2, "color": style.color}}
    marker["symbol"] = [style.symbol if enough else f"{style.symbol}-open" for enough in proved]
    unit = "%{y:.3%}" if column == "mean_gap" else "%{y:.1%}"
    return go.Scatter(
        x=part["factor"],
        y=values,
        mode="lines+markers",
        line=style.line["line"],
        marker=marker,
        name=safe(name),
        legendgroup=_group(name),
        showlegend=False,
        text=[_enough(share) for share in part["sufficient"]],
        hovertemplate=f"factor %{{x:g}}: {unit}, %{{text}}<extra>%{{fullData.name}}</extra>",
    )


def _enough(share: float) -> str:
    if math.isnan(share):
        return "sufficiency open"
    return f"proved sufficient on {percent(share)} of instances"


def _dress(figure: go.Figure, panels: int) -> None:
    """What all figures have in common, on each of several axes."""
    common = empty("Penalty sweep").layout
    axis = {**common.xaxis.to_plotly_json(), "automargin": True}
    figure.update_layout(common)
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    height = 120 + 150 * panels
    figure.update_layout(height=height, margin={"t": 70}, legend={"y": -60 / (height - 120), "yanchor": "top"})


def _gaps(figure: go.Figure, gaps: pd.Series, at: int) -> None:
    """A logarithmic axis around the mean gaps; what is below the optimality gap counts as on it."""
    exponents = np.log10(gaps.dropna().clip(lower=OPTIMALITY_GAP))
    low, high = math.floor(exponents.min() + 1e-9), math.ceil(exponents.max() - 1e-9)
    high = max(high, low + 1)
    powers = decades(low, high, 4)  # a panel is low
    figure.update_yaxes(
        type="log",
        range=[low - 0.12, high + 0.12],
        tickvals=[10.0**power for power in powers],
        ticktext=gap_labels(powers),
        row=at,
        col=1,
    )


def _factors(figure: go.Figure, factors: list[float], panels: int) -> None:
    """Ticks at the factors that were run, as far as there is room."""
    shown: dict[str, Any] = {}
    if len(factors) <= 9:
        shown = {"tickvals": factors, "ticktext": [f"{factor:g}" for factor in factors]}
    figure.update_xaxes(type="log", **shown)
    figure.update_xaxes(title="factor on all penalties", row=panels, col=1)
