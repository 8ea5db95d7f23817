"""Where the time goes: training once, then conversion, compilation and solving at every run.

Arithmetic means, so that the parts of a run add up to its whole. Ratios between contenders are better read off the
shifted geometric means of :mod:`.summary`, which one slow run does not dominate.
"""

from __future__ import annotations

import pandas as pd

from .breakeven import training
from .means import nan_mean
from .prepare import prepare

#: What every run pays anew, in the order in which it is paid; each has a column ``<part>_seconds``.
PARTS = ("conversion", "compilation", "solve")


def spent(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a problem and contender, in the order in which they first appear.

    Columns: ``problem``, ``contender``, ``runs`` (those whose solve time is known), ``refused`` (those that never
    began), ``training`` (seconds, once), and ``conversion``, ``compilation``, ``solve`` (mean seconds a run, nan
    where never recorded).
    """
    rows = []
    for (problem, contender), group in prepare(frame).groupby(["problem", "contender"], sort=False):
        counts = {"runs": int(_came_back(group).sum()), "refused": int((group["status"] == "refused").sum())}
        rows.append({"problem": problem, "contender": contender, **counts, **time_parts(group)})
    return pd.DataFrame(rows, columns=["problem", "contender", "runs", "refused", "training", *PARTS])


def time_parts(runs: pd.DataFrame) -> dict[str, float]:
    """``training`` and the mean of each of :data:`PARTS` over prepared runs of one contender, in seconds.

    Over the runs that came back: one that was killed has no solve time, and what it paid before would be counted
    without it.
    """
    timed = runs[_came_back(runs)]
    return {"training": training(runs), **{part: _mean(timed[f"{part}_seconds"]) for part in PARTS}}


def _came_back(runs: pd.DataFrame) -> pd.Series:
    return runs["solve_seconds"].notna() & (runs["status"] != "refused")


def _mean(seconds: pd.Series) -> float:
    """Runs without the part had none of it, so that the parts add up; nan where no run has it."""
    return nan_mean(seconds.fillna(0.0)) if seconds.notna().any() else nan_mean(seconds)
