"""Rounds of outer approximation: a mixed-integer optimum of the cuts, its point completed, more cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qmectk import Budget, Reply, Termination
from qmectk.judging.certificate import Certificate, relative_gap

from .arrays import Array, Model
from .cuts import OuterApproximation, middle
from .ending import HAS_ONE, INFEASIBLE, NO_POINT, REFUTED, UNBOUNDED, stopped, without_optimum
from .engine import USUAL, Engine, Outcome
from .proof import TOLERANCE, confirmed
from .rays import Farther
from .scaling import Scaled
from .start import completed, first_point

#: The argument behind the bounds.
OUTER = "outer approximation"

#: What a point may violate a curve by, relative to its largest term, when no problem completes it.
CURVED = 1e-8


@dataclass
class Rounds:
    """One run; see :meth:`run`."""

    model: Model
    budget: Budget
    seed: int
    solver: str
    engine: Callable[[Scaled], Engine]
    most: int
    relaxed_most: int

    def __post_init__(self) -> None:
        self.sense = self.model.view.sense
        self.best: Array | None = None
        self.value, self.bound = -self.sense * np.inf, self.sense * np.inf
        self.begins = self.budget.start() is not None  #: whether it is to begin at a point
        self.used = 0
        self.cuts = 0

    def run(self, start: Array | None) -> Reply:
        """Outer approximation until the gap, `most` rounds or the time is reached.

        Parameters
        ----------
        start
            A feasible point that is known.
        """
        budget, model = self.budget, self.model
        with budget.compiling():
            outer = OuterApproximation(model, self.engine)
            # without a cut the objective's column, and whatever only curved constraints bound, is unbounded
            outer.add_cuts(middle(model.linear), always=True)
        self._offer(start if start is not None else first_point(model))
        if self.begins and start is not None:
            outer.add_cuts(start, always=True)
        farther = Farther(outer)
        self._offer(first_point(model, self._relaxed(outer, farther)))
        stop, message, outcome = self._mixed(outer, farther)
        if outcome is not None and (outcome.infeasible or outcome.unbounded):
            return self._none(outcome, outer)
        if np.isfinite(self.bound):
            said = self._check(outer)
            if stop is Termination.PROVED and not self._closed():
                stop, message = (Termination.BUDGET if budget.expired() else Termination.CONVERGED), said
        proved = float(self.bound) if np.isfinite(self.bound) else None
        info = {"rounds": self.used, "cuts": outer.cuts}
        if self.best is None:
            return Reply(None, stop, proved, OUTER, TOLERANCE, None, message, info)
        return Reply(model.values(self.best), stop, proved, OUTER, TOLERANCE, float(self.value), message, info)

    def _mixed(self, outer: OuterApproximation, farther: Farther) -> tuple[Termination, str, Outcome | None]:
        budget, model = self.budget, self.model
        for used in range(1, self.most + 1):
            self.used, engine = used, outer.engine
            if self.begins and self.best is not None:
                engine.known = outer.raised(self.best)
            outcome = engine.run(gap=0.5 * budget.gap, seconds=budget.limit, seed=self.seed)
            if outcome.unbounded and farther.cut() and not budget.expired():
                continue
            if outcome.infeasible or outcome.unbounded:
                return Termination.FAILED, "", outcome
            if outcome.bound is not None:
                self._bounded(model.declared(engine.scaled.value(outcome.bound)))
            if outcome.x is None:
                return *stopped(outcome, budget, self.best is not None, self.solver), None
            x = engine.scaled.point(outcome.x)
            point = self._incumbent(x)
            self._offer(point)
            if self._refuted():
                self.bound = self.sense * np.inf
                return Termination.CONVERGED, REFUTED.format(name=self.solver), None
            if self._closed():
                return Termination.PROVED, "", None
            budget.report(self.solver.lower(), self.used, None)
            resized = self.best is not None and outer.resize(self.value)
            if outer.add_cuts(x) == 0 and not resized:
                # nothing is left to cut: what gap there is, is rounding, or what the solver had no time to close
                if outcome.optimal:
                    return Termination.CONVERGED, "", None
                return *stopped(outcome, budget, self.best is not None, self.solver), None
            if point is not None:
                outer.add_cuts(point, always=True)
            if budget.expired():
                break
        return Termination.BUDGET, "", None

    def _relaxed(self, outer: OuterApproximation, farther: Farther) -> Array | None:
        """Cuts at optima of the linear relaxation (Kelley 1960): cheap, and most of the shape is in them.

        Returns the last of these optima, None without any.
        """
        engine, budget = outer.engine, self.budget
        relaxed: Array | None = None
        engine.relax(True)
        for _ in range(self.relaxed_most):
            outcome = engine.run(seconds=budget.limit, seed=self.seed)
            if outcome.unbounded and farther.cut() and not budget.expired():
                continue
            if outcome.x is None:
                break
            relaxed = engine.scaled.point(outcome.x)
            if outer.add_cuts(relaxed) == 0 or budget.expired():
                break
        engine.relax(False)
        return relaxed

    def _incumbent(self, x: Array) -> Array | None:
        """A feasible point from the integer part of the round's optimum."""
        model = self.model
        values = completed(model, model.values(x[: model.n]))
        if values is None:
            return None  # feasible for the cuts only; more of them will tell
        point = model.point(values)
        # without a completion it may not be feasible yet; more cuts will bring it there
        return None if model.view.complete is None and model.violation(point) > CURVED else point

    def _offer(self, point: Array | None) -> None:
        """Keep a feasible point if it is the best."""
        value = -self.sense * np.inf if point is None else self.model.objective(point)
        if point is not None and self.sense * value > self.sense * self.value:
            self.best, self.value = point, value
            self.budget.incumbent(float(value), point=self.model.values(point))

    def _bounded(self, bound: float) -> None:
        self.bound = self.sense * min(self.sense * self.bound, self.sense * bound)

    def _closed(self) -> bool:
        return self.best is not None and relative_gap(self.value, self.bound, self.sense) <= self.budget.gap

    def _refuted(self) -> bool:
        """Whether the best point, feasible as it is, beats the bound by more than its tolerance."""
        if self.best is None or not np.isfinite(self.bound):
            return False
        return Certificate(float(self.bound), "", "", TOLERANCE).refuted_by(float(self.value), self.sense)

    def _check(self, outer: OuterApproximation) -> str:
        """Keep of the bound what holds when it is checked like that of any linear model; why, where nothing does."""
        engine, model, budget = outer.engine, self.model, self.budget
        scaled = engine.scaled
        goal = scaled.inner_value(model.declared(float(self.value)))
        claimed = scaled.inner_value(model.declared(float(self.bound)))
        bound, message = confirmed(
            scaled,
            goal,
            claimed,
            lambda: engine.run(
                gap=0.5 * budget.gap, seconds=budget.limit, seed=self.seed + 1, presolve=False, tolerance=USUAL
            ),
            budget,
        )
        holds = bound is not None and np.isfinite(bound)
        self.bound = model.declared(scaled.value(bound)) if bound is not None and holds else self.sense * np.inf
        if holds:
            budget.incumbent(None, float(self.bound))
        return message

    def _none(self, outcome: Outcome, outer: OuterApproximation) -> Reply:
        """The solver calls the linear approximation infeasible or unbounded."""
        if outcome.unbounded:
            return without_optimum(self.model, UNBOUNDED, self.best)
        if self.best is not None:
            return without_optimum(self.model, HAS_ONE.format(name=self.solver), self.best)
        engine = outer.engine
        bound, _ = confirmed(
            engine.scaled,
            np.inf,
            np.inf,
            lambda: engine.run(seconds=self.budget.limit, seed=self.seed + 1, presolve=False, tolerance=USUAL),
            self.budget,
        )
        if bound == np.inf:
            return Reply(None, Termination.PROVED, message=INFEASIBLE.format(name=self.solver))
        return Reply(None, Termination.FAILED, message=NO_POINT.format(name=self.solver))


__all__ = ["Rounds"]
