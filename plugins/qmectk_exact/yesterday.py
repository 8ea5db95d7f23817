"""``yesterday``: the optimum of what is observed, which a learned policy has to beat where the truth is not known."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from qmectk import Backend, Budget, Instance, Reply, Termination

from .exact import Exact


class Yesterday(Backend):
    """``exact`` on the observation. Its proof is about that, so nothing of it is claimed of the frame.

    Where a problem observes nothing less than the truth, the answer is that of ``exact``.
    """

    name, accepts = "yesterday", (Instance,)
    summary = "the optimum of what is observed (old or noisy channels), carried out on the frame"

    def solve_many(self, views: Sequence[Instance], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        part = budget.within(budget.limit)
        part.recorder, part.report = None, budget.report  # what is reported on the way is about the observation
        replies = Exact().solve_many(views, part, rngs)
        budget.interrupted = part.interrupted
        return [_unproved(reply) for reply in replies]


def _unproved(reply: Reply) -> Reply:
    stop = Termination.CONVERGED if reply.termination is Termination.PROVED else reply.termination
    return dataclasses.replace(reply, termination=stop, bound=None, proof="", tolerance=0.0, objective=None)


__all__ = ["Yesterday"]
