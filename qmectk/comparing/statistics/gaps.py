"""Gaps to what is certified, and the shares of runs that proved, found a feasible point, or failed.

The relative gap is the one of mixed-integer solvers (Achterberg, Koch & Martin 2005, "Branching rules revisited";
HiGHS and SCIP): the distance to the bound over the bound's magnitude, absolute for a bound of zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...status import OPTIMALITY_GAP


def relative_gaps(objective: Any, bound: Any, sense: Any) -> np.ndarray:
    """``(bound - objective) / |bound|`` when maximising, mirrored when minimising; never negative.

    nan where either is missing. Array version of :func:`qmectk.certificate.relative_gap`.
    """
    objective, bound = np.asarray(objective, dtype=float), np.asarray(bound, dtype=float)
    difference = np.maximum(np.asarray(sense) * (bound - objective), 0.0)
    scale = np.abs(bound)
    return np.where(scale > 1e-12, difference / np.where(scale > 1e-12, scale, 1.0), difference)


def best_bounds(runs: pd.DataFrame) -> pd.DataFrame:
    """Add the best certified bound and best measured point of each case, over all its runs and references.

    A bound that a measured feasible point beats by more than the optimality gap proves nothing: it is left out and
    its runs are marked in ``refuted``. ``behind`` says what became of the bound that a run was judged by (its own
    or, without one, its reference's): "holds", "refuted", or "none" where there is none.
    """
    runs = runs.copy()
    sense = runs["sense"].to_numpy()
    found = (sense * runs["objective"]).where(runs["feasible"]).groupby(runs["case"]).transform("max")
    gains = []
    runs["refuted"], runs["behind"] = False, "none"
    for column in ("bound", "reference_bound"):
        bound = sense * runs[column]
        # a point beyond the bound has a negative gap to it
        excess = (found - bound) / runs[column].abs().where(runs[column].abs() > 1e-12, 1.0)
        beaten = excess > 2.0 * OPTIMALITY_GAP
        runs["refuted"] |= beaten
        judged = (runs["behind"] == "none") & bound.notna()
        runs["behind"] = runs["behind"].where(~judged, beaten.map({True: "refuted", False: "holds"}))
        gains.append(bound.where(~beaten))
    tightest = pd.concat(gains, axis=1).min(axis=1).groupby(runs["case"]).transform("min")
    # the reference's own point counts as found, unless it contradicts what is certified
    reference = sense * runs["reference_objective"]
    slack = 2.0 * OPTIMALITY_GAP * tightest.abs().where(tightest.abs() > 1e-12, 1.0)
    reference = reference.where(~(reference > tightest + slack))
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
