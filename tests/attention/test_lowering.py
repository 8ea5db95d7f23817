"""A stated number of ones is met or broken, but for rounding, whatever unit it is stated in."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

import qmectk
from qmectk import Instance
from qmectk.errors import NotExpressible
from qmectk.plugins import registry
from qmectk.readings.quadratic import read_quadratic
from qmectk_lowrank.lowering import Factor

COST = np.array([3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 1.0])


class Counted(Instance):
    label = "counted"

    def __init__(self, weight, wanted, extra=0.0):
        self.weight, self.wanted, self.extra = weight, wanted, extra

    def declare(self, m):
        x = m.var("x", 7, kind="binary")
        m.minimize(m.dot(COST, x))
        m.eq(self.weight * m.sum(x) + self.extra, self.wanted + self.extra, "c")


def feasible(instance):
    masks = itertools.product((0.0, 1.0), repeat=7)
    found = {mask: instance.measure({"x": np.array(mask)}) for mask in masks}
    return {mask: m.objective for mask, m in found.items() if m.violation <= 1e-6}


def cardinality(instance):
    return Factor().apply(read_quadratic(instance), None, None).view.cardinality


STATED = {
    (0.1, 0.3): 3,  # 0.3 / 0.1 is 2.9999999999999996
    (0.7, 2.1): 3,
    (-0.1, -0.3): 3,
    (1.0, 1.0000005): -1,  # whole numbers need no tolerance
    (1e-7, 3e-7): 3,
    (1e-6, 3e-6): 3,
    (1.0, 1.000002): -1,
    (1.0, 2.5): -1,
    (1.0, 8.0): -1,
    (1.0, -1.0): -1,
    (1.0, 0.0): 0,
    (1e6, 3e6): 3,
}


@pytest.mark.parametrize("stated", STATED)
def test_the_number_of_ones_is_the_cores(stated):
    instance = Counted(*stated)
    counts = {int(sum(mask)) for mask in feasible(instance)}
    assert counts == ({STATED[stated]} if STATED[stated] >= 0 else set())
    assert cardinality(instance) == STATED[stated]


@pytest.mark.parametrize("backend", ["exact", "lowrank-exact", "tree"])
@pytest.mark.parametrize("stated", [(0.1, 0.3), (1.0, 1.0000005), (1.0, 2.5)])
def test_solved_as_by_enumeration(stated, backend):
    if registry().backends[backend].missing():
        pytest.skip(f"{backend} is not installed")
    instance = Counted(*stated)
    best = min(feasible(instance).values(), default=None)
    found = qmectk.solve(instance, backend, reference=False)
    assert found.faults == ()
    if best is None:
        assert not found.feasible
        return
    # 3 times 0.1 is more than 0.3 in exact arithmetic: the point is feasible, and nobody proves it an optimum
    assert found.quality == ("feasible" if stated == (0.1, 0.3) else "optimal")
    assert found.objective == pytest.approx(best, rel=1e-12)
    assert found.bound <= best + 1e-9


@pytest.mark.parametrize("instance", [Counted(1e-5, 3e-5, 1e12), Counted(1.0, 3.0, 1e16)])
def test_no_one_number_of_ones(instance):
    """Beside a huge constant only the core's own rounding decides."""
    with pytest.raises(NotExpressible, match="constraint 'c' is not one number of ones, to rounding"):
        cardinality(instance)
    found = qmectk.solve(instance, "exact", reference=False)
    assert found.faults == ()
    assert found.bound is None or found.bound <= min(feasible(instance).values()) + 1e-6


class Squares(Instance):
    """min cost x + sum of weight (row x + offset)^2 over bits."""

    label = "squares"

    def __init__(self, cost, weights, rows, offsets):
        self.cost, self.squares = cost, list(zip(weights, rows, offsets, strict=True))

    def declare(self, m):
        x = m.var("x", len(self.cost), kind="binary")
        objective = m.dot(self.cost, x)
        for weight, row, offset in self.squares:
            objective = objective + weight * m.square(m.dot(row, x) + offset)
        m.minimize(objective)

    def optimum(self):
        """In fractions of the declared numbers."""

        def added(row, mask):
            return sum((Fraction(float(a)) for a, bit in zip(row, mask, strict=True) if bit), Fraction(0))

        return min(
            added(self.cost, mask)
            + sum(Fraction(float(w)) * (added(row, mask) + Fraction(float(o))) ** 2 for w, row, o in self.squares)
            for mask in itertools.product((0, 1), repeat=len(self.cost))
        )


def squares(seed):
    """Large squares that vanish somewhere in decimals and not in their multiplied out form; some cancel each other."""
    rng = np.random.default_rng(seed)
    n, count, numbers = int(rng.integers(2, 6)), int(rng.integers(1, 4)), [0.1, 0.2, 0.3, 0.7, -0.1, -0.3, 1.1]
    rows = rng.choice(numbers, (count, n))
    for row in rows[: count // 2 + 1]:
        near = int(rng.integers(0, n - 1))
        row[: max(near, 0)], row[near + 2 :] = 0.0, 0.0
    offsets = -np.round(rows @ rng.integers(0, 2, n), 3)
    weights = 10.0 ** rng.integers(0, 17, count)
    if seed % 2:
        weights, rows, offsets = np.append(weights, -weights), np.vstack([rows, rows]), np.append(offsets, offsets)
    return Squares(rng.choice(numbers, n) * 10.0 ** rng.integers(-3, 1), weights, rows, offsets)


@pytest.mark.parametrize("seed", range(12))
def test_what_factoring_rounds_is_taken_off_the_bound(seed):
    instance = squares(seed)
    best = instance.optimum()
    found = qmectk.solve(instance, "lowrank-exact", reference=False)
    assert found.faults == ()  # a value of the factored form is no claim where its sums cancel
    assert found.bound is None or Fraction(found.bound) <= best + abs(best) / 10**9
    assert Fraction(found.objective) >= best - Fraction(found.rounding) - abs(best) / 10**9
