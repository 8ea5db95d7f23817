"""The conic solver on objectives of any size: the bound holds, or there is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk

pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")

from qmectk.readings.convex import read_convex


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
            assert found.bound >= instance.optimum * (1.0 - 1e-12)
        if found.quality == "optimal":
            assert found.objective == pytest.approx(instance.optimum, rel=2e-6)


class Squares(qmectk.Instance):
    """min sum (g_i y_i - i)^2, w.y <= b: y = 0 is feasible, and the optimum is a projection."""

    label, unit = "squares", "u"

    def __init__(self, gain, weight, room):
        self.gain, self.weight, self.room = np.array(gain), np.array(weight), room

    @property
    def optimum(self):
        """In exact rationals, the nearest point of a half-space."""
        gain, weight = ([Fraction(float(v)) for v in values] for values in (self.gain, self.weight))
        aims = [Fraction(i + 1) for i in range(len(gain))]
        used = sum(w * t / g for g, w, t in zip(gain, weight, aims, strict=True))
        excess = used - Fraction(self.room)
        return float(max(excess, Fraction(0)) ** 2 / sum((w / g) ** 2 for g, w in zip(gain, weight, strict=True)))

    def declare(self, m):
        y = m.var("y", len(self.gain), lower=-np.inf)
        m.minimize(m.sum(m.square(self.gain * y - np.arange(1.0, len(self.gain) + 1))))
        m.le(m.dot(self.weight, y), self.room, "room")


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=4), st.integers(-4, 4), st.integers(0, 2**16))
@settings(max_examples=12, deadline=None)
def test_no_certificate_is_false_where_the_numbers_differ_in_size(powers, room, seed):
    rng = np.random.default_rng(seed)
    gain = 10.0 ** np.array(powers) * rng.uniform(0.5, 2.0, len(powers))
    instance = Squares(gain, rng.uniform(0.5, 2.0, len(powers)), 10.0**room)
    found = qmectk.solve(instance, "cvxpy", reference=False)
    assert "infeasible" not in found.message or "not for sure" in found.message
    # what cancels in the squares is rounded relative to their constants, whose sum of squares is at most 30
    assert found.bound is None or found.bound <= instance.optimum * (1.0 + 1e-9) + 30.0 * 1e-14


class Line(qmectk.Instance):
    """max c.y, a.y <= b, 0 <= y <= 1."""

    label, unit = "line", "u"

    def __init__(self, cost, row, right):
        self.cost, self.row, self.right = np.array(cost), np.array(row), right

    def declare(self, m):
        y = m.var("y", len(self.cost), upper=1.0)
        m.maximize(m.dot(self.cost, y))
        m.le(m.dot(self.row, y), self.right, "row")


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=4), st.integers(0, 2**16))
@settings(max_examples=12, deadline=None)
def test_linear_bounds_hold_at_every_size(powers, seed):
    rng = np.random.default_rng(seed)
    cost, row = (10.0 ** np.array(p) * rng.uniform(0.5, 2.0, len(powers)) for p in zip(*powers, strict=True))
    right = float(row.sum() * rng.uniform(0.1, 0.9))
    best, left = Fraction(0), Fraction(right)  # the greedy of the continuous knapsack, exactly
    for c, a in sorted(zip(cost, row, strict=True), key=lambda pair: -Fraction(pair[0]) / Fraction(pair[1])):
        share = min(Fraction(1), left / Fraction(a))
        best, left = best + share * Fraction(c), left - share * Fraction(a)
    found = qmectk.solve(Line(cost, row, right), "cvxpy", reference=False)
    assert "infeasible" not in found.message or "not for sure" in found.message
    assert found.bound is None or found.bound >= float(best) * (1.0 - 1e-12)


def test_infeasible_is_proved_where_it_is():
    found = qmectk.solve(Line([1.0, 1.0], [1.0, 1.0], -0.5), "cvxpy", reference=False)
    assert found.termination is qmectk.Termination.PROVED
    assert "infeasible" in found.message


class Perspectives(qmectk.Instance):
    """max sum t ln(1 + size e/t), sum t <= 1, e <= most: a long way for a first-order method."""

    label, unit = "perspectives", "u"
    most, size = 1.1694059975677693, 518709.81825303874
    optimum = float(np.log1p(3 * most * size))

    def declare(self, m):
        t, e = m.var("t", 3, upper=1), m.var("e", 3, upper=self.most)
        m.maximize(m.sum(m.perspective_log1p(t, self.size * e)))
        m.le(m.sum(t), 1.0, "time")


def test_a_solver_that_stops_by_itself_does_not_speak_of_time():
    pytest.importorskip("scs")
    found = qmectk.solve(Perspectives(), "cvxpy", options={"solver": "scs"}, reference=False)
    assert found.termination.value == "converged"
    assert "time" not in found.message
    assert not found.faults
    assert found.bound is None or found.bound >= Perspectives.optimum - 1e-9


class Sack(qmectk.Instance):
    """max 6 x1 + 5 x2 + 4 x3 under 3 x1 + 2 x2 + 2 x3 <= 4 in another unit: 9, and so is its relaxation."""

    label = "sack"

    def __init__(self, unit):
        self.unit = unit

    def declare(self, m):
        x = m.var("x", 3, kind="binary")
        m.maximize(m.dot([6.0, 5.0, 4.0], x))
        m.le(m.dot(np.array([3.0, 2.0, 2.0]) * self.unit, x), 4.0 * self.unit, "capacity")


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e-9, 1e-6, 1e-3, 1.0, 1e6, 1e12, 1e300])
def test_the_unit_of_a_row_does_not_matter(unit):
    found = qmectk.solve(Sack(unit), "cvxpy", reference=False)
    assert (found.quality, found.objective, found.faults) == ("optimal", 9.0, ())
    assert found.bound == pytest.approx(9.0, rel=1e-6)


@pytest.mark.parametrize(
    ("gain", "weight", "room"),
    [
        ([1e7, 8e8], [0.04, 0.002], 0.1),
        ([3e8, 5e7, 6e8], [0.0191, 0.0087, 5.09], 0.1),
        ([5e-6, 2e-5, 9e-5, 8e-6], [8.0, 7.0, 4.0, 4.0], 1e-4),
    ],
)
def test_an_inexact_solve_is_no_optimum(gain, weight, room):
    """A root is steep at zero: what the solver says of its own value is not what its point is worth."""
    instance = Roots(gain, weight, room)
    found = qmectk.solve(instance, "cvxpy", reference=False)
    assert not found.faults
    assert found.bound is None or found.bound >= instance.optimum * (1.0 - 1e-12)
    if found.quality == "optimal":
        assert found.objective == pytest.approx(instance.optimum, rel=3e-6)


class HalfOpen(qmectk.Instance):
    """max y_1 + y_2, y_1 <= 1, y_2 without an end."""

    label, unit = "half open", "u"

    def declare(self, m):
        y = m.var("y", 2, lower=np.array([-np.inf, 0.0]), upper=np.array([1.0, np.inf]))
        m.maximize(m.sum(y))


def test_no_large_number_stands_for_an_end_that_is_not_there():
    data, _, _ = read_convex(HalfOpen()).problem.get_problem_data("CLARABEL")
    assert np.abs(data["b"]).max() == 1.0
    found = qmectk.solve(HalfOpen(), "cvxpy", reference=False)
    assert found.bound is None
    assert found.quality != "optimal"
