"""Relaxations on which the interior point method ends without progress at its usual steps."""

from __future__ import annotations

import pytest

import qmectk


@pytest.mark.parametrize(("devices", "seed"), [(60, 0), (100, 1), (200, 0)])
def test_a_relaxation_on_which_long_steps_lead_nowhere_is_solved_with_shorter_ones(devices: int, seed: int) -> None:
    problem = qmectk.load("p1", devices=devices, frames=1, training_frames=0, seed=seed)
    found = qmectk.solve(problem, "cvxpy", frame=0, reference=False)
    best = qmectk.solve(problem, "exact", frame=0).objective
    assert found.info["relaxation"] >= best
    assert found.objective == pytest.approx(best, rel=5e-3)
