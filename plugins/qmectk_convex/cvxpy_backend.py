"""``cvxpy``: a convex problem solved exactly, or the continuous relaxation of an integer one as a bound."""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy  # `sparse` at the first look

from qmectk import Backend, Budget, Convex, Reply, Termination
from qmectk.language import Signature
from qmectk.language.atoms import Array
from qmectk.options import option

from .conic import Conic

#: Relative accuracy asked of the conic solver (duality gap and residuals).
TOLERANCE = 1e-8

#: Relative distance of the objective at the point and the bound that the dual point proves, up to which the point is
#: called the optimum, whatever the solver says of its own accuracy.
CLOSE = 10.0 * TOLERANCE

#: Objectives outside of this are solved again, scaled to 1: the solver's tolerances are partly absolute.
NEAR_ONE = (1.0, 1e3)

#: Exponent of the largest and smallest scale; floats have no inverse beyond 1023.
MOST_SCALE = 1000

#: Share of the way to the edge of the cones that a step of Clarabel goes where its usual .99 led to no progress: on
#: relaxations of P1 with 60 to 300 devices .7 solves all that .99 leaves, and .9 not all (Clarabel 0.11).
SHORT = 0.7

#: Solves at most: the first says the size, the second the value, the third is for a size that was far off.
SCALINGS = 3

#: Largest ratio of the numbers of a linear row up to which a relaxation bounds a problem with bits: the core measures a
#: violation of 1e-9 of the row's largest term as none, and a point that hides a bit in it may be beyond every optimum.
WIDEST = 1e9

TOO_WIDE = "the numbers of a constraint span more than 1e9, so a point may break it unseen: nothing is proved of bits"

NO_BOUND = "the conic solver's dual point proves no bound: the numbers differ too much in size for its tolerances"


@dataclass(frozen=True)
class CvxpyOptions:
    """Options of ``cvxpy``."""

    solver: Literal["clarabel", "scs"] = option("clarabel", "conic solver: interior point or first order")


@dataclass(frozen=True)
class Found:
    """What one solve gave, in the unit of the program: its value (to be minimized), and the bound its dual proves."""

    value: float
    bound: float
    dual: Array

    @classmethod
    def of(cls, raw: Any, unit: float, program: Conic) -> Found:
        x, y = (raw["x"], raw["y"]) if isinstance(raw, dict) else (raw.x, raw.z)  # SCS, Clarabel
        point, dual = np.array(x, dtype=float), np.array(y, dtype=float) / unit
        return cls(program.value(point), program.bound(point, dual), dual)


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
                program, found = self._solve(problem, budget)
        except cp.SolverError as error:
            return Reply(None, Termination.FAILED, message=f"the conic solver failed: {error}")
        if problem.status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
            proved = program.infeasible(found.dual)
            stop = Termination.PROVED if proved else Termination.CONVERGED
            sure = "" if proved else ", says the conic solver, and not for sure: the numbers differ too much in size"
            return Reply(None, stop, message=f"the convex problem is infeasible{sure}")
        if problem.status in (cp.UNBOUNDED, cp.UNBOUNDED_INACCURATE):
            return self._unbounded(view, budget)
        # its objective may be infinite all the same, where noise took it out of a domain: the core takes that out again
        if any(one.value is None or not np.isfinite(one.value).all() for one in problem.variables()):
            if budget.expired():
                return Reply(None, Termination.BUDGET, message="time ran out before the conic solver had a point")
            message = f"the conic solver {self.options.solver} ended without a point ({problem.status})"
            return Reply(None, Termination.CONVERGED, message=message)
        return self._answer(view, budget, program, found)

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # a relaxation proves nothing about the optimum itself unless there is nothing to relax
        return None if signature.discrete else 0.1

    def _unbounded(self, view: Convex, budget: Budget) -> Reply:
        """A feasible point of a problem that the solver calls unbounded; with objectives near zero it often is not."""
        import cvxpy as cp

        alone = cp.Problem(cp.Minimize(0.0), view.problem.constraints)
        with warnings.catch_warnings(), contextlib.suppress(cp.SolverError):
            warnings.simplefilter("ignore")
            self._solve(alone, budget)
        known = alone.status in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE)
        message = f"the convex problem is unbounded{', says the conic solver; this is a point of it' if known else ''}"
        return Reply(view.values() if known else None, Termination.CONVERGED, message=message)

    def _solve(self, problem: Any, budget: Budget) -> tuple[Conic, Found]:
        """What ``problem.solve`` does, in its own three steps, so that the first is timed apart and the limit is what
        it leaves of the time. An objective far from 1 is solved again, scaled by what the solve before said it is."""
        import cvxpy as cp

        solver, limit_name, settings = self._settings()
        with budget.compiling():
            data, chain, inverse = problem.get_problem_data(solver, solver_opts=dict(settings))
            data = {**data, **_in_their_own_size(data)}
            program = Conic(data, inverse[-1]["offset"])

        def attempt(settings: dict[str, Any]) -> Found:
            """The best of the solves, the objective in a unit in which it is near 1."""
            unit, best = 1.0, None
            for _ in range(SCALINGS):
                if budget.limit is not None:
                    settings = {**settings, limit_name: max(budget.limit, 1e-3)}
                scaled = {
                    **data,
                    "c": unit * data["c"],
                    **({"P": unit * data["P"]} if data.get("P") is not None else {}),
                }
                raw = chain.solve_via_data(problem, scaled, warm_start=False, verbose=False, solver_opts=settings)
                one = Found.of(raw, unit, program)
                if best is None or one.bound > best.bound:
                    with contextlib.nullcontext() if best is None else contextlib.suppress(cp.SolverError):
                        problem.unpack_results(raw, chain, inverse)
                        best = one
                size = abs(one.value - program.offset)
                near = not 0.0 < size < math.inf or NEAR_ONE[0] <= unit * size <= NEAR_ONE[1]
                if near or problem.status != cp.OPTIMAL or budget.expired():
                    break
                unit = 2.0 ** -min(max(math.frexp(size)[1], -MOST_SCALE), MOST_SCALE)
            assert best is not None
            return best

        try:
            return program, attempt(settings)
        except cp.SolverError:
            if self.options.solver != "clarabel" or budget.expired():
                raise
        return program, attempt({**settings, "max_step_fraction": SHORT})

    def _settings(self) -> tuple[str, str, dict[str, Any]]:
        """CVXPY's name of the solver, the solver's name of the time limit [s], and its settings."""
        if self.options.solver == "scs":
            return "SCS", "time_limit_secs", {"eps": 1e-7}
        accuracy = {"tol_gap_rel": TOLERANCE, "tol_gap_abs": TOLERANCE, "tol_feas": TOLERANCE}
        return "CLARABEL", "time_limit", {**accuracy, "max_threads": 1}

    def _answer(self, view: Convex, budget: Budget, program: Conic, found: Found) -> Reply:
        status, sign = view.problem.status, -view.sense
        values = view.values()
        wide = bool(view.discrete) and program.widest_row() > WIDEST
        bound = sign * found.bound if math.isfinite(found.bound) and not wide else None
        # the solver's own value is that of its cones, which it meets only up to its tolerances: a root is steep at zero
        reached = view.problem.objective.value
        close = bound is not None and reached is not None and abs(reached - bound) <= CLOSE * abs(bound)
        stop = Termination.PROVED if close and not view.discrete else Termination.CONVERGED
        if status != "optimal" and budget.expired():
            stop, bound = Termination.BUDGET, None
        return Reply(
            values,
            stop,
            bound,
            "convex duality (continuous relaxation)" if view.discrete else "convex duality",
            CLOSE,
            info={"relaxation": sign * found.value} if view.discrete else {},
            message="" if bound is not None or stop is Termination.BUDGET else TOO_WIDE if wide else NO_BOUND,
        )


def _in_their_own_size(data: dict[str, Any]) -> dict[str, Any]:
    """Linear rows far from 1, divided by the power of two next to their largest entry: tolerances are absolute."""
    matrix = scipy.sparse.csc_array(data["A"], dtype=float)
    linear = data["dims"].zero + data["dims"].nonneg
    largest = abs(matrix).max(axis=1).toarray().ravel()  # scipy before 1.14 has a column
    largest[linear:] = 0.0
    with np.errstate(over="ignore"):
        far = (largest > 0.0) & ((largest < NEAR_ONE[0]) | (largest > NEAR_ONE[1]))
        size = np.where(far, np.ldexp(1.0, -np.frexp(largest)[1]), 1.0)
        size = np.where(np.isfinite(size) & np.isfinite(size * data["b"]), size, 1.0)
    return {"A": scipy.sparse.csc_matrix(scipy.sparse.diags_array(size) @ matrix), "b": size * data["b"]}
