"""The paper's figures from our tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

Tables = Mapping[str, "DataFrame"]

UNITS = {
    "power": "power [W]",
    "backlog": "backlog [tasks a device]",
    "throughput": "throughput [tasks a slot]",
    "efficiency": "efficiency [Mbit/J]",
}


def draw_methods(figure: Any, tables: Tables) -> None:
    """Figs. 6, 7, 9 and 10, Tables 6 and 8: power, backlog and throughput of the methods and of what has learned."""
    _bars(figure, tables["methods"])


def draw_swings(figure: Any, tables: Tables) -> None:
    """Fig. 20: changing arrivals and gains."""
    _bars(figure, tables["swings"])


def _bars(figure: Any, table: DataFrame) -> None:
    figure.set_size_inches(11, 3.5)
    means = table.groupby("method", sort=False).mean(numeric_only=True)
    axes = figure.subplots(1, 3, sharey=True)
    for place, name in zip(axes, ("power", "backlog", "throughput"), strict=True):
        place.barh(list(means.index), means[name].to_numpy())
        place.set(xlabel=UNITS[name], xscale="log" if name == "backlog" else "linear")
    axes[0].invert_yaxis()


def draw_load(figure: Any, tables: Tables) -> None:
    """Throughput against what arrives."""
    _lines(
        figure.add_subplot(), tables["load"], "load", "throughput", "method", "mean arrivals [tasks a slot and device]"
    )


def draw_sweep(figure: Any, tables: Tables) -> None:
    """Figs. 12 to 15 and 18: V against power with its bound, backlog and throughput."""
    figure.set_size_inches(11, 3.5)
    for place, name in zip(figure.subplots(1, 3), ("power", "backlog", "throughput"), strict=True):
        _lines(place, tables["sweep"], "V", name, "weights", "V")
        place.set_xscale("log")
    place = figure.axes[0]
    place.axhline(float(tables["sweep"]["bound"].mean()), color="grey", linestyle="--", label="bound over the horizon")
    place.legend(fontsize="small")


def draw_printed(figure: Any, tables: Tables) -> None:
    """Fig. 19: throughput falls with V as printed, and where a controller has failed."""
    figure.set_size_inches(9, 3.5)
    left, right = figure.subplots(1, 2)
    _lines(left, tables["printed"], "V", "throughput", "method", "V")
    left.set(xscale="log", title="equations as printed")
    means = tables["large"].groupby("method", sort=False)["throughput"].mean()
    right.barh(list(means.index), means.to_numpy())
    right.set(xlabel=UNITS["throughput"], title="V = 10 000")


def draw_sizes(figure: Any, tables: Tables) -> None:
    """Fig. 21: efficiency over devices."""
    figure.set_size_inches(9, 3.5)
    for place, (servers, rows) in zip(figure.subplots(1, 2), tables["sizes"].groupby("servers"), strict=True):
        _lines(place, rows, "devices", "efficiency", "method", "devices")
        place.set_title(f"servers {servers}")


def _lines(axes: Any, table: DataFrame, along: str, name: str, each: str, label: str) -> None:
    for key, rows in table.groupby(each, sort=False):
        means = rows.groupby(along)[name].mean()
        axes.plot(means.index, means.to_numpy(), marker="o", label=str(key))
    axes.set(xlabel=label, ylabel=UNITS[name])
    axes.legend(fontsize="small")
