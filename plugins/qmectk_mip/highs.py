"""``highs``: linear models directly, convex ones by outer approximation with a proved bound."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
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
from .solver import TOLERANCE, Outcome, Solver


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
        seed = int(rng.integers(2**31))
        if view.linear:
            return self._linear(view, budget, seed)
        if not view.convex:
            names = [c.name for c in view.curved if not c.convex] or ["objective"]
            raise Refused(f"highs takes linear and convex models, and {', '.join(sorted(set(names)))} is not convex")
        outer = OuterApproximation(view)
        try:
            return self._outer(view, outer, budget, seed)
        finally:
            outer.restore()

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # seconds of start-up, then exponential growth in the bits as measured on P1 up to 30 devices
        return 0.5 * 1.12 ** min(signature.bits, 1000)  # beyond, a float overflows and nobody waits

    def _compact(self, view: FactoredQuadratic, budget: Budget, rng: np.random.Generator) -> Reply:
        """The compact form, accepted directly so that it goes before the declaration's own, larger one."""
        lowered = Compact().apply(view, NoOptions(), None)

        def declared(value: float | None) -> float | None:
            return None if value is None else view.objective(value)

        def record(objective: float | None, bound: float | None, point: Any) -> None:
            budget.incumbent(declared(objective), declared(bound))

        recorder = None if budget.recorder is None else record
        reply = self.solve(
            lowered.view, Budget(budget.limit, gap=budget.gap, report=budget.report, recorder=recorder), rng
        )
        return dataclasses.replace(
            reply,
            point=None if reply.point is None else lowered.lift(reply.point),
            bound=declared(reply.bound),
            objective=declared(reply.objective),
        )

    def _linear(self, view: Algebraic, budget: Budget, seed: int) -> Reply:
        outcome = Solver(view.model, self.options.threads).solve(gap=budget.gap, seconds=budget.limit, seed=seed)
        if outcome.infeasible or outcome.unbounded:
            return _no_point(outcome)
        if outcome.values is None:
            return Reply(None, Termination.BUDGET, outcome.bound, _BOUND, TOLERANCE)
        found = outcome.values
        stop = Termination.PROVED if outcome.optimal else Termination.BUDGET
        values = view.values(lambda v: found.get(id(v), 0.0))
        return Reply(values, stop, outcome.bound, "branch and bound", TOLERANCE, outcome.objective)

    def _outer(self, view: Algebraic, outer: OuterApproximation, budget: Budget, seed: int) -> Reply:
        solver = Solver(view.model, self.options.threads)
        # without a cut the new objective variable, and whatever only curved constraints bound, is unbounded
        outer.add_cuts(_reader(_middle(view)), always=True)
        self._relaxed_rounds(view, outer, solver, budget, seed)
        best: dict[str, Any] | None = None
        best_value, bound, rounds = -view.sense * np.inf, view.sense * np.inf, 0
        stop = Termination.BUDGET
        for rounds in range(1, self.options.rounds + 1):
            outcome = solver.solve(gap=0.5 * budget.gap, seconds=budget.limit, seed=seed)
            if outcome.infeasible or outcome.unbounded:
                return _no_point(outcome)
            if outcome.bound is not None:
                bound = _tighter(bound, outcome.bound, view.sense)
            if outcome.values is None:
                break
            point, value = self._incumbent(view, outcome, outer)
            if point is not None and view.sense * value > view.sense * best_value:
                best, best_value = point, value
            budget.incumbent(best_value if best is not None else None, float(bound) if np.isfinite(bound) else None)
            if best is not None and relative_gap(best_value, bound, view.sense) <= budget.gap:
                stop = Termination.PROVED
                break
            budget.report(self.name, rounds, None)
            if outer.add_cuts(_reader(outcome.values)) == 0:
                stop = Termination.CONVERGED  # nothing is left to cut: what gap there is, is rounding
                break
            if point is not None:
                outer.add_cuts(_reader(_assignment(view, point)), always=True)
            if budget.expired():
                break
        info = {"rounds": rounds, "cuts": outer.cuts}
        claimed = float(best_value) if best is not None else None
        proved_bound = float(bound) if np.isfinite(bound) else None
        return Reply(best, stop, proved_bound, _BOUND, TOLERANCE, claimed, info=info)

    def _relaxed_rounds(
        self, view: Algebraic, outer: OuterApproximation, solver: Solver, budget: Budget, seed: int
    ) -> None:
        """Cuts at optima of the linear relaxation (Kelley 1960): cheap, and most of the shape is in them."""
        import pyomo.environ as pyo

        discrete = [v for variable, data in view.variables.values() if variable.kind != "continuous" for v in data]
        domains = [v.domain for v in discrete]
        for v in discrete:
            v.domain = pyo.Reals
        try:
            for _ in range(self.options.relaxed_rounds):
                outcome = solver.solve(gap=budget.gap, seconds=budget.limit, seed=seed)
                if outcome.values is None or outer.add_cuts(_reader(outcome.values)) == 0 or budget.expired():
                    break
        finally:
            for v, domain in zip(discrete, domains, strict=True):
                v.domain = domain

    def _incumbent(
        self, view: Algebraic, outcome: Outcome, outer: OuterApproximation
    ) -> tuple[dict[str, Any] | None, float]:
        """A feasible point from the integer part of the round's optimum, and its true objective."""
        assert outcome.values is not None
        found = outcome.values
        values = view.values(lambda v: found.get(id(v), 0.0))
        if view.complete is not None:
            values = view.complete(values)
        read = _reader(_assignment(view, values))
        slack = max((_height(c, read) for c in view.curved), default=0.0)
        if view.complete is None and slack > TOLERANCE:
            return None, -view.sense * np.inf  # not feasible yet; more cuts will bring it there
        return values, _height(view.objective, read)


_BOUND = "outer approximation"


def _tighter(old: float, new: float, sense: int) -> float:
    return min(old, new) if sense > 0 else max(old, new)


def _assignment(view: Algebraic, values: Mapping[str, Any]) -> dict[int, float]:
    out: dict[int, float] = {}
    for name, (_, data) in view.variables.items():
        for v, number in zip(data, np.atleast_1d(values[name]), strict=True):
            out[id(v)] = float(number)
    return out


def _middle(view: Algebraic) -> dict[int, float]:
    """A point well inside the box of the variables, near zero where the box is large."""
    out: dict[int, float] = {}
    for variable, data in view.variables.values():
        lower, upper = np.atleast_1d(variable.lower), np.atleast_1d(variable.upper)
        for v, low, high in zip(data, lower, upper, strict=True):
            low, high = max(low, min(high, 1.0) - 1.0), min(high, max(low, -1.0) + 1.0)
            out[id(v)] = 0.5 * (float(low) + float(high))
    return out


def _reader(assignment: Mapping[int, float]) -> Callable[[Any], float]:
    """``value(expression)`` of an affine Pyomo expression at an assignment of variable ids."""
    from pyomo.core.expr.visitor import identify_variables
    from pyomo.environ import value

    def read(expression: Any) -> float:
        if isinstance(expression, (int, float)):
            return float(expression)
        for v in identify_variables(expression):
            v.set_value(assignment.get(id(v), 0.0), skip_validation=True)
        return float(value(expression))

    return read


def _height(constraint: Any, read: Callable[[Any], float]) -> float:
    """``affine + terms`` of a curved constraint or objective."""
    total = read(constraint.affine)
    for term in constraint.terms:
        arguments = [np.float64(read(argument)) for argument in term.arguments]
        total += term.coefficient * float(term.atom.value(*arguments, **term.parameters))
    return total


def _no_point(outcome: Outcome) -> Reply:
    if outcome.infeasible:
        return Reply(None, Termination.PROVED, message="HiGHS proves that no feasible point exists")
    return Reply(None, Termination.FAILED, message="the linear approximation is unbounded: give the variables bounds")
