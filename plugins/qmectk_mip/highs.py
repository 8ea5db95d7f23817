"""``highs``: linear models directly, convex ones by outer approximation with a proved bound."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk import Algebraic, Backend, Budget, FactoredQuadratic, Reply, Termination
from qmectk.certificate import relative_gap
from qmectk.errors import Refused
from qmectk.language import Signature
from qmectk.options import NoOptions, at_least, option

from .compact import Compact
from .cuts import OuterApproximation
from .ending import REFUTED, proved_at_most, refuted, stopped, without_optimum
from .evaluate import assignment, height, middle, reader
from .rays import Farther
from .solver import TOLERANCE, Outcome, Solver
from .start import Start, completed, first_bits, first_point


@dataclass(frozen=True)
class HighsOptions:
    """Options of ``highs``."""

    rounds: int = option(50, "most rounds of outer approximation")
    relaxed_rounds: int = option(12, "rounds of cuts on the linear relaxation before the first mixed-integer round")
    threads: int = option(1, "threads HiGHS may use")

    def __post_init__(self) -> None:
        at_least("rounds", self.rounds, 1)
        at_least("relaxed_rounds", self.relaxed_rounds, 0)
        at_least("threads", self.threads, 1)


class Highs(Backend):
    """Pyomo to HiGHS (Huangfu & Hall, Math. Programming Computation 10, 2018)."""

    name, accepts = "highs", (Algebraic, FactoredQuadratic)
    summary = "HiGHS: LP and MILP directly, convex models by outer approximation"
    requires, extra = ("pyomo", "highspy"), "qmectk[mip]"
    proves = True
    Options = HighsOptions

    def solve(self, view: Algebraic | FactoredQuadratic, budget: Budget, rng: np.random.Generator) -> Reply:
        if isinstance(view, FactoredQuadratic):
            return self._compact(view, budget, rng)
        return self._algebraic(view, budget, rng, None)

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # seconds of start-up, then exponential growth in the bits as measured on P1 up to 30 devices
        return 0.5 * 1.12 ** min(signature.bits, 1000)  # beyond, a float overflows and nobody waits

    def _algebraic(self, view: Algebraic, budget: Budget, rng: np.random.Generator, start: Start | None) -> Reply:
        seed = int(rng.integers(2**31))
        if not view.convex:
            names = [c.name for c in view.curved if not c.convex] or ["objective"]
            raise Refused(f"highs takes linear and convex models, and {', '.join(sorted(set(names)))} is not convex")
        found = (start or first_point(view)) if budget.expired() else None
        if found is not None:  # reading the model took all the time: do not also translate it for HiGHS
            return Reply(found[0], Termination.BUDGET, objective=found[1])
        if view.linear:
            return self._linear(view, budget, seed, start)
        with budget.compiling():
            outer = OuterApproximation(view)
        try:
            return self._outer(view, outer, budget, seed, start)
        finally:
            outer.restore()

    def _compact(self, view: FactoredQuadratic, budget: Budget, rng: np.random.Generator) -> Reply:
        """The compact form, accepted directly so that it goes before the declaration's own, larger one."""
        with budget.compiling():
            lowered = Compact().apply(view, NoOptions(), None)
        found = first_bits(view)
        start = None
        if found is not None:
            bits, value = found
            start = lowered.view.complete({"x": bits}), value

        def declared(value: float | None) -> float | None:
            return None if value is None else view.objective(value)

        def record(objective: float | None, bound: float | None, point: Any) -> None:
            budget.incumbent(declared(objective), declared(bound))

        part = budget.within(budget.limit)
        part.report = budget.report
        part.recorder = None if budget.recorder is None else record
        reply = self._algebraic(lowered.view, part, rng, start)
        return dataclasses.replace(
            reply,
            point=None if reply.point is None else lowered.lift(reply.point),
            bound=declared(reply.bound),
            objective=declared(reply.objective),
        )

    def _linear(self, view: Algebraic, budget: Budget, seed: int, start: Start | None) -> Reply:
        solver = self._handed_over(view, budget)
        if start is not None:
            budget.incumbent(start[1])
        outcome = solver.solve(gap=budget.gap, seconds=budget.limit, seed=seed)
        if outcome.infeasible or outcome.unbounded:
            return without_optimum(outcome, start or first_point(view), solver.lost)
        bound = outcome.bound
        if outcome.values is None:
            values, objective = start or first_point(view) or (None, None)
            stop, message = stopped(outcome, budget, values is not None)
        else:
            found = outcome.values
            values = view.values(lambda v: found.get(id(v), 0.0))
            objective = outcome.objective
            stop, message = Termination.PROVED, ""
            if not outcome.optimal:
                stop, message = stopped(outcome, budget, True)
        reply = Reply(values, stop, bound, _SEARCH, TOLERANCE, objective, message)
        return proved_at_most(view, reply, solver)

    def _handed_over(self, view: Algebraic, budget: Budget) -> Solver:
        """HiGHS with the model as it is now. Later cuts are part of the method, and charged as solving."""
        with budget.compiling():
            solver = Solver(view.model, self.options.threads)
            solver.hand_over()
        return solver

    def _outer(
        self, view: Algebraic, outer: OuterApproximation, budget: Budget, seed: int, start: Start | None
    ) -> Reply:
        # without a cut the new objective variable, and whatever only curved constraints bound, is unbounded
        outer.add_cuts(reader(middle(view)), always=True)
        solver = self._handed_over(view, budget)
        best: dict[str, Any] | None = None
        best_value, bound, rounds = -view.sense * np.inf, view.sense * np.inf, 0
        if start is not None:
            best, best_value = start
            budget.incumbent(best_value)
        farther = Farther(view, outer)
        start = first_point(view, self._relaxed_rounds(view, outer, farther, solver, budget, seed))
        if start is not None and view.sense * start[1] > view.sense * best_value:
            best, best_value = start
            budget.incumbent(best_value)
        stop, message = Termination.BUDGET, ""
        for rounds in range(1, self.options.rounds + 1):
            outcome = solver.solve(gap=0.5 * budget.gap, seconds=budget.limit, seed=seed)
            if outcome.unbounded and farther.cut() and not budget.expired():
                continue
            if outcome.infeasible or outcome.unbounded:
                known = None if best is None else (best, best_value)
                return without_optimum(outcome, known or first_point(view), solver.lost)
            if outcome.bound is not None:
                bound = _tighter(bound, outcome.bound, view.sense)
            if outcome.values is None:
                stop, message = stopped(outcome, budget, best is not None)
                break
            point, value = self._incumbent(view, outcome)
            if point is not None and view.sense * value > view.sense * best_value:
                best, best_value = point, value
            if best is not None and np.isfinite(bound) and refuted(view, float(bound), best, best_value):
                bound, stop, message = view.sense * np.inf, Termination.CONVERGED, REFUTED
            told = float(bound) if np.isfinite(bound) and not solver.lost else None
            budget.incumbent(best_value if best is not None else None, told)
            if message:
                break
            if best is not None and relative_gap(best_value, bound, view.sense) <= budget.gap:
                stop = Termination.PROVED
                break
            budget.report(self.name, rounds, None)
            if outer.add_cuts(reader(outcome.values)) == 0:
                # nothing is left to cut: what gap there is, is rounding, or what HiGHS had no time to close
                stop = Termination.CONVERGED
                if not outcome.optimal:
                    stop, message = stopped(outcome, budget, best is not None)
                break
            if point is not None:
                outer.add_cuts(reader(assignment(view, point)), always=True)
            if budget.expired():
                break
        info = {"rounds": rounds, "cuts": outer.cuts}
        claimed = float(best_value) if best is not None else None
        proved_bound = float(bound) if np.isfinite(bound) else None
        reply = Reply(best, stop, proved_bound, _BOUND, TOLERANCE, claimed, message, info)
        return proved_at_most(view, reply, solver)

    def _relaxed_rounds(
        self,
        view: Algebraic,
        outer: OuterApproximation,
        farther: Farther,
        solver: Solver,
        budget: Budget,
        seed: int,
    ) -> dict[int, float] | None:
        """Cuts at optima of the linear relaxation (Kelley 1960): cheap, and most of the shape is in them.

        Returns the last of these optima by the id of the Pyomo variable, None without any.
        """
        import pyomo.environ as pyo

        relaxed: dict[int, float] | None = None
        discrete = [v for variable, data in view.variables.values() if variable.kind != "continuous" for v in data]
        domains = [v.domain for v in discrete]
        for v in discrete:
            v.domain = pyo.Reals
        try:
            for _ in range(self.options.relaxed_rounds):
                outcome = solver.solve(gap=budget.gap, seconds=budget.limit, seed=seed)
                if outcome.unbounded and farther.cut() and not budget.expired():
                    continue
                if outcome.values is None:
                    break
                relaxed = outcome.values
                if outer.add_cuts(reader(relaxed)) == 0 or budget.expired():
                    break
        finally:
            for v, domain in zip(discrete, domains, strict=True):
                v.domain = domain
        return relaxed

    def _incumbent(self, view: Algebraic, outcome: Outcome) -> tuple[dict[str, Any] | None, float]:
        """A feasible point from the integer part of the round's optimum, and its true objective."""
        assert outcome.values is not None
        found = outcome.values
        values = completed(view, view.values(lambda v: found.get(id(v), 0.0)))
        if values is None:
            return None, -view.sense * np.inf  # feasible for the cuts only; more of them will tell
        read = reader(assignment(view, values))
        slack = max((height(c, read) for c in view.curved), default=0.0)
        if view.complete is None and slack > TOLERANCE:
            return None, -view.sense * np.inf  # not feasible yet; more cuts will bring it there
        return values, height(view.objective, read)


#: The arguments behind the bounds.
_SEARCH = "branch and bound"
_BOUND = "outer approximation"


def _tighter(old: float, new: float, sense: int) -> float:
    return min(old, new) if sense > 0 else max(old, new)
