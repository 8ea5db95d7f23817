"""What figures of papers have in common: means over seeds with their deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


def lines(axes: Any, table: DataFrame, x: str, y: str, by: str, *, labels: tuple[str, str], log: str = "") -> None:
    """A line for each value of a column: the mean over seeds, and its deviation as bars.

    Parameters
    ----------
    labels
        Of both axes, with units.
    log
        "x", "y" or "xy": which axes are logarithmic.
    """
    for name, rows in table.groupby(by, sort=False):
        found = rows.groupby(x)[y].agg(["mean", "std"])
        axes.errorbar(found.index, found["mean"], yerr=found["std"].fillna(0.0), marker="o", capsize=2, label=str(name))
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.legend(fontsize=7)


def bars(axes: Any, table: DataFrame, y: str, by: str, label: str, *, log: bool = False) -> None:
    """A bar for each value of a column: the mean over seeds, and its deviation."""
    found = table.groupby(by, sort=False)[y].agg(["mean", "std"])
    axes.barh(list(map(str, found.index)), found["mean"], xerr=found["std"].fillna(0.0), capsize=2)
    axes.invert_yaxis()
    axes.tick_params(labelsize=7)
    if log:
        axes.set_xscale("log")
    axes.set_xlabel(label)


__all__ = ["bars", "lines"]
