"""``cvxpy``: a convex problem solved exactly, or the continuous relaxation of an integer one as a bound."""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from qmectk import Backend, Budget, Convex, Reply, Termination
from qmectk.language import Signature
from qmectk.options import option

#: Relative accuracy asked of the conic solver (duality gap and residuals); bounds are moved outwards by it.
TOLERANCE = 1e-8

#: Relative allowance for a solver that stops at its reduced accuracy ("almost solved").
REDUCED_TOLERANCE = 1e-4

#: Objectives outside of this are solved a second time, scaled to 1: an allowance of `TOLERANCE` in their own unit would
#: be nothing or everything.
NEAR_ONE = (1.0, 1e3)

#: Solves after the first one until two agree: the first says the size, the second the value, the third confirms it.
SCALINGS = 3


@dataclass(frozen=True)
class CvxpyOptions:
    """Options of ``cvxpy``."""

    solver: Literal["clarabel", "scs"] = option("clarabel", "conic solver: interior point or first order")


class Cvxpy(Backend):
    """CVXPY with Clarabel (Diamond & Boyd, JMLR 17, 2016; Goulart & Chen, 2024)."""

    name, accepts = "cvxpy", (Convex,)
    summary = "convex problems exactly; the continuous relaxation as a bound, its point rounded and completed"
    requires, extra = ("cvxpy", "clarabel"), "qmectk[convex]"
    proves = True
    Options = CvxpyOptions

    def solve(self, view: Convex, budget: Budget, rng: np.random.Generator) -> Reply:
        import cvxpy as cp

        problem = view.problem
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # CVXPY warns of inaccurate solutions; the status below says so
                self._solve(problem, budget)
                first = problem.value
                known = problem.status == cp.OPTIMAL and first and not budget.expired()
                if known and not NEAR_ONE[0] <= abs(first) <= NEAR_ONE[1]:
                    return self._scaled(view, first, budget)
        except cp.SolverError as error:
            return Reply(None, Termination.FAILED, message=f"the conic solver failed: {error}")
        if problem.status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
            proved = problem.status == cp.INFEASIBLE and self._infeasible(view, budget, cp)
            stop = Termination.PROVED if proved else Termination.CONVERGED
            sure = "" if proved else ", says the conic solver, and not for sure: the numbers differ too much in size"
            return Reply(None, stop, message=f"the convex problem is infeasible{sure}")
        if problem.status in (cp.UNBOUNDED, cp.UNBOUNDED_INACCURATE):
            return Reply(None, Termination.CONVERGED, message="the convex problem is unbounded")
        if problem.value is None or not math.isfinite(problem.value):
            return Reply(None, Termination.BUDGET, message="time ran out before the conic solver had a point")
        return self._answer(view, budget, cp, problem)

    def _infeasible(self, view: Convex, budget: Budget, cp: Any) -> bool:
        """Whether the constraints alone are infeasible, too: an objective must not decide it."""
        alone = cp.Problem(cp.Minimize(0.0), view.problem.constraints)
        with warnings.catch_warnings(), contextlib.suppress(cp.SolverError):
            warnings.simplefilter("ignore")
            self._solve(alone, budget)
        return bool(alone.status == cp.INFEASIBLE)

    def _scaled(self, view: Convex, first: float, budget: Budget) -> Reply:
        """Solve with the objective scaled to 1, where the tolerances are; a bound only where two solves agree."""
        import cvxpy as cp

        value, agree = first, False
        for _ in range(SCALINGS):
            first, unit = value, 2.0 ** -math.frexp(value)[1]
            objective = view.problem.objective
            scaled = cp.Problem(type(objective)(unit * objective.args[0]), view.problem.constraints)
            self._solve(scaled, budget)
            if not scaled.value or not math.isfinite(scaled.value):
                return Reply(None, Termination.CONVERGED, message="the conic solver has no point of the scaled problem")
            value = float(scaled.value) / unit
            reply = self._answer(view, budget, cp, scaled)
            agree = abs(first - value) <= 10.0 * reply.tolerance * abs(value)
            if agree or budget.expired():
                break
        own = None if reply.objective is None else value
        info = dict.fromkeys(reply.info, value)
        if reply.bound is None or not agree:
            message = (
                f"the conic solver says {first:.6g}, and {value:.6g} of the objective scaled to 1: its tolerances "
                "do not hold for numbers this far apart, so there is no bound"
            )
            return replace(
                reply, bound=None, objective=own, info=info, message=message, termination=Termination.CONVERGED
            )
        return replace(reply, bound=reply.bound / unit, objective=own, info=info)

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # a relaxation proves nothing about the optimum itself unless there is nothing to relax
        return None if signature.discrete else 0.1

    def _solve(self, problem: Any, budget: Budget) -> None:
        """What ``problem.solve`` does, in its own three steps, so that the first is told apart and the limit is what
        it leaves of the time."""
        solver, limit_name, settings = self._settings()
        with budget.compiling():
            data, chain, inverse = problem.get_problem_data(solver, solver_opts=dict(settings))
        if budget.limit is not None:
            settings = {**settings, limit_name: max(budget.limit, 1e-3)}
        found = chain.solve_via_data(problem, data, warm_start=True, verbose=False, solver_opts=settings)
        problem.unpack_results(found, chain, inverse)

    def _settings(self) -> tuple[str, str, dict[str, Any]]:
        """CVXPY's name of the solver, the solver's name of the time limit [s], and its settings."""
        if self.options.solver == "scs":
            return "SCS", "time_limit_secs", {"eps": 1e-7}
        accuracy = {"tol_gap_rel": TOLERANCE, "tol_gap_abs": TOLERANCE, "tol_feas": TOLERANCE}
        return "CLARABEL", "time_limit", {**accuracy, "max_threads": 1}

    def _answer(self, view: Convex, budget: Budget, cp: Any, problem: Any) -> Reply:
        accurate = problem.status == cp.OPTIMAL and self.options.solver == "clarabel"
        tolerance = TOLERANCE if accurate else REDUCED_TOLERANCE
        value = float(problem.value)
        # A primal-dual solver stops with a small duality gap, so the optimum lies within it of the value found.
        allowance = 10.0 * tolerance * (1.0 + abs(value))
        stop = Termination.PROVED if accurate and not view.discrete else Termination.CONVERGED
        if problem.status != cp.OPTIMAL and budget.expired():
            stop = Termination.BUDGET
        proof = "convex duality (continuous relaxation)" if view.discrete else "convex duality"
        return Reply(
            view.values(),
            stop,
            value + view.sense * allowance if problem.status == cp.OPTIMAL else None,
            proof,
            10.0 * tolerance,
            None if view.discrete else value,
            info={"relaxation": value} if view.discrete else {},
        )
