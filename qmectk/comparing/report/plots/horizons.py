"""Controllers over horizons: their records over the slots, and what they reach at which backlog."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ....errors import InputError
from ...statistics.horizons import facts_of, spread, tracks, trade_off
from .axes import STANDOFF
from .style import Contenders, Style, empty, read, safe

#: The line of a bound.
BOUND = {"color": "#4d5661", "dash": "dash", "width": 1.6}


def trajectory(frame: pd.DataFrame, record: str | None = None, *, contenders: Contenders = None) -> go.Figure:
    """A record over the slots, a line a contender: means over windows of slots and over the runs that came to the end.

    Parameters
    ----------
    record
        Name of a record of the process; its goal when left out. A queue is drawn from zero.

    Raises
    ------
    InputError
        When no run has such a record.
    """
    runs, styles = read(frame, contenders, floors=True)
    facts = _known(runs)
    record = record or str(facts["goal"])
    figure = empty(f"{_words(record)} over the slots")
    for name, group in runs.groupby("contender", sort=False):
        slots, values = tracks(group, record)
        if slots.size:
            figure.add_scatter(
                x=slots,
                y=values,
                hovertemplate="slot %{x:.0f}: %{y:.4g}<extra>%{fullData.name}</extra>",
                **styles[name].line,
            )
    if not figure.data:
        raise InputError(f"no run over a horizon has a record '{record}' that changes", f"there are {_records(runs)}")
    if record == facts["goal"] and runs["reference_bound"].notna().any():
        bound = float(runs.groupby("case")["reference_bound"].first().mean())
        # it is one of the second half, as the averages that are compared with it
        half, whole = facts["slots"] / 2.0, float(facts["slots"])
        figure.add_scatter(
            x=[half, whole],
            y=[bound, bound],
            mode="lines",
            line=BOUND,
            showlegend=False,
            hovertemplate="bound of the second half: %{y:.4g}<extra></extra>",
        )
    figure.update_xaxes(title={"text": "slot", "standoff": STANDOFF})
    figure.update_yaxes(title={"text": _titled(record, facts), "standoff": STANDOFF})
    if record in facts["backlogs"]:
        figure.update_yaxes(rangemode="tozero")
    return figure


def goal_against_backlog(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """A point a path (mean over seeds): goal against first queue, both of the second half; open: does not stand.

    Raises
    ------
    InputError
        When the process has no queue.
    """
    runs, styles = read(frame, contenders, floors=True)
    facts, queue = _known(runs), _queue(runs)
    table = spread(runs)
    figure = empty("Goal against backlog")
    for name, group in table.groupby("contender", sort=False):
        by_path = group.groupby("case").agg(
            x=(queue, "mean"), y=("objective", "mean"), path=("path", "first"), stands=("stands", "all")
        )
        _points(figure, by_path, [f"path {path}" for path in by_path["path"]], styles[name], "markers")
    _level(figure, float(table.groupby("case")["horizon_bound"].first().mean()))
    _axes(figure, facts, queue)
    return figure


def trade_off_curve(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """The goal against the backlog over a sweep: a line a contender, a mark a value, intervals along both axes.

    Open marks do not stand. The dashed line is the bound over the horizon; who passes it has left work in the queues.

    Raises
    ------
    InputError
        When nothing was swept.
    """
    runs, styles = read(frame, contenders, floors=True)
    table = trade_off(runs)
    if not len(table):
        raise InputError("nothing was swept over these horizons", "compare with sweep={'V': [100, 1000]}")
    facts, queue = _known(runs), _queue(runs)
    figure = empty("Trade-off")
    reach = table.groupby("contender", sort=False)["backlog"].agg(lambda x: x.max() / max(x.min(), 1e-12))
    for name, group in table.groupby("contender", sort=False):
        rows = group.sort_values("value").rename(columns={"backlog": "x", "objective": "y"})
        labels = [f"{key} = {value:g}" for key, value in zip(rows["key"], rows["value"], strict=True)]
        bars = {
            axis: {
                "type": "data",
                "symmetric": False,
                "array": rows[f"{column}_high"] - rows[axis[-1]],
                "arrayminus": rows[axis[-1]] - rows[f"{column}_low"],
                "thickness": 1,
                "width": 3,
            }
            for axis, column in (("error_x", "backlog"), ("error_y", "objective"))
        }
        # the values beside the marks of whom they move most; the pointer shows all
        mode = "lines+markers+text" if name == reach.idxmax() else "lines+markers"
        _points(
            figure,
            rows,
            labels,
            styles[name],
            mode,
            textposition=["bottom right"] * (len(rows) - 1) + ["bottom left"],
            **bars,
        )
    _level(figure, float(table["bound"].mean()))
    _axes(figure, facts, queue)
    return figure


def _points(figure: go.Figure, rows: pd.DataFrame, labels: list[str], style: Style, mode: str, **more: Any) -> None:
    symbols = [style.symbol if stands else f"{style.symbol}-open" for stands in rows["stands"]]
    marker = {"symbol": symbols, "color": style.color, "size": 9, "line": {"width": 2, "color": style.color}}
    figure.add_scatter(
        x=rows["x"],
        y=rows["y"],
        text=[safe(label) for label in labels],
        hovertemplate="%{text}<br>backlog %{x:.4g}: %{y:.4g}<extra>%{fullData.name}</extra>",
        **{**style.line, "mode": mode, "marker": marker},
        **more,
    )


def _level(figure: go.Figure, bound: float) -> None:
    if math.isfinite(bound):
        figure.add_hline(y=bound, line=BOUND)


def _axes(figure: go.Figure, facts: dict[str, Any], queue: str) -> None:
    found = np.concatenate([np.asarray(trace.x, dtype=float) for trace in figure.data])
    found = found[np.isfinite(found) & (found > 0.0)]
    # queues of a sweep lie decades apart
    wide = bool(found.size) and float(found.max()) > 10.0 * float(found.min())
    figure.update_xaxes(title={"text": _titled(queue, facts), "standoff": STANDOFF}, type="log" if wide else "linear")
    if wide:
        figure.update_xaxes(dtick="D2")  # 1, 2, 5
    figure.update_yaxes(title={"text": _titled(str(facts["goal"]), facts), "standoff": STANDOFF})


def _known(runs: pd.DataFrame) -> dict[str, Any]:
    """What the runs say of themselves alike: goal, queues, units, slots."""
    found = next((fact for fact in facts_of(runs) if fact), None)
    if found is None:
        raise InputError("none of these runs is one over a horizon", "compare controllers, with slots=1000")
    return found


def _queue(runs: pd.DataFrame) -> str:
    queues = _known(runs)["backlogs"]
    if not queues:
        raise InputError("this process has no queue", "draw its records over the slots")
    return str(queues[0])


def _records(runs: pd.DataFrame) -> str:
    return ", ".join(_known(runs)["second_half"]) or "none"


def _words(record: str) -> str:
    return record.replace("_", " ")


def _titled(record: str, facts: dict[str, Any]) -> str:
    unit = facts["units"].get(record, "")
    return safe(f"{_words(record)} [{unit}]" if unit else _words(record))
