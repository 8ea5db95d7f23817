"""Xu's figures, with the certified optimum in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..drawing import bars, lines

if TYPE_CHECKING:
    from pandas import DataFrame

COST = "cost of a slot [weighted s and J]"


def baselines(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Figs. 4 to 6: what the baselines cost over the optimum."""
    found = tables["methods"]
    names = list(dict.fromkeys(found["setting"]))
    figure.set_size_inches(10, 6)
    for axes, name in zip(figure.subplots(2, 2).flat, names, strict=True):
        bars(axes, found[found["setting"] == name], "ratio", "method", "cost over the optimum", log=True)
        axes.set_title(name, fontsize=9)


def learned(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Figs. 4 to 6: learned policies above the optimum, on the size they were trained on and on larger ones."""
    found = tables["learned"].assign(above=lambda t: t["ratio"] - 1.0)
    figure.set_size_inches(10, 4)
    left, right = figure.subplots(1, 2)
    first = found[(found["size"] == 10) & (found["latency"] == 0.5)]
    lines(left, first, "epochs", "above", "design", labels=("epochs", "cost over the optimum, less 1"), log="xy")
    pairs = found[(found["design"] == "pair-ppo") & (found["latency"] == 0.5)]
    lines(right, pairs, "size", "above", "epochs", labels=("users and servers (trained on 10)", "the same"), log="y")


def clocks(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 7."""
    lines(figure.subplots(), tables["clocks"], "clock", "cost", "method", labels=("edge clock [GHz]", COST), log="y")


def qubits(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 8."""
    labels = ("qubits of a server", COST)
    lines(figure.subplots(), tables["qubits"], "qubits", "cost", "setting", labels=labels, log="xy")


def coherence(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 9: the optimum, how much of it is on QPUs, and the printed cost of a task on a QPU."""
    found = tables["coherence"]
    figure.set_size_inches(12, 4)
    place = "coherence time [ms]"
    left, middle, right = figure.subplots(1, 3)
    lines(left, found, "coherence", "cost", "setting", labels=(place, COST), log="x")
    lines(middle, found, "coherence", "qpu", "setting", labels=(place, "share of the QPUs"), log="x")
    lines(right, found, "coherence", "task", "setting", labels=(place, "printed QPU cost, 800 MB, pb 6"), log="xy")


def modes(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Where the optimum computes, under every reading."""
    found = tables["settings"].groupby("setting", sort=False)[["local", "cpu", "qpu"]].mean()
    axes = figure.subplots()
    left = 0.0 * found["local"]
    for kind in found:
        axes.barh(list(found.index), found[kind], left=left, label=kind)
        left = left + found[kind]
    axes.invert_yaxis()
    axes.tick_params(labelsize=7)
    axes.set_xlabel("share of the work")
    axes.legend(fontsize=7)
