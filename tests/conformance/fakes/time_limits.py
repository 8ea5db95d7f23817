"""Backends that cannot deal with little time."""

from __future__ import annotations

import time

import numpy as np

from qmectk import Binary, Budget, Reply, Termination

from .honest import Honest, breaks


@breaks("respects_the_time_limit")
class Dawdles(Honest):
    """Never looks at the clock."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        time.sleep(0.05 * view.n)
        return super().solve(view, budget, rng)


@breaks("respects_the_time_limit")
class CountsInstead(Honest):
    """Looks at the clock once in a thousand candidates, however long one takes."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        view.score(rng.integers(0, 2, (1000, view.n)).astype(np.int8))
        return super().solve(view, budget, rng)


@breaks("respects_the_time_limit")
class DropsIncumbent(Honest):
    """Has a point, and loses it at the time limit."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if budget.limit is not None:
            return Reply(None, Termination.BUDGET)
        return super().solve(view, budget, rng)


@breaks("survives_no_time")
class DividesByTime(Honest):
    """Plans with the time that is left."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if budget.limit is not None:
            assert 1.0 / budget.remaining > 0
        return super().solve(view, budget, rng)
