"""The table of a comparison: each contender on each problem, with confidence intervals.

Every interval is a 95 % bootstrap interval over instances and seeds (see :mod:`.bootstrap`), times are shifted
geometric means (:mod:`.means`), TTS99 is Ronnow's (:mod:`.targets`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...status import TARGET_GAP
from .bootstrap import Sample, Statistic, intervals, share_interval
from .gaps import counts
from .means import SECONDS_SHIFT, nan_mean, shifted_geometric_mean
from .prepare import prepare
from .spent import time_parts
from .targets import time_to_solution

BOTH = (-2, -1)


def _mean(name: str) -> Statistic:
    return lambda sample: nan_mean(sample[name], axis=BOTH)


def _seconds(sample: Sample) -> Any:
    return shifted_geometric_mean(sample["charged"], SECONDS_SHIFT, axis=BOTH)


def _tts99(sample: Sample) -> Any:
    return time_to_solution(sample["reached"], sample["charged"])


SHARES = ("proved", "optimal", "feasible", "failed", "reached")
STATISTICS: dict[str, Statistic] = {
    **{name: _mean(name) for name in (*SHARES, "gap", "ratio", "gap_found", "objective")},
    "seconds": _seconds,
    "tts99": _tts99,
}


def summarize(
    frame: pd.DataFrame, *, target_gap: float = TARGET_GAP, seed: int = 0, resamples: int = 999, level: float = 0.95
) -> pd.DataFrame:
    """One row a problem and contender, in the order in which they first appear.

    Counts of runs (``runs``, ``cases``, ``seeds``, and ``n_proved`` ... ``n_failed``); with ``_low`` and ``_high`` of
    their intervals: shares ``proved``, ``optimal``, ``feasible``, ``failed``, ``reached`` (loss at most `target_gap`),
    means of ``gap``, ``ratio`` (objective over best bound), ``gap_found``, ``objective`` over runs with a feasible
    point, ``seconds`` (shifted geometric mean of conversion, compilation and solve; failed runs charged their limit
    or, where that is longer, what they took, refused ones left out) and ``tts99``. Without intervals: ``worst_gap``;
    ``training`` (once) and the means ``conversion``, ``compilation`` and ``solve`` (see :func:`.spent.time_parts`);
    ``against``: how many cases are measured against a certified optimum, a bound, or nothing; ``solved_cases``: cases
    with a feasible point in every run; ``coupled``: whether the cases are slots of one trajectory; ``floor``: whether
    it is no contender but a floor; ``unit`` and ``sense``.
    """
    runs = prepare(frame)
    runs = runs.assign(reached=(runs["loss"] <= target_gap) & ~runs["failed"])
    bound = runs["best_bound"]
    runs["ratio"] = (runs["objective"] / bound.where(bound.abs() > 1e-12)).where(runs["feasible"])
    # below zero a worse objective has the larger ratio, and across it there is none
    runs["ratio"] = runs["ratio"].where((runs["objective"] >= 0.0) & (bound > 0.0))
    for column in ("objective", "gap_found"):
        runs[column] = runs[column].where(runs["feasible"])
    rows = []
    for (problem, contender), group in runs.groupby(["problem", "contender"], sort=False):
        values = {name: group[name].astype(float) for name in (*SHARES, "gap", "ratio", "gap_found", "objective")}
        values["charged"] = group["charged"]
        # the same draws for every contender: those that share instances are resampled alike
        rng = np.random.default_rng(seed)
        found = intervals(values, group["case"], STATISTICS, rng, resamples=resamples, level=level)
        number = counts(group)
        sizes = {name: number.pop(name) for name in ("runs", "cases", "seeds")}
        row: dict[str, Any] = {"problem": problem, "contender": contender, **sizes}
        row |= {f"n_{name}": value for name, value in number.items()}
        row["unit"], row["sense"] = _first(group["unit"]), int(group["sense"].iloc[0])
        row["solved_cases"] = int(group.groupby("case")["feasible"].all().sum())
        against = group.groupby("case")["against"].first()
        row["against"] = {kind: int((against == kind).sum()) for kind in ("optimum", "bound", "none")}
        bounded = group["feasible"] & group["best_bound"].notna()
        row["all_ratios"] = bool(group.loc[bounded, "ratio"].notna().all())
        row["worst_gap"] = float(group["gap"].max())
        row["worst_ratio"] = float(group["ratio"].min() if row["sense"] > 0 else group["ratio"].max())
        row["coupled"], row["floor"] = bool(group["coupled"].any()), bool(group["floor"].any())
        row |= time_parts(group)
        for name, value in found.items():
            if name in SHARES:
                value = share_interval(value, sizes["cases"], level)
            row[name], row[f"{name}_low"], row[f"{name}_high"] = value
        rows.append(row)
    return pd.DataFrame(rows)


def _first(texts: pd.Series) -> str:
    return next((str(text) for text in texts if text), "")
