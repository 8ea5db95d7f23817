"""Whom ``exact`` asks: qmectk's own provers first, whatever others promise."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import ClassVar

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.lowerings.binary import FixBits
from qmectk.options import NoOptions
from qmectk.plugins import registry
from qmectk.timing.deadline import Expired, overdue
from qmectk_exact.exact import Exact, provers


class Boaster(Backend):
    """Of another distribution; promises a proof in no time."""

    name, accepts, proves = "boaster", (Binary,), True

    @classmethod
    def effort(cls, signature):
        return 1e-12

    def solve(self, view, budget, rng):
        return Reply(None, Termination.PROVED)


def test_provers_of_other_distributions_are_asked_last(monkeypatch):
    known = registry()
    monkeypatch.setitem(known.backends, "boaster", Boaster)
    monkeypatch.setitem(known.origin, "boaster", "acme")
    problem = qmectk.load("p1", devices=4, frames=1, training_frames=0)
    asked = [backend.name for backend in provers(problem.frame(0))]
    assert len(asked) > 1
    assert asked[-1] == "boaster"
    assert qmectk.solve(problem, "exact").quality == "optimal"


def test_the_reference_is_a_role_that_only_our_own_can_have(monkeypatch):
    known = registry()
    assert known.reference is Exact
    monkeypatch.setattr(Boaster, "certifies", True)
    monkeypatch.setitem(known.origin, "boaster", "acme")
    monkeypatch.setattr(known, "backends", {"boaster": Boaster, **known.backends})
    assert known.reference is Exact
    monkeypatch.setitem(known.origin, "exact", "acme")
    assert known.reference is None
    assert qmectk.solve(Knapsack(4), "greedy").certificate is None


class Crashing(Boaster):
    """Raises when it is asked for a promise."""

    name = "crashing"

    @classmethod
    def effort(cls, signature):
        raise asyncio.CancelledError("not now")


def test_a_prover_that_crashes_when_asked_is_passed_over(monkeypatch):
    known = registry()
    monkeypatch.setitem(known.backends, "crashing", Crashing)
    monkeypatch.setitem(known.origin, "crashing", "acme")
    assert "crashing" not in [backend.name for backend in provers(Knapsack(4))]
    assert qmectk.solve(Knapsack(4), "exact").quality == "optimal"


class Knapsack(qmectk.Instance):
    """`count` bits or shares with values and weights."""

    label, unit = "knapsack", "u"

    def __init__(self, count, kind="binary", unit=1.0, seed=0):
        rng = np.random.default_rng(seed)
        self.value, self.weight = unit * rng.integers(1, 30, count), rng.integers(1, 30, count).astype(float)
        self.kind = kind

    def declare(self, m):
        x = m.var("x", len(self.value), kind=self.kind, upper=1)
        m.maximize(m.dot(self.value, x))
        m.le(m.dot(self.weight, x), 0.4 * self.weight.sum(), "capacity")


class Both(Knapsack):
    """With a continuous part."""

    def declare(self, m):
        x = m.var("x", len(self.value), kind="binary")
        y = m.var("y", upper=1)
        m.maximize(m.dot(self.value, x) + y)
        m.le(m.dot(self.weight, x) + y, 0.4 * self.weight.sum(), "capacity")


def test_declared_bits_are_scored_together_and_the_same_as_alone():
    view = FixBits().apply(Knapsack(6), NoOptions(), None).view
    actions = np.array(list(itertools.product((0, 1), repeat=6)), np.int8)
    assert np.array_equal(view.score(actions), [view.score(one)[0] for one in actions])
    assert np.isneginf(view.score(actions)).any()


def test_bits_beside_continuous_variables_are_no_proof_by_enumeration():
    """A conic solver completes them, to an accuracy of its own."""
    pytest.importorskip("highspy")
    assert "exhaustive" not in [backend.name for backend in provers(Both(4))]
    found = qmectk.solve(Both(4), "exhaustive", reference=False)
    assert found.feasible
    assert found.certificate is None


def test_large_declared_knapsacks_go_to_branch_and_bound():
    pytest.importorskip("highspy")
    for count, first in ((8, "exhaustive"), (16, "highs")):
        asked = [backend.name for backend in provers(Knapsack(count)) if backend.name in ("exhaustive", "highs")]
        assert asked[0] == first


class Sure(Backend):
    """Accepts everything and proves nothing: returns what the test tells it."""

    name, accepts, proves = "sure", (qmectk.Instance,), True
    reported: ClassVar = {}

    @classmethod
    def effort(cls, signature):
        return 1e-12

    def solve(self, view, budget, rng):
        return self.reported["reply"]


@pytest.fixture
def sure(monkeypatch):
    """A prover of qmectk's own, as far as the registry knows, that is asked first."""
    known = registry()
    monkeypatch.setitem(known.backends, "sure", Sure)
    monkeypatch.setitem(known.origin, "sure", "qmectk")
    return Sure.reported


def test_exact_goes_on_where_the_first_prover_proves_nothing(sure):
    instance = Knapsack(6)
    truth = qmectk.solve(instance, "exhaustive", reference=False).objective
    sure["reply"] = Reply({"x": np.zeros(6)}, Termination.CONVERGED, 1e6, "wide", 0.0, 0.0, "it gave up")
    found = qmectk.solve(instance, "exact")
    assert found.quality == "optimal"
    assert found.objective == truth
    assert found.info["via"] == "exhaustive"
    # frame by frame
    stream = Exact().solve_many([instance, Knapsack(6, seed=1)], Budget(), [np.random.default_rng(i) for i in (0, 1)])
    assert [reply.termination for reply in stream] == [Termination.PROVED] * 2


def test_what_several_provers_found_is_put_together(sure, monkeypatch):
    """The best point of one, the best bound of another; together they may be a proof."""
    instance = Knapsack(6)
    best = qmectk.solve(instance, "exhaustive", reference=False)
    known = registry()
    for name, backend in list(known.backends.items()):
        if backend.proves and name not in ("sure", "exact", "exhaustive"):
            monkeypatch.delitem(known.backends, name)
    sure["reply"] = Reply(None, Termination.CONVERGED, best.objective, "by hand", 0.0, None, "no point")

    def point_only(self, view, budget, rng):
        return Reply(best.values["x"].astype(np.int8), Termination.BUDGET, message="time ran out")

    monkeypatch.setattr(known.backends["exhaustive"], "solve", point_only)
    found = Exact().solve(instance, Budget(), np.random.default_rng(0))
    assert found.termination is Termination.PROVED
    assert found.bound == best.objective
    assert (found.info["via"], found.info["bound_via"]) == ("exhaustive", "sure")
    sure["reply"] = Reply(None, Termination.CONVERGED, 2 * best.objective, "by hand", 0.0, None, "no point")
    found = Exact().solve(instance, Budget(), np.random.default_rng(0))
    assert found.termination is Termination.CONVERGED
    assert found.message == "sure: no point; exhaustive: time ran out"
    assert found.bound == 2 * best.objective


@pytest.mark.parametrize("unit", [1e-7, 1.0, 1e7])
def test_a_linear_problem_is_proved_in_every_unit(unit):
    pytest.importorskip("highspy")
    found = qmectk.solve(Knapsack(3, "continuous", unit), "exact")
    assert found.quality == "optimal"


class Waiting(Boaster):
    """Of qmectk's own, and its code is being compiled by another process."""

    name, accepts = "waiting", (Binary,)

    def solve(self, view, budget, rng):
        while not overdue():
            time.sleep(0.01)
        waited = Expired("waiting")
        waited.meanwhile = "its code was compiled"
        raise waited


def test_exact_goes_on_while_a_prover_is_compiled(monkeypatch):
    """Under a time limit only: without one there is nothing to wait for elsewhere."""
    known = registry()
    monkeypatch.setitem(known.backends, "waiting", Waiting)
    monkeypatch.setitem(known.origin, "waiting", "qmectk")
    monkeypatch.setattr("qmectk_exact.exact.PATIENCE", 1e-3)
    assert next(iter(provers(Knapsack(4)))) is Waiting
    found = qmectk.solve(Knapsack(4), "exact", time_limit=6.0)
    assert found.quality == "optimal"
    assert found.info["via"] != "waiting"
    assert "compiled" not in found.message
