"""How a run of HiGHS ended in words of a reply, and which of its proofs hold for the declared problem."""

from __future__ import annotations

import dataclasses
from typing import Any

from qmectk import Algebraic, Budget, Reply, Termination
from qmectk.certificate import Certificate
from qmectk.status import FEASIBILITY_TOLERANCE

from .evaluate import assignment, height, reader, violation
from .small import SMALLEST
from .solver import FEASIBILITY, TOLERANCE, Outcome, Solver
from .start import Start

#: Why nothing is proved although HiGHS says so.
LOST = (
    f"HiGHS passes over entries up to {SMALLEST:g} and costs up to {FEASIBILITY:g}, and some matter here: "
    "nothing is proved (scale the variables)"
)
REFUTED = "the bound of HiGHS is refuted by a feasible point and was discarded: the numbers differ too much in size"


def stopped(outcome: Outcome, budget: Budget, found: bool) -> tuple[Termination, str]:
    """How HiGHS stopped short of an optimum; `found` says whether there is a point."""
    if outcome.timed_out or budget.expired():
        return Termination.BUDGET, ""
    return Termination.CONVERGED if found else Termination.FAILED, f"HiGHS stopped with status '{outcome.status}'"


def without_optimum(outcome: Outcome, best: Start | None, lost: bool) -> Reply:
    """HiGHS calls its model infeasible or unbounded. A feasible point that is known is kept."""
    if outcome.infeasible and best is None:
        if lost:
            return Reply(None, Termination.FAILED, message=LOST)
        return Reply(None, Termination.PROVED, message="HiGHS proves that no feasible point exists")
    if outcome.infeasible:
        message = "HiGHS calls a problem infeasible that has a feasible point: the numbers differ too much in size"
    else:
        message = "the linear approximation is unbounded: give the variables bounds"
    if best is None:
        return Reply(None, Termination.FAILED, message=message)
    return Reply(best[0], Termination.CONVERGED, objective=best[1], message=message)


def refuted(view: Algebraic, bound: float, point: Any, value: float) -> bool:
    """Whether a feasible point beats the bound by more than its tolerance."""
    if not Certificate(bound, "", "", TOLERANCE).refuted_by(value, view.sense):
        return False
    return violation(view, point) <= FEASIBILITY_TOLERANCE


def proved_at_most(view: Algebraic, reply: Reply, solver: Solver) -> Reply:
    """The reply without a bound that does not hold for the declared problem."""
    if reply.bound is None:
        return reply
    stop = Termination.CONVERGED if reply.termination is Termination.PROVED else reply.termination
    if solver.lost_at(reply.bound):
        return dataclasses.replace(reply, bound=None, termination=stop, message=LOST)
    if reply.point is not None:
        value = height(view.objective, reader(assignment(view, reply.point)))
        if refuted(view, reply.bound, reply.point, value):
            return dataclasses.replace(reply, bound=None, termination=stop, message=REFUTED)
    return reply


__all__ = ["LOST", "REFUTED", "proved_at_most", "refuted", "stopped", "without_optimum"]
