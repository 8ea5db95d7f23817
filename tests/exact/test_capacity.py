"""The Capacity view at every scale: points are feasible, bounds hold, and with enumeration in rationals they meet."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import qmectk
from qmectk import Budget
from qmectk.views.capacity import Capacity
from qmectk_exact.capacity.backend import CapacitySolver, Prices
from qmectk_exact.capacity.bound import dual_bound
from qmectk_exact.capacity.branching import branch_and_bound
from qmectk_exact.capacity.simplex import solve_capacity_many
from qmectk_problems.drift.process import DriftState


def draw(rng, devices, servers, spread):
    """Values, loads and capacities over 2 * spread orders of magnitude; some worth nothing, without limit or closed."""
    value = 10.0 ** rng.uniform(-spread, spread, (devices, servers)) * np.sign(rng.uniform(-0.2, 0.8, (devices, 1)))
    load = 10.0 ** rng.uniform(-spread, spread, (devices, servers))
    capacity = 10.0 ** rng.uniform(-spread, spread, servers)
    capacity[rng.random(servers) < 0.1] = np.inf
    capacity[rng.random(servers) < 0.1] = 0.0
    return value, load, capacity


def one_server_optimum(value, load, capacity):
    """By enumeration of the servers; a fractional knapsack on each, in rationals."""
    devices, servers = value.shape
    exact = np.vectorize(Fraction, otypes=[object])
    value, load = exact(value), exact(load)
    best = Fraction(0)
    for choice in itertools.product(range(-1, servers), repeat=devices):
        if any(k >= 0 and value[m, k] <= 0 for m, k in enumerate(choice)):
            continue
        total = Fraction(0)
        for k in range(servers):
            mine = sorted((m for m in range(devices) if choice[m] == k), key=lambda m: -value[m, k] / load[m, k])
            left = Fraction(capacity[k]) if np.isfinite(capacity[k]) else sum(load[:, k])
            for m in mine:
                share = min(Fraction(1), left / load[m, k])
                left -= share * load[m, k]
                total += share * value[m, k]
        best = max(best, total)
    return best


@pytest.mark.parametrize("spread", [0.5, 2, 4, 6, 9])
def test_the_linear_slot_is_closed_by_a_bound_that_needs_no_trust(spread):
    rng = np.random.default_rng(int(10 * spread))
    for _ in range(100):
        value, load, capacity = draw(rng, int(rng.integers(1, 20)), int(rng.integers(1, 6)), spread)
        y, price, worth, bound, pivots = (one[0] for one in solve_capacity_many(value[None], load[None], capacity))
        assert pivots >= 0
        assert (y >= 0.0).all()
        assert (y.sum(axis=1) <= 1.0 + 1e-14).all()
        assert (np.sum(load * y, axis=0) <= capacity * (1.0 + 1e-14)).all()
        assert bound >= worth
        assert bound <= worth * (1.0 + 1e-9)
        # any other prices bound the same point
        assert dual_bound(value, load, capacity, price * rng.uniform(0.0, 3.0, len(price))) >= worth


def test_bounds_by_prices_are_rounded_upwards():
    """Against the same sum in rationals, at prices at which differences cancel."""
    rng = np.random.default_rng(0)
    for _ in range(60):
        value, load, capacity = draw(rng, 4, 3, 8)
        price = np.where(rng.random(3) < 0.3, 0.0, (value / load)[rng.integers(4), :].clip(0.0))
        exact = sum(
            (Fraction(p) * Fraction(c) for p, c in zip(price, capacity, strict=True) if p > 0 and np.isfinite(c)),
            Fraction(0),
        )
        for m in range(4):
            worth = [Fraction(value[m, k]) - Fraction(price[k]) * Fraction(load[m, k]) for k in range(3)]
            exact += max(Fraction(0), *worth)
        found = dual_bound(value, load, capacity, price)
        # the bound raises prices by a hair, so it is held to the optimum and to the sum up to a few roundings
        assert found >= one_server_optimum(value, load, capacity)
        assert not np.isfinite(found) or Fraction(found) <= exact * (1 + Fraction(1, 10**13)) + Fraction(1, 10**280)


@pytest.mark.parametrize("spread", [0.3, 2, 5, 8])
def test_one_server_a_device_against_enumeration_in_rationals(spread):
    rng = np.random.default_rng(int(10 * spread))
    for _ in range(40):
        value, load, capacity = draw(rng, int(rng.integers(1, 6)), int(rng.integers(1, 4)), spread)
        truth = one_server_optimum(value, load, capacity)
        found = branch_and_bound(value, load, capacity, gap=1e-9, expired=lambda: False)
        assert found.finished
        assert ((found.y > 0.0).sum(axis=1) <= 1).all()
        assert Fraction(found.bound) >= truth
        assert found.worth >= float(truth) * (1.0 - 2e-9)
        assert found.bound <= float(truth) * (1.0 + 2e-9)


@pytest.mark.parametrize("method", ["auto", "highs"])
@pytest.mark.parametrize("whole", [False, True])
def test_no_method_proves_what_is_not_so(method, whole):
    if method == "highs":
        pytest.importorskip("highspy")
    rng = np.random.default_rng(4)
    solver = CapacitySolver(CapacitySolver.Options(method=method))
    bounded = 0
    for _ in range(30):
        value, load, capacity = draw(rng, 4, 2, 5)
        truth = float(one_server_optimum(value, load, capacity))
        reply = solver.solve(Capacity(value, load, capacity, value, whole), Budget(), np.random.default_rng(0))
        if reply.bound is not None:
            bounded += 1
            assert reply.bound >= truth * (1.0 - reply.tolerance)
        if whole:
            assert reply.objective <= truth * (1.0 + 1e-14)
        priced = Prices().solve(Capacity(value, load, capacity, value, whole), Budget(), np.random.default_rng(0))
        assert priced.bound >= truth
    assert bounded == 30 if method == "auto" else bounded >= 5


def test_a_search_that_ends_early_has_a_bound_and_says_what_ended_it():
    rng = np.random.default_rng(1)
    value, load = rng.uniform(1.0, 2.0, (12, 4)), rng.uniform(1.0, 2.0, (12, 4))
    capacity = np.full(4, 3.3)
    whole = branch_and_bound(value, load, capacity, gap=1e-9, expired=lambda: False)
    early = branch_and_bound(value, load, capacity, gap=1e-9, expired=lambda: False, cells=1.0)
    assert whole.finished
    assert not early.finished
    assert early.worth <= whole.worth <= whole.bound <= early.bound
    view = Capacity(value, load, capacity, value, True)
    reply = CapacitySolver(CapacitySolver.Options(method="simplex")).solve(view, Budget(0.0), np.random.default_rng(0))
    assert reply.message == "time ended the search after 1 nodes"
    assert reply.bound >= whole.worth


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_a_slot_is_the_same_in_every_unit(scale):
    """Powers of two as units change nothing but the unit."""
    unit = 2.0 ** round(np.log2(scale))
    rng = np.random.default_rng(2)
    value, load, capacity = rng.uniform(1, 9, (6, 3)), rng.uniform(1, 9, (6, 3)), rng.uniform(5, 9, 3)
    plain = branch_and_bound(value, load, capacity, gap=1e-9, expired=lambda: False)
    scaled = branch_and_bound(value * unit, load / unit, capacity / unit, gap=1e-9, expired=lambda: False)
    assert np.array_equal(plain.y, scaled.y)
    assert scaled.bound == plain.bound * unit


def test_uneven_queues_of_the_drift():
    """Values from 1e-3 to 1e2 in one slot: HiGHS's bound was taken on trust and was beaten by 2e-6."""
    queue = np.array([0.00565, 46600.0, 0.0113, 0.0285, 0.0798])
    gain = np.array(
        [[3.61e-07, 3.66e-08, 7.53e-08], [1.83e-07, 2.04e-08, 2.63e-08], [1.7e-08, 4.07e-08, 4.82e-07],
         [1.75e-07, 4.08e-08, 9.34e-08], [5.09e-08, 5.96e-08, 1.23e-08]]
    )  # fmt: skip
    problem = qmectk.load(
        "drift", devices=5, servers=3, frames=1, training_frames=0, one_server=True, V=0.3757,
        weights={"throughput": 0.262, "power": 9.609}, server_cpu=19.5e6, task=30507.0,
        radio={"bandwidth": 20e6, "power": 0.00399, "noise": 1e-9},
    )  # fmt: skip
    slot = problem.process().instance(DriftState(0, queue, 0 * queue, gain))
    found = qmectk.solve(slot, "capacity")
    assert found.quality == "optimal"
    assert found.objective == pytest.approx(297.8678087639257, rel=1e-12)


def test_a_slot_that_is_worth_next_to_nothing():
    keys = {"task": "1e7 bit", "backlog": {"between": [0, 1e-4]}, "V": 1e-6, "one_server": True}
    for seed in range(4):
        slot = qmectk.load("drift", frames=1, devices=3, servers=2, seed=seed, **keys)
        ours, all_of_them = qmectk.solve(slot, "capacity", reference=False), qmectk.solve(slot, "exhaustive")
        assert ours.quality == all_of_them.quality == "optimal"
        assert ours.objective == pytest.approx(all_of_them.objective, rel=1e-9)
