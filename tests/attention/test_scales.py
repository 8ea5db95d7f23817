"""Weights, blocks and counts over many orders of magnitude, against enumeration in rationals."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import qmectk
from qmectk import Budget, FactoredQuadratic
from qmectk_lowrank.backends import LowRankExact
from qmectk_lowrank.form import energy, rounding
from qmectk_lowrank.heuristic import form_of
from qmectk_lowrank.solve import solve_factored


def fractions(array):
    return [Fraction(float(number)) for number in np.ravel(array)]


def value(view, bits):
    """The view's value at bits, in rationals."""
    on = [i for i, bit in enumerate(bits) if bit]
    total = Fraction(view.constant) + Fraction(view.penalty) * (len(on) - Fraction(view.count)) ** 2
    linear, chain = fractions(view.linear), fractions(view.chain)
    total += sum(linear[i] for i in on) + sum(chain[i] for i in on if i + 1 in on)
    for r, target in enumerate(fractions(view.target)):
        column = fractions(view.factors[:, r])
        total += Fraction(float(view.signs[r])) * (sum(column[i] for i in on) - target) ** 2
    return total


def least(view):
    masks = itertools.product((0, 1), repeat=view.n)
    return min(value(view, bits) for bits in masks if view.cardinality in (None, sum(bits)))


def draw(rng, spread):
    """A problem of every variant; weights over 2 * spread orders, blocks over nearly half of that."""

    def size():
        return 10.0 ** rng.uniform(-spread, spread)

    n, d = int(rng.integers(1, 7)), int(rng.integers(0, 4))
    rows = (n, 1) if rng.random() < 0.3 else (1, 1)
    blocks = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-0.4 * spread, 0.4 * spread, rows)
    if rng.random() < 0.7:
        blocks = np.abs(blocks)
    target = [0.0, blocks.sum(axis=0), rng.normal(size=d) * size()][int(rng.integers(3))]
    linear = rng.normal(size=n) * size() if rng.random() < 0.4 else 0.0
    chain = size() if rng.random() < 0.8 else rng.normal(size=n - 1) * size()
    signs = [1.0, 1.0, -1.0, rng.choice([-1.0, 1.0], d)][int(rng.integers(4))]
    exact = int(rng.integers(0, n + 1)) if rng.random() < 0.3 else None
    constant = rng.normal() * size() if rng.random() < 0.3 else 0.0
    count = float(rng.integers(0, n + 1))
    return FactoredQuadratic(blocks, target, linear, size(), count, chain, exact, constant, signs)


@pytest.mark.parametrize("spread", [1, 8, 14, 20])
def test_no_bound_is_false_at_any_scale(spread):
    rng = np.random.default_rng(spread)
    closed = 0
    for number in range(40):
        view = draw(rng, spread)
        truth = least(view)
        found = solve_factored(view, leaf_bits=8 if number % 2 else 0)
        assert Fraction(found.bound) <= truth + abs(truth) * Fraction(1, 10**15)
        at = value(view, found.bits.tolist())
        assert abs(at - Fraction(found.value)) <= Fraction(float(rounding(form_of(view), found.bits)))
        if found.value - found.bound <= 1e-6 * abs(found.bound):
            closed += 1
            assert at - truth <= Fraction(2, 10**6) * abs(truth)
    assert closed >= 36


def test_the_energy_is_right_to_its_own_allowance_where_sums_cancel():
    rng = np.random.default_rng(3)
    for _ in range(200):
        view = draw(rng, 8)
        bits = rng.integers(0, 2, view.n).astype(np.int8)
        off = abs(Fraction(float(energy(form_of(view), bits))) - value(view, bits.tolist()))
        assert off <= Fraction(float(rounding(form_of(view), bits)))


@pytest.mark.parametrize(("l1", "l2"), [(1e15, 1e-20), (1e20, 1e-20), (1e-20, 1e20), (1e12, 1e-3), (1e-20, 1e-20)])
def test_attention_with_weights_far_apart(l1, l2):
    """Compiled, the floor of room / l2 did not fit a whole number of 64 bits, and the best point was thrown away."""
    problem = qmectk.load("attention", k=3, l1=l1, l2=l2, blocks={"n": 10})
    view = problem.frame(0).factored().view
    found = LowRankExact().solve(view, Budget(), np.random.default_rng(0))
    truth = float(least(view))
    assert found.objective == pytest.approx(truth, rel=1e-9)
    assert found.bound <= truth
    assert found.bound == pytest.approx(truth, rel=1e-6)


def test_numbers_beyond_double_precision_are_no_proof():
    view = FactoredQuadratic(np.full((3, 1), 1e200), cardinality=2)
    found = LowRankExact().solve(view, Budget(), np.random.default_rng(0))
    assert found.bound is None
    assert "larger than the numbers there are" in found.message
