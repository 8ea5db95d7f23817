"""What the factor on the penalties of a QUBO does: a sweep of one backend over several factors.

Small penalties leave an infeasible ground state, large ones drown the objective (M. Ayodele, "Penalty weights in
QUBO formulations: permutation problems", EvoCOP 2022); the sweep shows where a backend stands between the two.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd

from .means import nan_mean
from .prepare import contenders, prepare

#: The option that scales all penalties of a QUBO route; 1 is what the route itself would take.
OPTION = "penalty"

COLUMNS = ("problem", "backend", "factor", "runs", "share_feasible", "share_answered", "mean_gap", "sufficient")


def sweep_curve(frame: pd.DataFrame) -> pd.DataFrame:
    """What the penalty factor does, a row for each problem, backend and factor, factors ascending.

    Columns: ``problem``; ``backend`` (with the options that tell it from its namesakes, the factor aside); ``factor``;
    ``runs``; ``share_feasible`` (mean share of samples that meet every constraint); ``share_answered`` (runs that
    ended in a feasible point; a run that failed did not); ``mean_gap`` (over those that did); ``sufficient`` (share
    of the instances whose penalties are proved sufficient, nan where the states of no instance were looked at).
    Backends that never went through penalties on a problem are left out of it.
    """
    runs = prepare(frame)
    audits = [recorded(text) for text in runs["penalties"]]
    runs = runs.assign(
        family=families(runs),
        # what was asked for is known even of a run that failed before its audit
        factor=[
            _number(recorded(options).get(OPTION), _number(audit.get("factor"), 1.0))
            for options, audit in zip(runs["options"], audits, strict=True)
        ],
        proved_enough=pd.Series([_truth(a.get("sufficient")) for a in audits], index=runs.index, dtype=float),
        audited=[bool(a) for a in audits],
    )
    rows: list[list[Any]] = []
    for (problem, family), group in runs.groupby(["problem", "family"], sort=False):
        if not group["audited"].any():
            continue
        for factor, part in group.groupby("factor", sort=True):
            by_case = part.groupby("case")["proved_enough"].max()  # nan only where no seed of the case tells
            looked = bool(by_case.notna().any())
            rows.append(
                [
                    problem,
                    family,
                    factor,
                    len(part),
                    nan_mean(part["share_feasible"]),
                    float((part["feasible"] & ~part["failed"]).mean()),
                    nan_mean(part["gap"]),
                    float((by_case == 1.0).mean()) if looked else math.nan,
                ]
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def families(runs: pd.DataFrame) -> pd.Series:
    """A label a run: its contender with the penalty factor left aside."""
    without = [json.dumps({k: v for k, v in recorded(o).items() if k != OPTION}) for o in runs["options"]]
    return contenders(runs.assign(options=without))


def nearest_to_default(frame: pd.DataFrame) -> pd.DataFrame:
    """The prepared runs with each swept backend at one factor only: the one nearest to 1, by ratio.

    Chosen before anything was run, so that no backend is shown at its luckiest factor. Of two equally near the larger.
    """
    runs = prepare(frame)
    factors = pd.Series([_number(recorded(o).get(OPTION), 1.0) for o in runs["options"]], index=runs.index, dtype=float)
    kept = pd.Series(True, index=runs.index)
    for _, group in factors.groupby([runs["problem"], families(runs)], sort=False):
        # rounded: 0.1 and 10 are equally near
        kept[group.index] = group == min(set(group), key=lambda f: (round(abs(math.log(f)), 9), -f))
    return runs[kept]


def recorded(text: str) -> dict[str, Any]:
    """A JSON object that a run recorded; empty where there is none or it is something else."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any, default: float) -> float:
    """A positive number, `default` for everything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number if math.isfinite(number) and number > 0.0 else default


def _truth(value: Any) -> float:
    return float(value) if isinstance(value, bool) else math.nan
