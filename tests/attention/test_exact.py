"""The certified solver against enumeration, against another dynamic program, and against itself."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk import FactoredQuadratic
from qmectk_lowrank.batch import solve_many
from qmectk_lowrank.solve import solve_factored


@cache
def masks(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.int8)


def draw(rng, n):
    """A random problem of n bits: every variant, ties, every edge of the cardinality."""
    d = int(rng.integers(0, 5))
    ties = rng.random() < 0.4
    blocks = rng.normal(size=(n, d))
    kind = rng.integers(4)
    if kind < 3:
        blocks = np.abs(blocks)
    if kind == 1:
        blocks = blocks * (rng.random((n, d)) < 0.5)
    if ties:
        blocks = np.round(blocks)
    k = rng.choice([0, n, int(rng.integers(0, n + 1)), rng.random() * n])
    penalty = rng.choice([0.0, 1.0, 0.3, 16.0])
    chain = rng.choice([0.0, 1.0, 0.25]) if rng.random() < 0.8 else rng.normal(size=n - 1)
    variant = rng.integers(6)
    if variant == 0:
        return FactoredQuadratic(blocks, penalty=penalty, count=k, chain=chain)
    if variant == 1:
        worth = np.sqrt(np.square(blocks).sum(axis=1))
        return FactoredQuadratic(np.zeros((n, 0)), linear=-worth, chain=chain, cardinality=int(k), sense=1)
    if variant == 2:
        return FactoredQuadratic(blocks, signs=-1.0, penalty=penalty, count=k, chain=chain)
    if variant == 3:
        return FactoredQuadratic(blocks, blocks.sum(axis=0), penalty=penalty, count=k, chain=chain)
    target = np.round(rng.normal(size=d) * 2, 1)
    linear = rng.normal(size=n) if rng.random() < 0.5 else -np.square(blocks).sum(axis=1)
    exact = None if rng.random() < 0.6 else int(rng.integers(0, n + 1))
    signs = 1.0 if rng.random() < 0.6 else rng.choice([-1.0, 1.0], size=d)
    return FactoredQuadratic(blocks, target, linear, penalty, k, chain, exact, float(rng.normal()), signs)


def check(view, found, best):
    size = 1.0 + abs(best)
    assert found.proved
    assert found.value == pytest.approx(best, abs=1e-9 * size)
    assert view.value(found.bits) == pytest.approx(found.value, abs=1e-9 * size)
    assert found.bound <= best + 1e-13 * size
    assert found.bound >= best - 1e-8 * size


def test_equals_enumeration():
    rng = np.random.default_rng(1)
    for case in range(1000):
        view = draw(rng, 1 if case % 50 == 0 else int(rng.integers(1, 15 if case % 10 == 0 else 11)))
        best = float(np.min(view.value(masks(view.n))))
        for leaf in (0, 6):  # without enumeration at the end of a branch, and with it
            check(view, solve_factored(view, leaf_bits=leaf), best)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(0, 8))
def test_bound_is_never_above_the_optimum(seed, n, nodes):
    view = draw(np.random.default_rng(seed), n)
    best = float(np.min(view.value(masks(n))))
    found = solve_factored(view, node_limit=nodes, leaf_bits=0)
    assert found.bound <= best + 1e-13 * (1.0 + abs(best))
    assert not np.isfinite(found.value) or found.value >= best - 1e-9 * (1.0 + abs(best))


def by_sums(b, k, l1, l2):
    """The optimum for whole numbers b by a table over (last bit, ones, neighbours) -> set of reachable sums."""
    states = {(0, 0, 0): {0}}
    for value in b:
        following: dict[tuple[int, int, int], set[int]] = {}
        for (last, ones, pairs), sums in states.items():
            following.setdefault((0, ones, pairs), set()).update(sums)
            following.setdefault((1, ones + 1, pairs + last), set()).update(s + int(value) for s in sums)
        states = following
    return min(min(s * s for s in sums) + l1 * (c - k) ** 2 + l2 * h for (_, c, h), sums in states.items())


def test_equals_a_table_of_sums():
    rng = np.random.default_rng(2)
    for _ in range(6):
        b = rng.integers(0, 7, 26)
        k, l2 = int(rng.integers(3, 12)), float(rng.choice([0.5, 1.0, 3.0]))
        view = FactoredQuadratic(b.astype(float), penalty=1.0, count=k, chain=l2)
        check(view, solve_factored(view), by_sums(b, k, 1.0, l2))


@pytest.mark.parametrize("n", [1024, 4096])
def test_no_neighbour_of_the_optimum_is_better(n):
    rng = np.random.default_rng(3)
    for d in (1, 8):
        view = FactoredQuadratic(np.abs(rng.normal(size=(n, d))) * 0.3, penalty=1.0, count=100, chain=1.0)
        found = solve_factored(view)
        assert found.proved
        trials = np.tile(found.bits, (200, 1))
        ones, zeros = np.flatnonzero(found.bits), np.flatnonzero(found.bits == 0)
        trials[np.arange(200), rng.choice(ones, 200)] = 0
        trials[np.arange(100), rng.choice(zeros, 100)] = 1
        assert (view.value(trials) >= found.bound).all()


def test_ties_and_zero_blocks():
    for b in (np.ones(1000), np.zeros(1000), np.tile([0.0, 2.0], 500), np.tile([0.0, 0.0, 1.0], 300)):
        found = solve_factored(FactoredQuadratic(b, penalty=1.0, count=100, chain=1.0))
        assert found.proved
        if b.min() == 0.0:
            assert (found.value, found.bound, found.nodes) == (0.0, 0.0, 0)


def test_an_impossible_cardinality_is_said():
    found = solve_factored(FactoredQuadratic(np.ones(5), cardinality=6))
    assert found.proved
    assert found.value == np.inf


def test_threads_change_nothing():
    rng = np.random.default_rng(4)
    views = [draw(rng, 10) for _ in range(12)]
    views += [FactoredQuadratic(np.abs(rng.normal(size=500)), penalty=1.0, count=50, chain=1.0) for _ in range(6)]
    for one, three in zip(solve_many(views, threads=1), solve_many(views, threads=3), strict=True):
        np.testing.assert_array_equal(one.bits, three.bits)
        assert (one.value, one.bound, one.nodes) == (three.value, three.bound, three.nodes)


def test_an_exception_in_progress_stops_the_batch():
    views = [FactoredQuadratic(np.ones(50), penalty=1.0, count=10, chain=1.0)] * 40

    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_many(views, threads=2, progress=interrupt)


def test_the_clock_leaves_a_valid_bound():
    rng = np.random.default_rng(5)
    view = FactoredQuadratic(rng.normal(size=(200, 16)), penalty=1.0, count=20, chain=1.0)
    found = solve_factored(view, expired=lambda: True)
    assert not found.proved
    assert 0.0 <= found.bound <= found.value
