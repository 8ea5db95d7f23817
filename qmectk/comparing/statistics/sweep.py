"""What the factor on the penalties of a QUBO does: a sweep of one backend over several factors.

Small penalties leave an infeasible ground state, large ones drown the objective (M. Ayodele, "Penalty weights in
QUBO formulations: permutation problems", EvoCOP 2022); the sweep shows where a backend stands between the two.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd

from .contenders import contenders
from .means import nan_mean
from .prepare import prepare

#: The option that scales all penalties of a QUBO route; 1 is what the route itself would take.
OPTION = "penalty"

COLUMNS = ("problem", "backend", "factor", "runs", "share_feasible", "share_answered", "mean_gap", "sufficient")


def sweep_curve(frame: pd.DataFrame) -> pd.DataFrame:
    """What the penalty factor does, a row for each problem, backend and factor, factors ascending.

    Columns: ``problem``; ``backend`` (with what tells it from its namesakes, the factor aside); ``factor``;
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
        audited=[bool(a) for a in audits],
    )
    rows: list[dict[str, Any]] = []
    for (problem, family), group in runs.groupby(["problem", "family"], sort=False):
        if not group["audited"].any():
            continue
        for factor, part in group.groupby("factor", sort=True):
            rows.append({"problem": problem, "backend": family, "factor": factor, **audit_of(part)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def audit_of(runs: pd.DataFrame) -> dict[str, float]:
    """The last five of the columns above, of prepared runs with the same penalties.

    Runs without an audit (killed before it) count among the runs, and have no feasible point.
    """
    sufficient = [_truth(recorded(text).get("sufficient")) for text in runs["penalties"]]
    # nan only where no seed of the case tells
    by_case = pd.Series(sufficient, index=runs.index, dtype=float).groupby(runs["case"]).max()
    return {
        "runs": len(runs),
        "share_feasible": nan_mean(runs["share_feasible"]),
        "share_answered": float((runs["feasible"] & ~runs["failed"]).mean()),
        "mean_gap": nan_mean(runs["gap"]),
        "sufficient": float((by_case == 1.0).mean()) if by_case.notna().any() else math.nan,
    }


def families(runs: pd.DataFrame) -> pd.Series:
    """A label a run: its contender with the penalty factor left aside, in its options and at the end of its preset."""
    parsed = [recorded(text) for text in runs["options"]]
    without = [json.dumps({k: v for k, v in options.items() if k != OPTION}) for options in parsed]
    presets = [
        # a sweep adds the factor to the preset, or makes it the preset
        preset.removesuffix(f"{OPTION} {options[OPTION]}").removesuffix(", ") if OPTION in options else preset
        for preset, options in zip(runs["preset"], parsed, strict=True)
    ]
    return contenders(runs.assign(options=without, preset=presets))


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
