"""Binary variables whose bounds fix bits: nobody proves or returns a point that the core measures infeasible."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Instance, Quality, Termination
from qmectk.errors import NoRoute
from qmectk.language import Language, Variable
from qmectk.lowerings.binary import FixedBits, best_rounding
from qmectk.lowerings.fixed import FREE, NEITHER, fixed_bits, within_bounds
from qmectk.plugins import registry

#: Names of the backends that take bits, and whether they prove.
BACKENDS = {"exact": True, "exhaustive": True, "highs": True, "tree": True, "cd": False, "sa": False, "lowrank": False}


class Stated(Instance):
    """Five bits within bounds: something to maximise without squares, at most two of three ones if `limited`."""

    label = "stated"

    def __init__(self, lower: Any, upper: Any, limited: bool, maximise: bool = True) -> None:
        self.lower, self.upper, self.limited, self.maximise = lower, upper, limited, maximise

    def declare(self, m: Language) -> None:
        x = m.var("x", 5, kind="binary", lower=self.lower, upper=self.upper)
        value = m.dot([3.0, -2.0, 4.0, 1.0, -5.0], x) + 2.5
        if self.maximise:
            m.maximize(value)
        else:
            m.minimize(value)
        if self.limited:
            m.le(m.sum(x[0:3]), 2, "at most two")


def optimum(instance: Instance, n: int, sense: int) -> float | None:
    """By brute force over what the core measures."""
    points = [instance.measure({"x": np.array(x, float)}) for x in itertools.product((0, 1), repeat=n)]
    return max((m.objective for m in points if m.violation <= 1e-6), key=lambda v: sense * v, default=None)


BOUNDS = {
    "upper": (0, [0, 1, 0, 1, 1]),
    "lower": ([0, 1, 0, 0, 1], 1),
    "both": ([0, 1, 0, 1, 0], [0, 1, 1, 1, 0]),
    "all": ([0, 1, 0, 1, 0], [0, 1, 0, 1, 0]),
    "fractional": ([0.2, 0, 0.5, 0, 0], [1, 0.7, 1, 1, 0.99]),
    "nearly": ([1e-7, 0, 0, 0, 0], [1, 1 - 1e-7, 1, 1, 1]),
    "limit met": ([1, 1, 0, 0, 0], 1),
}


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("bounds", BOUNDS)
def test_every_backend_keeps_the_bounds(bounds: str, limited: bool, name: str) -> None:
    backend = registry().backends[name]
    if backend.missing():
        pytest.skip(f"{name} is not installed")
    for sense in (1, -1):
        instance = Stated(*BOUNDS[bounds], limited, sense > 0)
        best = optimum(instance, 5, sense)
        assert best is not None
        if name == "lowrank":  # it has no fixed bits, and the general inequality is none of its form either
            if bounds != "nearly":
                with pytest.raises(NoRoute, match="bounds of 'x' fix bits"):
                    qmectk.solve(instance, name, reference=False)
            continue
        found = qmectk.solve(instance, name, reference=False)
        assert found.faults == ()
        if found.bound is not None:
            assert sense * found.bound >= sense * best - 1e-6 * (1 + abs(best))
        if name == "tree":  # the least energy may break the limit at no cost, but never the bounds
            assert instance.measure(found.values).violations["x: bounds"] <= 1e-6
        elif not (name == "cd" and found.values is None):  # cd may start where no flip leads to a feasible point
            assert found.feasible
        if BACKENDS[name] and not (name == "tree" and not found.feasible):
            assert found.objective == pytest.approx(best, abs=1e-5)
            assert found.quality is Quality.OPTIMAL


@pytest.mark.parametrize("name", ["exact", "exhaustive", "highs", "tree", "cd", "sa"])
def test_bounds_that_leave_no_bit_leave_no_point(name: str) -> None:
    if registry().backends[name].missing():
        pytest.skip(f"{name} is not installed")
    instance = Stated([0, 0.2, 0, 0, 0], [1, 0.8, 1, 1, 1], False)
    assert optimum(instance, 5, 1) is None
    found = qmectk.solve(instance, name, reference=False)
    assert not found.feasible
    assert found.quality in (Quality.NONE, Quality.INFEASIBLE)
    assert found.faults == ()
    if name == "highs":  # Pyomo hands over crossed bounds in its own way: nothing is claimed
        assert found.bound is None
    elif name in ("exact", "exhaustive"):
        assert (found.values, found.termination) == (None, Termination.PROVED)
    else:
        assert found.termination is Termination.CONVERGED


def test_exactly_one_of_bounded_bits() -> None:
    """The form of lowrank: with fixed bits it steps aside, and the next prover says what enumeration says."""

    class One(Instance):
        label = "one"

        def declare(self, m: Language) -> None:
            x = m.var("x", 3, kind="binary", upper=[0, 1, 1])
            m.minimize(m.dot([1.0, 3.0, 2.0], x) + m.square(m.sum(x)))
            m.eq(m.sum(x), 1, "one")

    for name in ("exact", "tree", "exhaustive"):
        if not registry().backends[name].missing():
            found = qmectk.solve(One(), name, reference=False)
            assert found.faults == ()
            assert (found.bound is None) or found.bound <= 3.0 + 1e-6
            if found.feasible:
                assert found.objective == pytest.approx(3.0)
    with pytest.raises(NoRoute, match="bounds of 'x' fix bits"):
        qmectk.solve(One(), "lowrank-exact", reference=False)


def test_actions_are_read_within_the_bounds() -> None:
    pytest.importorskip("cvxpy")
    view = FixedBits(Stated([0, 1, 0, 0, 0], [1, 1, 0, 1, 1], False))
    assert view.complete(np.array([1, 0, 1, 0, 0]))["x"].tolist() == [1, 1, 0, 0, 0]
    np.testing.assert_allclose(view.score(np.array([[1, 0, 1, 0, 0], [1, 1, 0, 0, 0]])), 3.5, atol=1e-6)
    rounded = best_rounding(view.instance, {"x": np.array([0.4, 1.0, 0.0, 0.3, 0.1])})
    assert rounded["x"].tolist() == [1, 1, 0, 1, 0]


def test_what_is_fixed_is_what_the_core_measures() -> None:
    edges = [0.0, 5e-7, 1e-6, 2e-6, 0.5, 1 - 2e-6, 1 - 1e-6, 1 - 5e-7, 1.0]
    for lower, upper in itertools.product(edges, repeat=2):
        made: Callable[[Language], Any] = lambda m, a=lower, b=upper: m.var("x", kind="binary", lower=a, upper=b)  # noqa: E731

        class Single(Instance):
            def declare(self, m: Language, made: Any = made) -> None:
                m.maximize(made(m))

        allowed = [bit for bit in (0, 1) if Single().measure({"x": float(bit)}).violation <= 1e-6]
        (fixed,) = fixed_bits(Single().signature.binary)
        assert fixed == (FREE if len(allowed) == 2 else allowed[0] if allowed else NEITHER)


def test_whole_numbers_are_rounded_into_their_bounds() -> None:
    variable = Variable("k", 3, np.array([0.5, -np.inf, 2.0]), np.array([3.0, 1.6, np.inf]), "integer")
    assert within_bounds(variable, np.array([0.2, 1.7, 7.6])).tolist() == [1.0, 1.0, 8.0]


class Sites(Instance):
    """One site that must be open, one that must not, two free; what they serve is continuous."""

    label = "sites"

    def declare(self, m: Language) -> None:
        sites = m.var("sites", 4, kind="binary", lower=[1, 0, 0, 0], upper=[1, 0, 1, 1])
        served = m.var("served", 4, upper=1)
        m.maximize(m.dot([1.0, 5.0, 2.0, 0.5], served) - m.dot([1.5, 0.1, 0.5, 0.7], sites))
        m.le(served, sites, "only from open sites")
        m.le(m.sum(served), 1.5, "demand")


@pytest.mark.parametrize("name", ["exhaustive", "highs", "cd", "exact"])
def test_the_continuous_part_is_completed_within_the_bounds(name: str) -> None:
    if registry().backends[name].missing():
        pytest.skip(f"{name} is not installed")
    found = qmectk.solve(Sites(), name, reference=False)
    assert found.faults == ()
    assert found.feasible
    # the third serves 1 of the demand of 1.5 and the first the rest: 2 + 0.5 - 1.5 - 0.5
    assert found.objective == pytest.approx(0.5, abs=1e-5)
    assert found.values is not None
    np.testing.assert_allclose(found.values["sites"], [1, 0, 1, 0], atol=1e-6)


class Filled(Instance):
    """max 2 sum x + y under sum x + y <= room: the best rounding sets as many bits as there is room for."""

    label = "filled"

    def __init__(self, n: int, room: float) -> None:
        self.n, self.room = n, room

    def declare(self, m: Language) -> None:
        x, y = m.var("x", self.n, kind="binary"), m.var("y", upper=1)
        m.maximize(2 * m.sum(x) + y)
        m.le(m.sum(x) + y, self.room, "room")


@pytest.mark.parametrize("relaxed", ["vertex", "interior", "all at one"])
def test_few_roundings_are_completed_and_the_open_bits_come_first(
    relaxed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cvxpy")
    instance, solves = Filled(60, 30.5), []
    known = FixedBits._value
    monkeypatch.setattr(FixedBits, "_value", lambda self, action: solves.append(1) or known(self, action))
    values = {"vertex": np.r_[np.ones(30), 0.5, np.zeros(29)], "interior": np.full(60, 0.5), "all at one": np.ones(60)}
    found = best_rounding(instance, {"x": values[relaxed], "y": 0.0})
    assert instance.measure(found).feasible
    assert sum(found["x"]) >= 26  # the spread of 60 thresholds over 24 roundings
    assert len(solves) <= {"vertex": 3, "interior": 25, "all at one": 26}[relaxed]
    assert relaxed != "vertex" or sum(found["x"]) == 30
