"""The two constant policies of the offloading literature: every bit 0, every bit 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk import Backend, Binary, Budget, Reply, Termination


def reply_with(view: Any, action: Any, termination: Termination, **info: Any) -> Reply:
    """A reply with `action`, or with no point when it has no feasible completion."""
    feasible = bool(np.isfinite(view.score(np.asarray(action, dtype=np.int8)[None, :])[0]))
    if not feasible:
        return Reply(None, termination, message="no candidate had a feasible completion", info=info)
    return Reply(np.asarray(action, dtype=np.int8), termination, info=info)


class LocalOnly(Backend):
    """Every bit 0: all devices compute locally."""

    name, accepts = "local-only", (Binary,)
    summary = "every bit 0 (all devices compute locally)"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return reply_with(view, np.zeros(view.n, np.int8), Termination.CONVERGED)


class OffloadAll(Backend):
    """Every bit 1: all devices offload."""

    name, accepts = "offload-all", (Binary,)
    summary = "every bit 1 (all devices offload)"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return reply_with(view, np.ones(view.n, np.int8), Termination.CONVERGED)
