"""dimod's own conformance tests, and the structure found in models."""

from __future__ import annotations

import unittest

import numpy as np
import pytest

dimod = pytest.importorskip("dimod")

from qmectk import FactoredQuadratic  # noqa: E402
from qmectk_lowrank.dimod_sampler import ExactChainSampler, LowRankSampler  # noqa: E402
from qmectk_lowrank.from_bqm import factor_bqm  # noqa: E402


@dimod.testing.load_sampler_bqm_tests(LowRankSampler)
class TestLowRankSampler(unittest.TestCase):
    def test_api(self):
        dimod.testing.assert_sampler_api(LowRankSampler())


@dimod.testing.load_sampler_bqm_tests(ExactChainSampler)
class TestExactChainSampler(unittest.TestCase):
    def test_api(self):
        dimod.testing.assert_sampler_api(ExactChainSampler())


def model_of(view):
    """The dense model of a view, written out."""
    n = view.n
    matrix = (view.factors * view.signs) @ view.factors.T + view.penalty
    matrix[np.arange(n - 1), np.arange(1, n)] += view.chain
    linear = view.linear - 2.0 * view.factors @ (view.signs * view.target) - 2.0 * view.penalty * view.count
    constant = view.constant + view.signs @ np.square(view.target) + view.penalty * view.count**2
    bqm = dimod.BinaryQuadraticModel(n, "BINARY")
    for i in range(n):
        bqm.add_linear(i, linear[i] + matrix[i, i])
        for j in range(i + 1, n):
            bqm.add_quadratic(i, j, matrix[i, j] + (matrix[j, i]))
    bqm.offset = constant
    return bqm


@pytest.mark.parametrize("d", [1, 2])
def test_structure_is_found(d):
    rng = np.random.default_rng(d)
    blocks = np.maximum(rng.normal(size=(80, d)), 0.0) + 0.1
    view = FactoredQuadratic(blocks, penalty=1.5, count=12, chain=0.75)
    bqm = model_of(view)
    found = factor_bqm(bqm)
    assert found.d == d
    trials = rng.integers(0, 2, (50, 80))
    np.testing.assert_allclose(found.value(trials), bqm.energies(trials), rtol=1e-9)
    np.testing.assert_allclose(found.value(trials), view.value(trials), rtol=1e-9)


def test_exact_agrees_with_enumeration():
    rng = np.random.default_rng(3)
    for _ in range(20):
        n = int(rng.integers(1, 11))
        bqm = dimod.BinaryQuadraticModel(rng.choice(["SPIN", "BINARY"]))
        for i in range(n):
            bqm.add_linear(f"v{i}", rng.normal())
            for j in range(i):
                if rng.random() < 0.7:
                    bqm.add_quadratic(f"v{i}", f"v{j}", float(rng.integers(-3, 4)))
        best = dimod.ExactSolver().sample(bqm).first.energy
        found = ExactChainSampler().sample(bqm)
        assert found.first.energy == pytest.approx(best, abs=1e-9)
        assert found.info["proved"]
        assert LowRankSampler().sample(bqm, seed=1).first.energy == pytest.approx(best, abs=1e-9)


def test_a_seed_repeats_and_a_start_is_used():
    bqm = dimod.generators.gnp_random_bqm(30, 0.5, "SPIN", random_state=4)
    one, two = (LowRankSampler().sample(bqm, seed=5, num_sweeps=20) for _ in range(2))
    np.testing.assert_array_equal(one.record.sample, two.record.sample)
    again = LowRankSampler().sample(bqm, seed=6, num_sweeps=1, initial_states=one.first.sample)
    assert again.first.energy <= one.first.energy + 1e-9
