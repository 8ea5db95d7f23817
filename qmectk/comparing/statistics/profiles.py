"""Profiles: the share of cases a contender settles within a factor of the fastest, or within a time.

Performance profiles: E. Dolan & J. More, "Benchmarking optimization software with performance profiles",
Mathematical Programming 91, 2002. Data profiles: J. More & S. Wild, "Benchmarking derivative-free optimization
algorithms", SIAM J. Optim. 20, 2009; their unit is simplex gradients, ours is seconds, and their convergence test is
here the gap to the certified bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .refusals import taking_part
from .targets import time_to_target

#: Times below this are the clock's, seconds.
CLOCK = 1e-6


def costs(frame: pd.DataFrame, target_gap: float) -> pd.DataFrame:
    """Seconds to the target, one row a case and one column a contender; inf when the target is missed.

    The median over seeds, so a contender must settle more than half its seeds. Only cases that every contender ran;
    one that was refused in every run of a problem takes no part in it.
    """
    runs = taking_part(frame)
    table = pd.DataFrame(
        {"case": runs["case"], "contender": runs["contender"], "cost": time_to_target(runs, target_gap)}
    )
    return case_table(table, "cost")


def case_table(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Median over seeds of `column` by case and contender; cases that some contender never ran are left out."""
    order = list(dict.fromkeys(table["contender"]))
    # numpy's mean of the two middles is inf where one of them is, as it must be
    middle = table.groupby(["case", "contender"])[column].agg(lambda v: float(np.median(v.to_numpy(dtype=float))))
    wide = middle.unstack("contender").reindex(columns=order)
    ran = table.groupby(["case", "contender"]).size().unstack("contender").reindex(columns=order)
    return wide[ran.notna().all(axis=1)]


def performance_profile(table: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Contender -> (ratios tau, share of cases with cost within tau of the best), a right-continuous staircase.

    Cases that no contender settles stay in the denominator.
    """
    values = np.maximum(table.to_numpy(dtype=float), CLOCK) if table.size else np.empty((0, table.shape[1]))
    best = values.min(axis=1, keepdims=True) if values.size else np.empty((0, 1))
    finite = np.isfinite(values)
    ratios = np.where(finite, values, 1.0) / np.where(np.isfinite(best), best, 1.0)
    ratios = np.where(finite, ratios, np.inf)
    return {name: staircase(ratios[:, column], start=1.0) for column, name in enumerate(table.columns)}


def data_profile(table: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Contender -> (seconds, share of cases settled within them)."""
    values = table.to_numpy(dtype=float) if table.size else np.empty((0, table.shape[1]))
    return {name: staircase(values[:, column]) for column, name in enumerate(table.columns)}


def staircase(values: Any, start: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Steps of the empirical distribution of `values`, whose denominator counts inf too.

    `start` adds a first point there, so that the curve begins at its left edge.
    """
    values = np.asarray(values, dtype=float)
    where, count = np.unique(values[np.isfinite(values)], return_counts=True)
    share = np.cumsum(count) / max(len(values), 1)
    if start is not None and (not where.size or where[0] > start):
        where, share = np.concatenate([[start], where]), np.concatenate([[0.0], share])
    return where, share
