"""After how many solves training has paid for itself.

Plain arithmetic of fixed and running cost (break-even analysis, J. Schar 1904): training is paid once a problem,
conversion, compilation and solve time at every solve. It compares time only; the gaps stand beside it.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from .means import nan_mean
from .prepare import prepare


def break_even(frame: pd.DataFrame) -> pd.DataFrame:
    """Every ordered pair of contenders of a problem in which the first pays more before its first solve.

    Columns: ``problem``, ``contender``, ``other``, their ``training`` and mean ``seconds`` a solve, ``solves``: the
    fewest solves after which the contender's total time is no larger than the other's (inf: never), and the mean
    ``gap`` of each.
    """
    runs = prepare(frame)
    rows = []
    for problem, of_problem in runs.groupby("problem", sort=False):
        costs = {
            name: (training(group), nan_mean(group["charged"]), nan_mean(group["gap"]))
            for name, group in of_problem.groupby("contender", sort=False)
            if group["feasible"].any() or not of_problem["feasible"].any()  # what answers nothing never pays
        }
        for name, (fixed, running, gap) in costs.items():
            for other, (fixed_other, running_other, gap_other) in costs.items():
                if name == other or not fixed > fixed_other:
                    continue
                rows.append(
                    {
                        "problem": problem,
                        "contender": name,
                        "other": other,
                        "training": fixed,
                        "training_other": fixed_other,
                        "seconds": running,
                        "seconds_other": running_other,
                        "solves": solves(fixed, running, fixed_other, running_other),
                        "gap": gap,
                        "gap_other": gap_other,
                    }
                )
    columns = ["problem", "contender", "other", "training", "training_other", "seconds", "seconds_other", "solves"]
    return pd.DataFrame(rows, columns=[*columns, "gap", "gap_other"])


def training(runs: pd.DataFrame) -> float:
    """Seconds to train once: the largest charged within each seed, averaged over seeds; 0 when none is recorded.

    A policy trained once is used on every instance, and runners may record its training on the first run or on all.
    """
    largest = runs["training_seconds"].groupby(runs["seed"]).max()
    trained = largest[largest > 0.0]
    return float(trained.mean()) if len(trained) else 0.0


def solves(fixed: float, running: float, fixed_other: float, running_other: float) -> float:
    """Fewest whole n >= 0 with ``fixed + n running <= fixed_other + n running_other``; inf if none, nan if unknown."""
    if not np.all(np.isfinite([fixed, running, fixed_other, running_other])):
        return math.nan
    if fixed <= fixed_other:
        return 0.0
    saved = running_other - running
    # the subtraction keeps an exact quotient from being lifted by rounding
    return float(math.ceil((fixed - fixed_other) / saved - 1e-9)) if saved > 0.0 else math.inf
