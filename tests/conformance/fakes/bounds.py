"""Backends that prove what is not so, and that fail where nothing is feasible or hardly anything is there."""

from __future__ import annotations

import numpy as np

from qmectk import Binary, Budget, Reply, Termination
from qmectk.errors import Infeasible

from .honest import Honest, breaks, zeros


@breaks("bounds_hold")
@breaks("optimal_needs_a_bound")
class WrongBound(Honest):
    """Calls whatever it has optimal."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        value = view.sense * float(view.score(zeros(view)[None, :])[0])
        return self.reply(view, zeros(view)[None, :], bound=value, termination=Termination.PROVED)


@breaks("bounds_hold")
class ProvesInfeasible(Honest):
    """Has no point and calls that a proof."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(None, Termination.PROVED)


@breaks("optimal_needs_a_bound")
class ProofWithoutBound(Honest):
    """Says it proved optimality and shows nothing."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], termination=Termination.PROVED)


@breaks("survives_one_bit")
class NeedsTwoBits(Honest):
    """Divides by the number of bits minus one."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        assert 1 / (view.n - 1) > 0
        return super().solve(view, budget, rng)


@breaks("survives_infeasible")
class TrustsFeasibility(Honest):
    """Cannot imagine that nothing is feasible."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        scores = view.score(zeros(view)[None, :])
        int(scores[0])  # OverflowError for minus infinity
        return super().solve(view, budget, rng)


@breaks("survives_infeasible")
class RaisesInfeasible(Honest):
    """Ends the whole stream because one frame has no point."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        reply = super().solve(view, budget, rng)
        if reply.point is None:
            raise Infeasible("nothing found")
        return reply


@breaks("no_values_without_incumbent")
class SellsAnything(Honest):
    """Returns a point where there is none, and claims that it is optimal."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(zeros(view), Termination.PROVED, bound=0.0)


@breaks("no_values_without_incumbent")
class BoundAtItsPoint(Honest):
    """Returns an infeasible point and a bound equal to its objective, without the word proof."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(zeros(view), Termination.BUDGET, bound=0.0)
