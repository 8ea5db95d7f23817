"""What backends on a mixed-integer solver share: linear models directly, convex ones by outer approximation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from qmectk import Algebraic, Backend, Budget, FactoredQuadratic, Reply, Termination
from qmectk.errors import Refused

from .arrays import Array, Model
from .compact import solved_compactly
from .ending import answered
from .engine import USUAL, Engine, Outcome
from .leaf import RESCALED
from .outer import Rounds
from .proof import decided, incumbent, small
from .scaling import Scaled, equilibrated
from .start import feasible_point, first_point
from .width import uneven, wide

#: Called with every better point that the solver finds, in equilibrated numbers.
Tell = Callable[[Array], None]


class Checked(Backend):
    """A backend on a solver whose claims are checked."""

    accepts = (Algebraic, FactoredQuadratic)
    proves = True
    solver: ClassVar[str]  #: the solver's name in sentences

    @abstractmethod
    def engine(self, scaled: Scaled) -> Engine:
        """The solver with a model."""

    @property
    @abstractmethod
    def rounds(self) -> tuple[int, int]:
        """Most rounds of outer approximation, and most of them on the linear relaxation before."""

    def solve(self, view: Algebraic | FactoredQuadratic, budget: Budget, rng: np.random.Generator) -> Reply:
        if isinstance(view, FactoredQuadratic):
            return solved_compactly(view, budget, rng, self._algebraic)
        return self._algebraic(view, budget, rng, budget.start())

    def _algebraic(self, view: Algebraic, budget: Budget, rng: np.random.Generator, known: Any) -> Reply:
        """The reply to a model; `known` is None or values of its variables, which may not be feasible."""
        seed = int(rng.integers(2**31))
        if not view.convex:
            names = [c.name for c in view.curved if not c.convex] or ["objective"]
            listed = ", ".join(sorted(set(names)))
            raise Refused(f"{self.name} takes linear and convex models, and {listed} is not convex")
        with budget.compiling():
            model = Model(view)
        start = None if known is None else feasible_point(model, known)
        found = (start if start is not None else first_point(model)) if budget.expired() else None
        if found is not None:  # reading the model took all the time: do not also hand it over to the solver
            return Reply(model.values(found), Termination.BUDGET, objective=model.objective(found))
        if not view.linear:
            return Rounds(model, budget, seed, self.solver, self.engine, *self.rounds).run(start)
        if start is not None:
            budget.incumbent(model.objective(start))
        with budget.compiling():
            engine = self.engine(equilibrated(model.linear))
        engine.known = start if budget.start() is not None else None
        return self._linear(model, engine, budget, seed, start)

    def _linear(self, model: Model, engine: Engine, budget: Budget, seed: int, start: Array | None) -> Reply:
        def run() -> Outcome:
            return engine.run(gap=budget.gap, seconds=budget.limit, seed=seed, tell=_teller(model, engine, budget))

        if uneven(engine.inner.cost):
            engine.fit(budget.limit, seed)
        outcome = run()
        known = start
        if known is None and not (outcome.optimal or outcome.infeasible):
            known = first_point(model)
        for _ in range(RESCALED):
            known, size = incumbent(engine.scaled, outcome, known, budget)
            if not small(size) or wide(engine.inner, size) or budget.expired():
                break
            engine.rescale(size)
            outcome = run()
        verdict = decided(
            engine.scaled,
            outcome,
            lambda: engine.run(gap=budget.gap, seconds=budget.limit, seed=seed + 1, presolve=False, tolerance=USUAL),
            budget,
            name=self.solver,
            gap=budget.gap,
            known=known,
        )
        return answered(model, verdict, outcome, budget, self.solver)


def _teller(model: Model, engine: Engine, budget: Budget) -> Tell | None:
    """Reports points whose rounded whole numbers hold the model to the budget, and no others."""
    if budget.recorder is None:
        return None

    def tell(inner: Array) -> None:
        x = engine.scaled.point(inner)
        x[model.linear.whole] = np.round(x[model.linear.whole])
        if model.violation(x) <= USUAL:
            budget.incumbent(model.objective(x))

    return tell


__all__ = ["Checked", "Tell"]
