"""The learning curve of a policy: a table, and a figure of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qmectk.backend import installed

#: Columns: frame; mean score of the executed and of the rounded actions since the row before; mean loss; K; mean ratios
#: of the last frames to their proven optima, empty where nobody has proved them.
COLUMNS = ("frame", "executed", "rounded", "loss", "candidates", "ratio", "rounded_ratio")

#: Smallest 1 - ratio drawn: proofs are stated up to 1e-9.
LEAST = 1e-9

Curve = Sequence[Sequence[float | None]]


def written(curve: Curve) -> str:
    """The table as CSV."""
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *curve])
    return table.getvalue()


def read(text: str) -> Curve:
    """The table from CSV; ValueError where it is none."""
    head, *rows = csv.reader(io.StringIO(text)) if text else ([],)
    if tuple(head) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise ValueError(f"its curve has not the columns {','.join(COLUMNS)}")
    return [[float(value) if value else None for value in row] for row in rows]


def draw(curve: Curve, title: str, path: Path) -> bool:
    """Draw it into a file; whether matplotlib is here to do so.

    Ratios as 1 - ratio on a logarithmic axis, because everything of interest happens above 0.99; scores where no
    optimum is known. Below them the loss and K.
    """
    if not curve or not installed("matplotlib"):
        return False
    from qmectk.figures import new_figure, save_figure

    columns: dict[str, list[Any]] = {name: [row[i] for row in curve] for i, name in enumerate(COLUMNS)}
    frames = columns["frame"]
    figure = new_figure()
    above, below = figure.subplots(2, 1, sharex=True)
    if any(ratio is not None for ratio in columns["ratio"]):
        for name, label in (("ratio", "executed, best of K"), ("rounded_ratio", "rounded, K = 1")):
            losses = [None if r is None else max(1.0 - r, LEAST) for r in columns[name]]
            above.plot(*_known(frames, losses), label=label)
        above.set(yscale="log", ylabel="1 - ratio to the proven optimum")
    else:
        for name in ("executed", "rounded"):
            above.plot(*_known(frames, columns[name]), label=name)
        above.set(ylabel="mean score")
    above.legend()
    below.plot(frames, columns["loss"], color="tab:green")
    below.set(xlabel="training frame", ylabel="loss")
    beside = below.twinx()
    beside.plot(frames, columns["candidates"], color="tab:gray", linewidth=0.8)
    beside.set(ylabel="K", ylim=(0, None))
    figure.suptitle(title, fontsize="medium")
    figure.tight_layout()
    save_figure(figure, path)
    return True


def _known(frames: list[Any], values: list[Any]) -> tuple[list[Any], list[Any]]:
    pairs = [(frame, value) for frame, value in zip(frames, values, strict=True) if value is not None]
    return [frame for frame, _ in pairs], [value for _, value in pairs]


__all__ = ["COLUMNS", "Curve", "draw", "read", "written"]
