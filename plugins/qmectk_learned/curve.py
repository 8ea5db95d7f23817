"""The learning curve of a policy: a table, and a figure of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from qmectk.figures import DASHES
from qmectk.learning.recovery import moving_mean

#: Columns: frame; mean score of the executed and of the rounded actions since the row before; mean loss; K; mean ratios
#: of the last frames to their proven optima, empty where they are not proved.
COLUMNS = ("frame", "executed", "rounded", "loss", "candidates", "ratio", "rounded_ratio")

#: Smallest 1 - ratio drawn: proofs are stated up to 1e-9.
LEAST = 1e-9

#: Rows whose mean is drawn in full: a row alone is the mean of ten frames.
SMOOTH = 5

Curve = Sequence[Sequence[float | None]]


def written(columns: Sequence[str], curve: Curve) -> str:
    """The table as CSV."""
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([columns, *curve])
    return table.getvalue()


def read(columns: Sequence[str], text: str) -> Curve:
    """The table from CSV; ValueError where it has other columns."""
    head, *rows = csv.reader(io.StringIO(text)) if text else ([],)
    if tuple(head) != tuple(columns) or any(len(row) != len(columns) for row in rows):
        raise ValueError(f"its curve has not the columns {','.join(columns)}")
    return [[float(value) if value else None for value in row] for row in rows]


def draw(figure: Any, curve: Curve, title: str, floors: Sequence[Mapping[str, Any]] = ()) -> None:
    """Draw it into an empty figure of matplotlib.

    Ratios as 1 - ratio on a logarithmic axis, because everything of interest happens above 0.99: pale row by row, and
    the mean of the last `SMOOTH` rows; grey lines for what plain rules reach. Scores where no optimum is known. Below
    them the loss and K.
    """
    columns: dict[str, list[Any]] = {name: [row[i] for row in curve] for i, name in enumerate(COLUMNS)}
    frames = columns["frame"]
    above, below = figure.subplots(2, 1, sharex=True)
    if any(ratio is not None for ratio in columns["ratio"]):
        for name, label in (("ratio", "executed, best of K"), ("rounded_ratio", "rounded, K = 1")):
            places, ratios = _known(frames, columns[name])
            away = np.maximum(1.0 - np.array(ratios), LEAST)
            (line,) = above.plot(places, away, linewidth=0.8, alpha=0.35)
            means = np.maximum(1.0 - moving_mean(np.array(ratios), SMOOTH), LEAST)
            above.plot(places[-len(means) :], means, color=line.get_color(), label=label)
        for floor, dash in zip(floors, cycle(DASHES), strict=False):
            if floor["mean_ratio"] is not None:
                style = {"color": "gray", "linestyle": dash, "linewidth": 1.0}
                above.axhline(max(1.0 - floor["mean_ratio"], LEAST), label=f"floor: {floor['backend']}", **style)
        above.set(yscale="log", ylabel="1 - ratio to the proven optimum")
    else:
        for name in ("executed", "rounded"):
            above.plot(*_known(frames, columns[name]), label=name)
        above.set(ylabel="mean score")
    above.legend(fontsize="small", loc="lower left")
    below.plot(frames, columns["loss"], color="tab:green")
    below.set(xlabel="training frame", ylabel="loss")
    beside = below.twinx()
    beside.plot(frames, columns["candidates"], color="tab:gray", linewidth=0.8)
    beside.set(ylabel="K", ylim=(0, None))
    figure.suptitle(title, fontsize="medium")


def _known(frames: list[Any], values: list[Any]) -> tuple[list[Any], list[Any]]:
    pairs = [(frame, value) for frame, value in zip(frames, values, strict=True) if value is not None]
    return [frame for frame, _ in pairs], [value for _, value in pairs]


__all__ = ["COLUMNS", "Curve", "draw", "read", "written"]
