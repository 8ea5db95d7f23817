"""How far a stream's answers are from their certified optima, frame after frame, beside what plain rules reach."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures import DASHES
from ..solution import StreamSolution
from .recovery import WINDOW, moving_mean

#: Least distance drawn: gaps below it are what certificates leave open.
LEAST = 1e-9


def plot_ratios(figure: Any, solution: StreamSolution) -> None:
    """1 - ratio on a logarithmic axis, means over a window of frames.

    A horizontal line is the mean of a floor, a vertical one a change of the world.

    Parameters
    ----------
    figure
        An empty matplotlib figure.
    solution
        Frames without a certified bound are left out of the means.
    """
    axes = figure.add_subplot()
    for name, ratios in (("executed", solution.ratios), ("rounded", solution.raw_ratios)):
        if not np.isfinite(ratios).any():
            continue
        behind = np.maximum(solution.sense * (1.0 - moving_mean(ratios, WINDOW)), LEAST)
        axes.plot(np.arange(len(behind)) + 0.5 * min(WINDOW, len(ratios)), behind, label=name, linewidth=1.0)
    for number, floor in enumerate(solution.floors):
        away = None if floor.mean is None else solution.sense * (1.0 - floor.mean)
        if away is not None and away > LEAST:
            style = {"color": "gray", "linestyle": DASHES[number % len(DASHES)], "linewidth": 1.0}
            axes.axhline(away, label=f"floor: {floor.backend}, all frames", **style)
    for frame in solution.changes:
        axes.axvline(frame, linestyle=":", color="black", linewidth=1.0)
    axes.set_yscale("log")
    axes.set(xlabel="frame", ylabel=f"1 - ratio, mean over {WINDOW} frames" if solution.sense > 0 else "ratio - 1")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.suptitle(f"{solution.problem}, {solution.backend}, {solution.frames} frames", fontsize="medium")
