"""The paper's figures: what is lost against the optimum (1 - ratio, logarithmic) and the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

#: Smallest 1 - ratio that is drawn; ratios of 1 have no logarithm.
LEAST = 1e-7


def draw_learning(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Figs. 3 to 5: 1 - ratio and loss against frames, a column a size."""
    _curves(figure, tables["learning"])


def draw_circuits(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Fig. 6."""
    _curves(figure, tables["circuits"])


def _curves(figure: Any, table: DataFrame) -> None:
    sizes = sorted(table["devices"].unique())
    figure.set_size_inches(4.2 * len(sizes), 6.5)
    axes = figure.subplots(2, len(sizes), squeeze=False)
    colours = {method: f"C{place}" for place, method in enumerate(table["method"].unique()[::-1])}
    for column, devices in enumerate(sizes):
        for method, rows in table[table["devices"] == devices].groupby("method", sort=False):
            mean = rows.groupby("frame")[["ratio", "loss"]].mean()
            smooth = mean.rolling(5, min_periods=1).mean()
            drawn = {"label": method, "color": colours[method]}
            axes[0, column].plot(mean.index, (1.0 - smooth["ratio"]).clip(lower=LEAST), **drawn)
            axes[1, column].plot(mean.index, smooth["loss"], **drawn)
        axes[0, column].set(title=f"N = {devices}", yscale="log")
        axes[1, column].set(xlabel="frame")
    axes[0, 0].set_ylabel("1 - ratio to the certified optimum")
    axes[1, 0].set_ylabel("cross-entropy")
    axes[1, -1].legend(fontsize="xx-small")


def draw_held(figure: Any, tables: Mapping[str, DataFrame]) -> None:
    """Table I with its lines: 1 - ratio on frames of their own."""
    lost = (1.0 - tables["held"].groupby("method")["ratio"].mean()).clip(lower=LEAST).sort_values()
    axes = figure.add_subplot()
    axes.barh(list(lost.index), lost.to_numpy())
    axes.set(xscale="log", xlabel="1 - ratio to the certified optimum, N = 30")
