"""Bits of decisions against enumeration: for whoever searches bits, on families that only say what is decided."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Fidelity
from qmectk.errors import InputError, NoRoute
from qmectk.lowerings.choices import BitsOfDecisions, ChoiceBits
from qmectk.plugins import registry
from qmectk.routing.chains import candidates
from qmectk.routing.planner import find_route
from qmectk.testing.instances import all_actions
from qmectk.views import Binary, Decision, Decisions
from qmectk.worlds.copies import decisions_of
from qmectk_problems.drift.instance import DriftInstance
from qmectk_problems.meqc.instance import MeqcInstance
from qmectk_problems.meqc_ye.instance import MeqcYeInstance
from qmectk_problems.p1.instance import P1Instance

from .choosing import senders

seeds = st.integers(0, 2**32 - 1)


def decisions(seed: int, **keys: Any) -> Any:
    found = decisions_of(senders(queues=False, seed=seed % 10_000, **keys).frame(0))
    assert found is not None
    return found


@settings(max_examples=15, deadline=None)
@given(seed=seeds, shares=st.integers(1, 3))
def test_scores_are_what_the_completed_point_measures(seed: int, shares: int) -> None:
    made = decisions(seed)
    bits = ChoiceBits(made, shares)
    rng = np.random.default_rng(seed)
    actions = rng.integers(0, 2, (5, bits.n)).astype(np.int8)
    for action, score in zip(actions, bits.score(actions), strict=True):
        measured = made.instance.measure(bits.complete(action))
        assert measured.feasible
        assert score == pytest.approx(-measured.objective, rel=1e-12)


@pytest.mark.parametrize("shares", [1, 3])
def test_bits_reach_the_best_decision_and_every_option(shares: int) -> None:
    made = decisions(3, devices=2)
    bits = ChoiceBits(made, shares)
    assert bits.n == 2 * 2 * shares
    assert not made.allowed.all()
    scores = bits.score(all_actions(bits.n))
    assert -scores.max() == pytest.approx(made.instance.best_of(shares), rel=1e-12)
    alone = [bits.decision(action) for action in np.eye(bits.n, dtype=np.int8)]
    seen = {(m, int(one.choice[m]), round(float(one.share[m]), 9)) for one in alone for m in range(2)}
    assert len(seen) == int(made.allowed[:, 1:].sum()) * shares + 2  # and each device's first choice


def test_of_several_bits_a_device_follows_the_one_that_is_best_alone() -> None:
    made = decisions(1, devices=1, servers=3)
    bits = ChoiceBits(made, 2)
    alone = bits.score(np.eye(bits.n, dtype=np.int8))
    assert bits.n >= 4
    for action in all_actions(bits.n):
        meant = np.flatnonzero((action > 0) & bits.allowed)
        nothing = bits.score(np.zeros((1, bits.n), np.int8))[0]
        assert bits.score(action[None])[0] == (alone[meant].max() if len(meant) else nothing)


@pytest.mark.parametrize("backend", ["cd", "greedy", "exhaustive", "offload-all"])
def test_heuristics_on_bits_work_on_a_family_that_only_has_decisions(backend: str) -> None:
    instance = senders(queues=False, devices=2, seed=5).frame(0)
    for options in ({}, {"shares": 3}):  # bits of the declaration are mostly infeasible
        route = find_route(instance, registry().backends[backend], registry(), options)
        assert isinstance(route.view, ChoiceBits)
        assert route.fidelity == Fidelity.POINTS
    found = qmectk.solve(instance, backend, options={"shares": 3}, reference=False)
    assert found.objective is not None
    assert found.objective >= instance.best_of(3) - 1e-9
    if backend == "exhaustive":
        assert found.objective == pytest.approx(instance.best_of(3), rel=1e-9)
        assert found.bound is None  # the best of some shares proves nothing about all of them


def test_a_policy_of_bits_learns_it() -> None:
    pytest.importorskip("torch")
    problem = senders(queues=False, training_frames=40, frames=4, devices=2, whole=True)
    found = qmectk.solve(problem, "droo", options={"retrain": True}, reference=False)
    best = [one.best_of(1) for one in problem.instances()]
    got = [one.objective for one in found.solutions]
    assert (np.array(got) >= np.array(best) - 1e-9).all()
    assert np.mean(got) <= 1.2 * np.mean(best)


def test_a_problem_s_own_bits_come_first_whatever_they_promise() -> None:
    searching = [backend for backend in registry().backends.values() if Binary in backend.accepts]
    for backend, kind in itertools.product(searching, (P1Instance, DriftInstance, MeqcInstance, MeqcYeInstance)):
        chains = candidates(kind, backend, registry())
        bits = [chain[-1].target is Binary and chain[-1].name.startswith("own ") for chain in chains]
        borrowed = [any(isinstance(step, BitsOfDecisions) for step in chain) for chain in chains]
        assert bits.index(True) < (borrowed.index(True) if any(borrowed) else len(chains))


def test_p1_keeps_its_routes_and_its_bits_are_those_of_its_decisions() -> None:
    instance = qmectk.load("p1").frame(0)
    n = instance.n
    assert type(qmectk.explain(instance, "cd").view).__name__ == "P1Binary"
    made = decisions_of(instance)
    assert made is not None
    actions = np.random.default_rng(0).integers(0, 2, (50, n)).astype(np.int8)
    expected = instance.binary().view.score(actions)
    np.testing.assert_allclose(ChoiceBits(made, 1).score(actions), expected, rtol=1e-12)


def test_what_bits_cannot_say_and_mistakes_are_refused() -> None:
    made = decisions(0)
    with pytest.raises(InputError, match="shares must be 1 to 1000, not 0"):
        BitsOfDecisions().apply(made, BitsOfDecisions.Options(shares=0), None)
    spread = Decisions(
        ("server",), np.ones((2, 1), bool), np.zeros((2, 1)), np.ones((2, 1)), 1, np.ones(2), None, None, spread=True
    )
    with pytest.raises(NoRoute, match="devices spread themselves"):
        BitsOfDecisions().apply(spread, BitsOfDecisions.Options(), None)


def test_decisions_know_their_instance() -> None:
    instance = senders(queues=False).frame(0)
    found = decisions_of(instance)
    assert found is not None
    assert found.instance is instance
    assert isinstance(found.decided(np.full(3, 99)), Decision)
