"""A view that no lowering leads to, a problem that hands it over, and the backend that takes it."""

from __future__ import annotations

import numpy as np

from qmectk import Backend, Budget, Lowered, Reply, Termination, View, view
from qmectk.testing.instances import Congestion


class Nowhere(View):
    """A view that nothing leads to."""


class Here(Congestion):
    """Congestion with the view."""

    @view(Nowhere)
    def nowhere(self) -> Lowered:
        return Lowered(Nowhere(), lambda point: {"x": np.zeros(2)})


class Local(Backend):
    """Takes a view that only its own problem has."""

    name, accepts = "local", (Nowhere,)

    def solve(self, view: Nowhere, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply("here", Termination.CONVERGED)
