"""``highs``: linear models directly, convex ones by outer approximation with a proved bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qmectk import Algebraic, Backend, Budget, FactoredQuadratic, Reply, Termination
from qmectk.errors import Refused
from qmectk.language import Signature
from qmectk.options import at_least, option

from .arrays import Array, Model
from .compact import solved_compactly
from .ending import answered
from .engine import USUAL, Engine
from .leaf import relaxed_optimum
from .outer import Rounds
from .proof import CHECKED, Verdict, decided
from .start import first_point


@dataclass(frozen=True)
class HighsOptions:
    """Options of ``highs``."""

    rounds: int = option(100, "most rounds of outer approximation")
    relaxed_rounds: int = option(12, "rounds of cuts on the linear relaxation before the first mixed-integer round")
    threads: int = option(1, "threads HiGHS may use")

    def __post_init__(self) -> None:
        at_least("rounds", self.rounds, 1)
        at_least("relaxed_rounds", self.relaxed_rounds, 0)
        at_least("threads", self.threads, 1)


class Highs(Backend):
    """HiGHS (Huangfu & Hall, Math. Programming Computation 10, 2018), with its claims checked."""

    name, accepts = "highs", (Algebraic, FactoredQuadratic)
    summary = "HiGHS: LP and MILP directly, convex models by outer approximation"
    requires, extra = ("pyomo", "highspy"), "qmectk[mip]"
    proves = True
    Options = HighsOptions

    def solve(self, view: Algebraic | FactoredQuadratic, budget: Budget, rng: np.random.Generator) -> Reply:
        if isinstance(view, FactoredQuadratic):
            return solved_compactly(view, budget, rng, self._algebraic)
        return self._algebraic(view, budget, rng, None)

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # seconds of start-up, then exponential growth in the bits as measured on P1 up to 30 devices
        return 0.5 * 1.12 ** min(signature.bits, 1000)  # beyond, a float overflows and nobody waits

    def _algebraic(self, view: Algebraic, budget: Budget, rng: np.random.Generator, start: Array | None) -> Reply:
        seed = int(rng.integers(2**31))
        if not view.convex:
            names = [c.name for c in view.curved if not c.convex] or ["objective"]
            raise Refused(f"highs takes linear and convex models, and {', '.join(sorted(set(names)))} is not convex")
        with budget.compiling():
            model = Model(view)
        found = (start if start is not None else first_point(model)) if budget.expired() else None
        if found is not None:  # reading the model took all the time: do not also hand it over to HiGHS
            return Reply(model.values(found), Termination.BUDGET, objective=model.objective(found))
        if not view.linear:
            options = self.options
            rounds = Rounds(model, budget, seed, options.threads, options.rounds, options.relaxed_rounds)
            return rounds.run(start)
        if start is not None:
            budget.incumbent(model.objective(start))
        with budget.compiling():
            engine = Engine.of(model.linear, self.options.threads)
        if model.linear.whole.any():
            return self._mixed(model, engine, budget, seed, start)
        return self._continuous(model, engine, budget, seed)

    def _continuous(self, model: Model, engine: Engine, budget: Budget, seed: int) -> Reply:
        found = relaxed_optimum(engine, budget.limit, seed, presolve=True)
        x = found.x
        if x is None and not np.isposinf(found.bound):
            x = first_point(model)
        value = model.linear.value(x) if x is not None else np.inf
        bound = None if np.isneginf(found.bound) else found.bound
        return answered(model, Verdict(x, value, bound, CHECKED), found.outcome, budget, "HiGHS")

    def _mixed(self, model: Model, engine: Engine, budget: Budget, seed: int, start: Array | None) -> Reply:
        outcome = engine.run(gap=budget.gap, seconds=budget.limit, seed=seed)
        if start is None and not outcome.optimal:
            start = first_point(model)
        verdict = decided(
            engine.scaled,
            outcome,
            lambda: engine.run(gap=budget.gap, seconds=budget.limit, seed=seed + 1, presolve=False, tolerance=USUAL),
            budget,
            name="HiGHS",
            gap=budget.gap,
            start=start,
        )
        return answered(model, verdict, outcome, budget, "HiGHS")
