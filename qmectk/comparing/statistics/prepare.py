"""The runs as every statistic reads them: one label a contender, one number a case, one best bound a case.

A *contender* is a backend with its options. A *case* is what contenders are compared on: a problem, an instance and
a frame. Nothing here trusts a recorded gap: gaps are computed again from the measured objective and the best
certified bound that any run or reference of the case has.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ...judging.certificate import EXACTLY
from ...status import OPTIMALITY_GAP
from ..studies.study import FLOOR
from .contenders import contenders
from .gaps import best_bounds, relative_gaps

NUMBERS = (
    "objective",
    "bound",
    "reference_objective",
    "reference_bound",
    "gap",
    "violation",
    "training_seconds",
    "conversion_seconds",
    "compilation_seconds",
    "solve_seconds",
    "wall_seconds",
    "time_limit",
    "share_feasible",
)
TEXTS = (
    "run_id",
    "problem",
    "instance",
    "backend",
    "options",
    "unit",
    "termination",
    "quality",
    "certificate_kind",
    "certificate_source",
    "reference_via",
    "status",
    "reason",
    "events",
    "info",
    "penalties",
    "machine",
    "versions",
    "version",
    "started",
    "preset",
    "horizon",
    "trajectory",
)


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of the runs with missing columns filled in and these columns added.

    ``contender`` (label), ``case`` (int), ``best_bound`` and ``best_found`` of the case, ``against`` ("optimum",
    "bound" or "none": what the gap is a gap to), ``gap`` (nan without a feasible point or a bound), ``gap_found``
    (gap to the best point found), ``loss`` (``gap`` where a bound is known, else ``gap_found``; inf without a
    feasible point; zero below the optimality gap), ``feasible``, ``optimal``, ``proved``, ``failed`` (bool),
    ``seconds`` (conversion, compilation and solve), ``charged`` (the same, with failed runs charged their time limit
    where they took less; both nan for runs that were refused, which cost nothing and are fast at nothing),
    ``floor`` (bool: a plain rule that others are seen against, and no contender),
    ``coupled`` (bool: the instance is a slot of one trajectory; false where it is not recorded).
    Of controllers over horizons nothing is optimal, as their bound is one of controllers that serve what arrives, and
    ``loss`` is ``gap_found``; that of a contender is inf throughout a problem where any of its runs does not stand.
    Preparing prepared runs changes nothing.
    """
    if "contender" in frame.columns and "loss" in frame.columns:
        return frame
    runs = pd.DataFrame(index=pd.RangeIndex(len(frame)))
    for column in frame.columns:
        runs[column] = frame[column].to_numpy()
    for column in NUMBERS:
        values = runs[column] if column in runs else pd.Series(np.nan, index=runs.index)
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        known = np.isfinite(numbers) & ~(column.endswith("_seconds") & (numbers < 0.0))
        runs[column] = numbers.where(known)
    for column in TEXTS:
        values = runs[column] if column in runs else pd.Series([""] * len(runs), index=runs.index)
        runs[column] = pd.Series([_text(value) for value in values], index=runs.index, dtype=object)
    for column in ("frame", "seed"):
        values = runs[column] if column in runs else pd.Series(0, index=runs.index)
        runs[column] = pd.to_numeric(values, errors="coerce").fillna(0).astype("int64")
    known = runs["coupled"] if "coupled" in runs else pd.Series(0, index=runs.index)
    runs["coupled"] = pd.to_numeric(known, errors="coerce").fillna(0).astype(float) > 0.0
    runs["sense"] = _senses(runs)
    # older stores tell the version of qmectk among those of packages
    runs["version"] = [
        version or _own_version(packages) for version, packages in zip(runs["version"], runs["versions"], strict=True)
    ]
    runs["contender"] = contenders(runs)
    runs["floor"] = runs["preset"] == FLOOR
    runs["case"] = runs.groupby(["problem", "instance", "frame"], sort=False).ngroup().astype("int64")

    runs["failed"] = (runs["status"] != "ok") | (runs["termination"] == "failed")
    runs["feasible"] = runs["quality"].isin(("feasible", "optimal")) & runs["objective"].notna()
    runs = best_bounds(runs)
    # an objective counts only where the core measured it feasible
    objective = runs["objective"].where(runs["feasible"])
    runs["gap"] = relative_gaps(objective, runs["best_bound"], runs["sense"])
    runs["gap_found"] = relative_gaps(objective, runs["best_found"], runs["sense"])
    # the study may have asked for a wider gap: its own verdict stands as long as the bound behind it does
    called = runs["feasible"] & (runs["quality"] == "optimal")
    # a point that meets its constraints within the tolerance or within rounding only is no optimum: the judge said so
    exact = ~(pd.to_numeric(runs["violation"]) > EXACTLY) if "violation" in runs else True
    runs["optimal"] = ((runs["gap"] <= OPTIMALITY_GAP) & (exact | called)) | (called & (runs["behind"] == "holds"))
    runs["proved"] = called & runs["optimal"] & (runs["termination"] == "proved") & (runs["behind"] != "refuted")
    loss = runs["gap"].where(runs["best_bound"].notna(), runs["gap_found"])
    loss = loss.where(runs["feasible"], np.inf)
    controlled = runs["horizon"] != ""
    if controlled.any():
        runs["optimal"] &= ~controlled
        runs["proved"] &= ~controlled
        fell = (~runs["feasible"] | runs["failed"]).groupby([runs["problem"], runs["contender"]]).transform("any")
        loss = loss.where(~controlled, runs["gap_found"].where(~fell, np.inf))
    # differences below the optimality gap are floating-point noise, not a better answer
    runs["loss"] = loss.where(~(loss <= OPTIMALITY_GAP), 0.0)

    # older stores do not tell compilation from solving: there it is part of the solve
    before = runs["conversion_seconds"].fillna(0.0) + runs["compilation_seconds"].fillna(0.0)
    spent = before + runs["solve_seconds"]
    # the wall clock of a run also counts its setup, and is used only where its own clock did not stop
    runs["seconds"] = spent.fillna(runs["wall_seconds"]).where(runs["status"] != "refused")
    limit = runs["time_limit"].fillna(runs["wall_seconds"])
    charged = runs["seconds"].where(~runs["failed"], np.fmax(limit, runs["seconds"]))
    runs["charged"] = charged.where(runs["status"] != "refused")
    return runs


def contending(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs or rows without floors; all of them where there is nothing else."""
    kept = runs[~runs["floor"]]
    return kept if len(kept) else runs


@lru_cache(maxsize=256)
def _own_version(packages: str) -> str:
    try:
        found = json.loads(packages or "{}")
    except ValueError:
        return ""
    return str(found.get("qmectk", "")) if isinstance(found, dict) else ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, default=str)
    return "" if value is None or pd.isna(value) else str(value)


def _senses(runs: pd.DataFrame) -> pd.Series:
    """+1 or -1 a run; a run that died before it knew takes its problem's sense."""
    known = pd.to_numeric(runs["sense"], errors="coerce") if "sense" in runs else pd.Series(np.nan, index=runs.index)
    of_problem = known.groupby(runs["problem"]).transform("first")
    return known.fillna(of_problem).fillna(1.0).astype("int64")
