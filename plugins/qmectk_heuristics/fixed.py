"""The two constant policies of the offloading literature: every bit 0, every bit 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.views.scoring import Scorer


def reply_with(score: Scorer, termination: Termination, said: str = "", **info: Any) -> Reply:
    """A reply with the best action that was scored, or with no point when none had a feasible completion.

    Parameters
    ----------
    said
        What is to be reported of the way there.
    """
    if score.best is None:
        said = "no candidate had a feasible completion" + (f"; {said}" if said else "")
        return Reply(None, termination, message=said, info=info)
    return Reply(score.best, termination, message=said, info=info)


def constant(view: Binary, budget: Budget, bit: int) -> Reply:
    """A reply with the action of equal bits."""
    score = Scorer(view, budget)
    score(np.full((1, view.n), bit, np.int8))
    return reply_with(score, Termination.CONVERGED)


class LocalOnly(Backend):
    """Every bit 0: all devices compute locally."""

    name, accepts, floor = "local-only", (Binary,), True
    summary = "every bit 0: all devices compute locally"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return constant(view, budget, 0)


class OffloadAll(Backend):
    """Every bit 1: all devices offload."""

    name, accepts, floor = "offload-all", (Binary,), True
    summary = "every bit 1: all devices offload"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return constant(view, budget, 1)
