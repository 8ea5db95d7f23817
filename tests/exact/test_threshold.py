"""The rule of two numbers: feasible points that no certified optimum beats by much, on every kind of shared budget."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk_exact.shared_budget import solve_shared_budget_many
from qmectk_exact.shared_budget.threshold import threshold_frames
from qmectk_problems.p1.fixed_action import score_actions

from .families import FAMILIES, general_weights, rayleigh_p1


def frames_of(family, n, count, seed=0):
    rng = np.random.default_rng(seed)
    rows = [family(rng, n) for _ in range(count)]
    return [np.array([np.broadcast_to(row[k], n) for row in rows], dtype=float) for k in range(3)]


def threshold(passive, scale, gain):
    action, tau, out = np.empty(passive.shape, np.int8), np.empty(passive.shape), np.empty((len(passive), 2))
    threshold_frames(passive, scale, gain, action, tau, out)
    return action, tau, out[:, 0], out[:, 1]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_points_are_feasible_and_worth_what_they_say(family, n):
    arrays = frames_of(family, n, 30)
    action, tau, value, resource = threshold(*arrays)
    optimum = solve_shared_budget_many(*arrays, node_limit=20_000, threads=1)
    assert (value <= optimum.bound * (1.0 + 1e-12)).all()
    assert (tau[action == 0] == 0.0).all()
    assert (tau >= 0.0).all()
    assert (resource >= 0.0).all()
    assert (resource + tau.sum(axis=1) <= 1.0 + 1e-12).all()
    scores = [score_actions(*(a[f] for a in arrays), action[f : f + 1])[0] for f in range(len(value))]
    np.testing.assert_allclose(value, scores, rtol=1e-12)


@pytest.mark.parametrize("family", [rayleigh_p1, general_weights], ids=lambda f: f.__name__)
@pytest.mark.parametrize(("n", "count"), [(10, 200), (30, 200), (100, 100), (300, 60)])
def test_it_is_within_a_hundred_thousandth_of_the_optimum(family, n, count):
    arrays = frames_of(family, n, count, seed=7)
    _, _, value, _ = threshold(*arrays)
    optimum = solve_shared_budget_many(*arrays, threads=1)
    ratio = value / optimum.bound
    assert ratio.mean() >= 0.99999
    assert ratio.min() >= 0.999


def test_a_stream_is_answered_as_its_frames_are():
    problem = qmectk.load("p1", frames=20, devices=12)
    together = qmectk.solve(problem, "threshold", reference=False)
    alone = [qmectk.solve(problem, "threshold", frame=k, reference=False) for k in range(20)]
    for one, other in zip(together.solutions, alone, strict=True):
        assert one.objective == other.objective
        assert one.certificate is None
        np.testing.assert_array_equal(one.values["x"], other.values["x"])


def test_it_never_claims_a_proof():
    solution = qmectk.solve("p1", "threshold", frames=1, reference=False)
    assert solution.quality is qmectk.Quality.FEASIBLE
    assert solution.termination is qmectk.Termination.CONVERGED
