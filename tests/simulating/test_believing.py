"""In a simulation, too, a bound counts only where it is proved, and answers are measured on the instance as it was."""

from __future__ import annotations

import numpy as np
import pytest

from qmectk import Backend, Instance, Reply, Termination
from qmectk.errors import BackendFailed
from qmectk.simulating import simulate
from qmectk.views.capacity import Capacity


class Braggart(Backend):
    """Serves nobody, and calls that the optimum."""

    name, accepts, proves = "braggart", (Capacity,), True

    def solve(self, view, budget, rng):
        return Reply(np.zeros(view.shape), Termination.PROVED, bound=0.0, proof="trust me")


class Scribbler(Backend):
    """Writes into what it was handed."""

    name, accepts = "scribbler", (Instance,)

    def solve(self, view, budget, rng):
        for value in vars(view).values():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.flags.writeable:
                value *= 2.0
        return Reply(None, Termination.CONVERGED)


def test_proofs_of_other_distributions_are_checked(small):
    honest = simulate(small, "capacity-greedy", slots=20)
    run = simulate(small, Braggart, slots=20)
    assert run.gap()[0] > 0.01
    assert honest.gap()[0] is not None


def test_an_instance_that_was_changed_is_not_measured(small):
    with pytest.raises(BackendFailed, match="it changed its instance"):
        simulate(small, Scribbler, slots=20)
