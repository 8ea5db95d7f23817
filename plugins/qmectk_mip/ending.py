"""How a run of a solver ended, in words of a reply."""

from __future__ import annotations

import math
from typing import Any

from qmectk import Budget, Reply, Termination
from qmectk.judging.certificate import relative_gap

from .arrays import Array, Model
from .engine import BLIND, Outcome
from .proof import TOLERANCE, Verdict

#: Why nothing is proved although the solver says so.
UNCHECKED = "the bound of {name} does not survive a check of its duals: the numbers differ too much in size"
REFUTED = "the bound of {name} is refuted by a feasible point and was discarded: the numbers differ too much in size"
UNBOUNDED = "the linear approximation is unbounded: give the variables bounds"
INFEASIBLE = "{name} proves that no feasible point exists"
NO_POINT = (
    "{name} finds no feasible point, but no check confirms that there is none: the numbers differ too much in size"
)
UNMET = "the optimum of {name} does not meet the declared constraints: the numbers differ too much in size"
HAS_ONE = "{name} calls a problem infeasible that has a feasible point: the numbers differ too much in size"

#: The argument behind a bound of branch and bound.
SEARCH = "branch and bound"


def stopped(outcome: Outcome | None, budget: Budget, found: bool, name: str) -> tuple[Termination, str]:
    """How the solver stopped short of an optimum; `found` says whether there is a point."""
    if outcome is None or outcome.timed_out or budget.expired():
        began = outcome is None or outcome.status != BLIND
        return Termination.BUDGET, "" if began else f"{name}'s branch and bound was {BLIND}"
    if outcome.optimal:  # what it found is no point of the declared rows, and it knows no other
        return Termination.CONVERGED, UNMET.format(name=name)
    return Termination.CONVERGED if found else Termination.FAILED, f"{name} stopped with status '{outcome.status}'"


def answered(
    model: Model,
    verdict: Verdict,
    outcome: Outcome | None,
    budget: Budget,
    name: str,
    info: dict[str, Any] | None = None,
) -> Reply:
    """The reply to what holds of a linear model, `outcome` being the solver's last word."""
    bound, message = verdict.bound, verdict.message
    if verdict.x is None:
        if bound == math.inf:
            return Reply(None, Termination.PROVED, message=INFEASIBLE.format(name=name))
        if outcome is not None and outcome.unbounded:
            return Reply(None, Termination.FAILED, message=UNBOUNDED)
        if outcome is not None and outcome.infeasible:
            return Reply(None, Termination.FAILED, message=NO_POINT.format(name=name))
        stop, said = stopped(outcome, budget, False, name)
        return Reply(None, stop, _declared(model, bound), SEARCH, verdict.tolerance, message=message or said)
    values, objective = model.values(verdict.x), model.objective(verdict.x)
    declared = _declared(model, bound)
    if declared is not None and relative_gap(objective, declared, model.view.sense) <= max(budget.gap, TOLERANCE):
        return Reply(values, Termination.PROVED, declared, SEARCH, verdict.tolerance, objective, message, info or {})
    if not message and budget.expired():
        return Reply(values, Termination.BUDGET, declared, SEARCH, verdict.tolerance, objective, "", info or {})
    if not message and outcome is not None and outcome.infeasible:
        message = HAS_ONE.format(name=name)
    elif not message and outcome is not None and outcome.unbounded:
        message = UNBOUNDED
    elif not message and outcome is not None and outcome.optimal:
        message = UNCHECKED.format(name=name)
    stop, said = stopped(outcome, budget, True, name)
    if message:  # also of a check that the time was not enough for
        stop, said = stop if stop is Termination.BUDGET else Termination.CONVERGED, message
    return Reply(values, stop, declared, SEARCH, verdict.tolerance, objective, said, info or {})


def without_optimum(model: Model, message: str, best: Array | None) -> Reply:
    """There is no optimum to be had, for this reason. A feasible point that is known is kept."""
    if best is None:
        return Reply(None, Termination.FAILED, message=message)
    return Reply(model.values(best), Termination.CONVERGED, objective=model.objective(best), message=message)


def _declared(model: Model, bound: float | None) -> float | None:
    return None if bound is None or not math.isfinite(bound) else model.declared(bound)


__all__ = [
    "HAS_ONE",
    "INFEASIBLE",
    "NO_POINT",
    "REFUTED",
    "SEARCH",
    "UNBOUNDED",
    "UNCHECKED",
    "answered",
    "stopped",
    "without_optimum",
]
