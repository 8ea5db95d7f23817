"""Means that neither tiny nor huge values dominate.

Shifted geometric mean: T. Achterberg, "Constraint Integer Programming", PhD thesis, TU Berlin 2007, appendix A.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Shift of mean times, in seconds: differences far below it do not move the mean.
SECONDS_SHIFT = 1e-3


def shifted_geometric_mean(values: Any, shift: float = 1.0, axis: int | tuple[int, ...] | None = None) -> Any:
    """``exp(mean(log(v + shift))) - shift`` over `axis`, leaving nan out; nan when nothing is left.

    Parameters
    ----------
    values
        Non-negative numbers; an inf makes the mean inf.
    shift
        Positive, in the unit of the values. Achterberg uses 10 s for times and 100 for nodes.
    """
    values = np.asarray(values, dtype=float)
    if not shift > 0.0:
        raise ValueError(f"shift must be positive, got {shift}")
    if np.any(values < 0.0):
        raise ValueError("a shifted geometric mean needs values that are not negative")
    # expm1 and log1p keep values far below the shift
    mean = nan_mean(np.log1p(values / shift), axis)
    return shift * np.expm1(mean)


def nan_mean(values: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Mean over `axis` leaving nan out; nan, without a warning, when nothing is left."""
    values = np.asarray(values, dtype=float)
    known = ~np.isnan(values)
    count = np.sum(known, axis=axis)
    total = np.sum(np.where(known, values, 0.0), axis=axis)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return float(mean) if mean.ndim == 0 else mean
