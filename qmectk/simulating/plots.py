"""Figures of simulations, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..figures import DASHES
from .trajectory import Trajectory, smooth


def plot_runs(figure: Any, simulations: Sequence[Trajectory], floors: Sequence[Trajectory] = ()) -> None:
    """One panel a record over the slots; one line a run, grey ones behind them for plain rules."""
    names = [name for name in simulations[0].facts if any(np.ptp(run.records[name]) > 0 for run in simulations)]
    columns = 2 if len(names) > 1 else 1
    rows = max(1, -(-len(names) // columns))
    figure.set_size_inches(5.5 * columns, 2.6 * rows)
    for place, name in enumerate(names, start=1):
        axes = figure.add_subplot(rows, columns, place)
        for run in simulations:
            axes.plot(*smooth(run.records[name]), label=label(run), linewidth=1.0)
        for number, floor in enumerate(floors):
            style = {"color": "gray", "linestyle": DASHES[number % len(DASHES)], "zorder": 1.0}
            axes.plot(*smooth(floor.records[name]), label=f"floor: {floor.backend}", linewidth=0.9, **style)
        unit = simulations[0].units.get(name, "")
        axes.set(xlabel="slot", ylabel=f"{name.replace('_', ' ')}{f' [{unit}]' if unit else ''}")
        if place == 1 and len(simulations) + len(floors) > 1:
            axes.legend(fontsize="small")
    figure.suptitle(title(simulations[0]), fontsize="medium")


def plot_sweep(figure: Any, simulations: Sequence[Trajectory], key: str) -> None:
    """Averages of the second half against a setting: the goal, then the queues."""
    first = simulations[0]
    values = np.array([float(run.settings[key]) for run in simulations])
    names = [name for name in (first.goal, *first.backlogs) if name in first.records]
    names = [name for name in names if any(run.means(0.5)[name] != 0.0 for run in simulations)]
    figure.set_size_inches(5.5 * len(names), 3.6)
    for place, name in enumerate(names, start=1):
        axes = figure.add_subplot(1, len(names), place)
        axes.plot(values, [run.means(0.5)[name] for run in simulations], marker="o")
        if name == first.goal and first.horizon is not None and first.horizon.get(name) is not None:
            axes.axhline(first.horizon[name], linestyle="--", color="black", label="no controller is better")
            axes.legend(fontsize="small")
        axes.set_xscale("symlog", linthresh=1.0)
        axes.set_xlim(left=-0.2 if values.min() <= 0 else None)
        unit = first.units.get(name, "")
        axes.set(xlabel=key, ylabel=f"{name.replace('_', ' ')}{f' [{unit}]' if unit else ''}")
        axes.grid(alpha=0.3)
    figure.suptitle(title(first), fontsize="medium")


def label(run: Trajectory) -> str:
    """What tells a run from the others of its figure."""
    return ", ".join([run.backend, *(f"{key} = {value:g}" for key, value in run.settings.items())])


def title(run: Trajectory) -> str:
    """What all runs of a figure share."""
    preset = f" ({run.title})" if run.title else ""
    return f"{run.problem}{preset}, seed {run.problem_seed}, {run.done} slots"
