"""The conic solver on objectives of any size: the bound holds, or there is none."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk

pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")


class Roots(qmectk.Instance):
    """max sum g sqrt(y), w.y <= b: the optimum is sqrt(b sum g^2/w) (Cauchy and Schwarz)."""

    label, unit = "roots", "u"

    def __init__(self, gain, weight, room):
        self.gain, self.weight, self.room = np.array(gain), np.array(weight), room

    @property
    def optimum(self):
        return float(np.sqrt(self.room * np.sum(self.gain**2 / self.weight)))

    def declare(self, m):
        y = m.var("y", len(self.gain))
        m.maximize(m.dot(self.gain, m.power(y, 0.5)))
        m.le(m.dot(self.weight, y), self.room, "room")


@pytest.mark.parametrize("size", [1e-9, 1e-7, 1e-4, 1.0, 1e5, 1e8])
@pytest.mark.parametrize("room", [1.0, 1e4])
def test_bounds_hold_at_every_size_of_the_objective(size, room):
    rng = np.random.default_rng(0)
    for _ in range(3):
        instance = Roots(size * rng.uniform(0.5, 2.0, 3), rng.uniform(0.5, 2.0, 3), room)
        found = qmectk.solve(instance, "cvxpy", reference=False)
        assert not found.faults
        if found.bound is None:
            assert "no bound" in found.message or "unbounded" in found.message
            assert size > 1e6
        else:
            assert found.bound >= instance.optimum * (1.0 - 1e-6)
        if found.quality == "optimal":
            assert found.objective == pytest.approx(instance.optimum, rel=2e-6)
