"""Gaps to what is certified, and the shares of runs that proved, found a feasible point, or failed.

The relative gap is the one of mixed-integer solvers (Achterberg, Koch & Martin 2005, "Branching rules revisited";
HiGHS and SCIP): the distance to the bound over the bound's magnitude, and over the objective's for a bound of zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...judging.certificate import MOST_WORTH
from ...judging.certificate import relative_gaps as signed_gaps
from ...status import OPTIMALITY_GAP


def relative_gaps(objective: Any, bound: Any, sense: Any) -> np.ndarray:
    """:func:`qmectk.judging.certificate.relative_gaps`, never negative; nan where either is missing."""
    return np.maximum(signed_gaps(objective, bound, sense), 0.0)


def best_bounds(runs: pd.DataFrame) -> pd.DataFrame:
    """Add the best certified bound and best measured point of each case, over all its runs and references.

    A bound that a measured feasible point beats by more than the optimality gap, and by more than the point's own
    violation may be worth, proves nothing: it is left out and its runs are marked in ``refuted``. ``behind`` says what
    became of the bound that a run was judged by (its own or, without one, its reference's): "holds", "refuted", or
    "none" where there is none.
    """
    runs = runs.copy()
    sense = runs["sense"].to_numpy()
    points = (sense * runs["objective"]).where(runs["feasible"])
    found = points.groupby(runs["case"]).transform("max")
    # what is left of a point when its violation and its rounding are charged to it; older stores know less of them
    violation, rounding = (
        pd.to_numeric(runs[name]).fillna(0.0) if name in runs else 0.0 for name in ("violation", "rounding")
    )
    least = points - rounding - MOST_WORTH * violation * runs["objective"].abs()
    sure = least.groupby(runs["case"]).transform("max")
    gains = []
    runs["refuted"], runs["behind"] = False, "none"
    for column in ("bound", "reference_bound"):
        bound = sense * runs[column]
        beaten = sure - bound > 2.0 * OPTIMALITY_GAP * bound.abs()
        if "horizon" in runs:  # a controller is beyond its horizon's bound by the work that it leaves in its queues
            beaten &= runs["horizon"] == ""
        runs["refuted"] |= beaten
        judged = (runs["behind"] == "none") & bound.notna()
        runs["behind"] = runs["behind"].where(~judged, beaten.map({True: "refuted", False: "holds"}))
        gains.append(bound.where(~beaten))
    tightest = pd.concat(gains, axis=1).min(axis=1).groupby(runs["case"]).transform("min")
    # the reference's own point counts as found, unless it contradicts what is certified
    reference = sense * runs["reference_objective"]
    reference = reference.where(~(reference > tightest + 2.0 * OPTIMALITY_GAP * tightest.abs()))
    known = pd.concat([found, reference.groupby(runs["case"]).transform("max")], axis=1).max(axis=1)
    runs["best_bound"] = sense * tightest
    runs["best_found"] = sense * known
    closed = relative_gaps(runs["best_found"], runs["best_bound"], sense) <= OPTIMALITY_GAP
    runs["against"] = np.where(runs["best_bound"].isna(), "none", np.where(closed, "optimum", "bound"))
    return runs


def counts(runs: pd.DataFrame) -> dict[str, int]:
    """How many runs there are, and how many ended in each way.

    ``proved``: optimal by the run's own complete proof. ``optimal``: its point is certified optimal, by whichever
    proof, to the optimality gap or to the one its study asked for. ``feasible``: a point that meets every constraint.
    ``infeasible`` and ``empty``: it ended in order with a point that does not, or without one. ``failed``: it crashed,
    hung, ran out of memory or refused.
    """
    ended = ~runs["failed"]
    return {
        "runs": len(runs),
        "cases": int(runs["case"].nunique()),
        "seeds": int(runs["seed"].nunique()),
        "proved": int(runs["proved"].sum()),
        "optimal": int(runs["optimal"].sum()),
        "feasible": int(runs["feasible"].sum()),
        "infeasible": int((ended & (runs["quality"] == "infeasible")).sum()),
        "empty": int((ended & ~runs["quality"].isin(("feasible", "optimal", "infeasible"))).sum()),
        "failed": int(runs["failed"].sum()),
    }
