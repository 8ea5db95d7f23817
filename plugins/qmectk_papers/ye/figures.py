"""Ye's figures, with exact decisions in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..drawing import bars, lines

if TYPE_CHECKING:
    from pandas import DataFrame

COST = "cost a device and slot [weighted s and J]"


def weights(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 3(a)."""
    lines(figure.subplots(), tables["weights"], "latency", "cost", "method", labels=("weight of latency", COST))


def tradeoff(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 3(b): the cost and the queue over V, and the bound."""
    found = tables["tradeoff"]
    figure.set_size_inches(10, 4)
    left, right = figure.subplots(1, 2)
    corrected = found[found["queue"] == "corrected"]
    lines(left, corrected, "V", "cost", "queue", labels=("V", COST), log="x")
    left.plot(corrected["V"].unique(), corrected.groupby("V")["bound"].mean(), "k--", label="bound")
    left.legend(fontsize=7)
    lines(right, corrected, "V", "backlog", "queue", labels=("V", "mean virtual queue"), log="xy")


def methods(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 3(c): three forms of the cost, and learned controllers."""
    found = tables["methods"]
    figure.set_size_inches(12, 6)
    places = iter(figure.subplots(2, 2).flat)
    for form in found["form"].unique():
        axes = next(places)
        bars(axes, found[found["form"] == form], "cost", "method", COST, log=True)
        axes.set_title(f"{form} cost, decisions slot by slot", fontsize=9)
    axes = next(places)
    bars(axes, tables["learned"], "cost", "method", COST, log=True)
    axes.set_title("parallel cost, learned", fontsize=9)


def reversal(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 3(c): the QPU alone, published form, one set of devices."""
    bars(figure.subplots(), tables["reversal"], "cost", "method", COST)


def traces(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 4, of the first seed."""
    lines(figure.subplots(), tables["traces"], "slot", "cost", "method", labels=("slot", COST), log="y")


def powers(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 5(a)."""
    _sweep(figure, tables, "powers", "power", "largest transmit power [mW]")


def sizes(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 5(b)."""
    _sweep(figure, tables, "sizes", "size", "size of a task [MB]")


def qubits(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 5(c)."""
    _sweep(figure, tables, "qubits", "qubits", "leased physical qubits")


def targets(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 6: the cost, and by how much Delta is missed."""
    found = tables["targets"].assign(what=lambda t: t["method"] + ", " + t["form"])
    figure.set_size_inches(10, 4)
    left, right = figure.subplots(1, 2)
    lines(left, found, "target", "cost", "what", labels=("Delta", COST))
    lines(right, found, "target", "overdue", "what", labels=("Delta", "z(R)/R, longest queue"))


def _sweep(figure: Any, tables: Mapping[str, DataFrame], table: str, x: str, label: str) -> None:
    lines(figure.subplots(), tables[table], x, "cost", "method", labels=(label, COST), log="y")
