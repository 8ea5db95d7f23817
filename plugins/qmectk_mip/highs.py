"""``highs``: linear models directly, convex ones by outer approximation with a proved bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qmectk import Budget, Reply
from qmectk.language import Signature
from qmectk.options import at_least, check_threads, option

from .arrays import Array, Model
from .checked import Checked
from .ending import answered
from .engine import Engine
from .leaf import Leaves, relaxed_optimum
from .proof import CHECKED, ONLY_ROUNDED, Verdict
from .scaling import Scaled
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
        check_threads(self.threads)


class Highs(Checked):
    """HiGHS (Huangfu & Hall, Math. Programming Computation 10, 2018), with its claims checked."""

    name, solver = "highs", "HiGHS"
    summary = "HiGHS: LP and MILP directly, convex models by outer approximation"
    requires, extra = ("pyomo", "highspy"), "qmectk[mip]"
    Options = HighsOptions

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # seconds of start-up, then exponential growth in the bits; with curves as measured on P1 up to 30 devices
        if not signature.atoms:
            return 0.05 * 1.05 ** min(signature.bits, 1000)
        return 0.5 * 1.12 ** min(signature.bits, 1000)  # beyond, a float overflows and the search is hopeless

    def engine(self, scaled: Scaled) -> Engine:
        return Engine(scaled, self.options.threads)

    @property
    def rounds(self) -> tuple[int, int]:
        return self.options.rounds, self.options.relaxed_rounds

    def _linear(self, model: Model, engine: Engine, budget: Budget, seed: int, start: Array | None) -> Reply:
        if model.linear.whole.any():
            return super()._linear(model, engine, budget, seed, start)
        found = relaxed_optimum(engine, budget.limit, seed, presolve=True)
        x, message = found.x, ""
        bound = None if np.isneginf(found.bound) else found.bound
        if x is None and bound == np.inf:
            looser = Engine(replace(engine.scaled, inner=Leaves(engine.inner).loosened()), self.options.threads)
            near = relaxed_optimum(looser, budget.limit, seed)
            if near.x is not None:
                x, message = near.x, ONLY_ROUNDED
            if near.bound < np.inf:
                bound = None
        elif x is None:
            x = first_point(model)
        value = model.linear.value(x) if x is not None else np.inf
        return answered(model, Verdict(x, value, bound, CHECKED, message), found.outcome, budget, self.solver)
