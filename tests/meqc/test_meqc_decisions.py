"""Xu's problem for policies: decisions against the declaration, what a user costs the others against its absence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.errors import Infeasible, InputError, Refused
from qmectk.views import Decision, Decisions
from qmectk.worlds.copies import decisions_of
from qmectk_problems.meqc.copies import MeqcCopies
from qmectk_problems.meqc.drawn import Drawn
from qmectk_problems.meqc.instance import MeqcInstance
from qmectk_problems.meqc.settling import seats_everybody, settle

#: Every rule that decides who gets a slot, on hardware good enough that QPUs are wanted.
RULES = st.fixed_dictionaries(
    {
        "qpu_rule": st.sampled_from(["optional", "forced"]),
        "latency": st.sampled_from(["serial", "parallel"]),
        "allow_none": st.booleans(),
        "conflicts": st.sampled_from(["gain", "random"]),
        "qpu_slots": st.integers(1, 2),
        "users": st.integers(1, 6),
        "servers": st.integers(1, 3),
        "levels": st.sampled_from([[1], [1, 2, 3]]),
        "scale": st.sampled_from([[3, 9], [8, 9]]),
        "seed": st.integers(0, 2**20),
    }
)


def world(rules: dict[str, Any]) -> Any:
    coherent = {"hardware": {"coherence_time": 10e-3}, "qubits": [2000, 5000]}
    return qmectk.load("meqc", preset="calibrated", frames=1, training_frames=0, **{**coherent, **rules})


def view_of(instance: Any) -> Decisions:
    found = decisions_of(instance)
    assert found is not None
    return found


def one_of(slots: MeqcInstance, copy: int) -> MeqcInstance:
    """A slot of a stack, made anew from what was drawn."""
    assert slots.drawn is not None
    return anew(slots, {name: array[copy] for name, array in vars(slots.drawn).items()})


def without(one: MeqcInstance, user: int) -> MeqcInstance:
    """The same slot where this user is not there."""
    assert one.drawn is not None
    servers = {"edge_clock", "level", "qubits"}
    kept = {name: a if name in servers else np.delete(a, user, axis=0) for name, a in vars(one.drawn).items()}
    return anew(one, kept)


def anew(one: MeqcInstance, drawn: dict[str, Any]) -> MeqcInstance:
    problem: Any = one.problem
    return MeqcInstance.of(problem.params, Drawn(**drawn), problem=problem)


@settings(max_examples=60, deadline=None)
@given(rules=RULES, data=st.data())
def test_every_decision_has_a_feasible_point_that_costs_what_it_is_said_to(rules: Any, data: Any) -> None:
    one = world(rules).instances()[0]
    view = view_of(one)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    decision = view.random(rng)
    if not seats_everybody(one):
        with pytest.raises(Infeasible, match="QPU slot"):
            view.complete(decision)
        return
    for share in (decision.share, rng.random(one.users)):  # any share may be carried out
        values = view.complete(Decision(decision.choice, share))
        found = one.measure(values)
        assert found.feasible
        assert found.objective == pytest.approx(settle(one, decision.choice, share).cost.sum(), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(rules=RULES, seed=st.integers(0, 99))
def test_copies_are_the_declared_problem(rules: Any, seed: int) -> None:
    problem, rng = world(rules), np.random.default_rng(seed)
    try:
        copies = problem.copies(5, rng)
    except InputError:
        if rules["qpu_rule"] == "forced":  # users that need a slot, and never enough of them
            return
        raise
    slots, view, optimum = copies.slots, copies.decisions, copies.optimum()
    kinds = {kind: view.features(kind) for kind in view.seen}
    decision = view.random(rng)
    outcome = copies.step(decision, rng)
    assert np.all(outcome.objective >= optimum * (1 - 1e-12))
    for i in range(5):
        alone = one_of(slots, i)
        mine = view_of(alone)
        found = alone.measure(mine.complete(decision.at(i)))
        assert found.feasible
        assert found.objective == pytest.approx(outcome.objective[i], rel=1e-9)
        assert outcome.reward("slot")[i] == pytest.approx(-found.objective, rel=1e-9)
        for kind, seen in kinds.items():
            one = mine.features(kind)
            np.testing.assert_array_equal(one.device, seen.device[i])
            np.testing.assert_array_equal(one.pair, seen.pair[i])
            assert np.isfinite(seen.flat).all()
            assert (len(one.device_names), len(one.pair_names)) == (one.device.shape[-1], one.pair.shape[-1])
    best = qmectk.solve(one_of(slots, 0), "exact", reference=False)
    assert best.objective == pytest.approx(optimum[0], rel=1e-9)


@settings(max_examples=150, deadline=None)
@given(rules=RULES, seed=st.integers(0, 99))
def test_what_a_user_causes_is_what_its_absence_saves(rules: Any, seed: int) -> None:
    rules = {**rules, "users": max(rules["users"], 2)}
    one, rng = world(rules).instances()[0], np.random.default_rng(seed)
    if not seats_everybody(one):
        return
    # many on the first server, so that slots are contended
    choice = np.where(rng.random(one.users) < 0.6, 1, rng.integers(0, one.servers + 1, one.users))
    share = rng.random(one.users) if one.parallel else np.ones(one.users)
    all_of_them = settle(one, choice, share)
    for user in range(one.users):
        others = settle(without(one, user), np.delete(choice, user), np.delete(share, user))
        saved = all_of_them.cost.sum() - others.cost.sum()
        assert all_of_them.caused[user] == pytest.approx(saved, rel=1e-9, abs=1e-9 * all_of_them.cost.sum())


@settings(max_examples=40, deadline=None)
@given(rules=RULES)
def test_the_optimum_is_among_the_decisions_where_gains_settle_conflicts(rules: Any) -> None:
    one = world({**rules, "conflicts": "gain"}).instances()[0]
    if not seats_everybody(one):
        return
    solved = qmectk.solve(one, "exact", reference=False)
    shape = (one.servers, one.users)
    cpu, qpu = (np.reshape(solved.values[name], shape) for name in ("cpu", "qpu"))
    remote = sum(np.reshape(solved.values[f"{name}_share"], shape).sum(axis=0) for name in ("cpu", "qpu"))
    choice = np.where(remote > 0, 1 + np.argmax(cpu + qpu, axis=0), 0)
    reached = one.measure(view_of(one).complete(Decision(choice, np.asarray(remote)))).objective
    assert reached == pytest.approx(solved.objective, rel=1e-9)


def test_gain_or_a_random_order_decides_who_gets_the_slot() -> None:
    rules = {"users": 6, "servers": 1, "levels": [1], "scale": [9, 9], "qubits": [5000, 5000]}
    one = world({**rules, "conflicts": "gain"}).instances()[0]
    everybody = np.ones(6, int)
    wanting = np.flatnonzero(one.admissible[:, 0] & (one.qpu_cost < one.cpu_cost)[:, 0])
    assert len(wanting) >= 2
    gain = (one.cpu_cost - one.qpu_cost)[:, 0]
    (winner,) = np.flatnonzero(settle(one, everybody, 1.0).quantum)
    assert winner == wanting[np.argmax(gain[wanting])]
    assert one.drawn is not None
    for first in wanting:
        order = np.ones(6)
        order[first] = 0.0
        drawn = replace(one, conflicts="random", drawn=replace(one.drawn, order=order))
        (winner,) = np.flatnonzero(settle(drawn, everybody, 1.0).quantum)
        assert winner == first


def test_random_orders_differ_from_slot_to_slot_and_change_nothing_else_of_it() -> None:
    first, second = qmectk.load("meqc", frames=2, conflicts="random").instances()
    same, _ = qmectk.load("meqc", frames=2).instances()
    assert not np.array_equal(first.drawn.order, second.drawn.order)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(first.cpu_cost, same.cpu_cost)  # type: ignore[attr-defined]


def test_copies_go_on_from_their_arrays_as_they_would_have() -> None:
    problem = qmectk.load("meqc", users=4, servers=3)
    first, second = (problem.copies(6, np.random.default_rng(seed)) for seed in (1, 2))
    second.load(first.arrays())
    outcomes = []
    for copies in (first, second):
        rng = np.random.default_rng(3)
        outcomes.append([copies.step(copies.decisions.random(rng), rng).objective for _ in range(3)])
    np.testing.assert_array_equal(*outcomes)
    with pytest.raises(ValueError, match="other copies"):
        problem.copies(5, np.random.default_rng(0)).load(first.arrays())


def test_restarting_some_copies_leaves_the_others_alone() -> None:
    copies = qmectk.load("meqc", users=4, servers=3).copies(6, np.random.default_rng(0))
    before, which = copies.arrays(), np.arange(6) % 2 == 0
    copies.restart(np.random.default_rng(1), which)
    after = copies.arrays()
    for name in ("size", "gain", "qubits"):
        np.testing.assert_array_equal(before[name][~which], after[name][~which])
        assert not np.array_equal(before[name][which], after[name][which])


def test_shared_servers_are_refused_in_a_sentence() -> None:
    problem = qmectk.load("meqc", sharing="bandwidth", users=3, servers=2)
    with pytest.raises(Refused, match="bandwidth"):
        decisions_of(problem.instances()[0])
    with pytest.raises(InputError, match="bandwidth"):
        problem.copies(2, np.random.default_rng(0))


def test_slots_that_no_decision_can_save_are_drawn_again_or_refused() -> None:
    few = {"qpu_rule": "forced", "users": 4, "servers": 2, "levels": [1], "qubits": [2000, 5000]}
    copies = world(few).copies(50, np.random.default_rng(0))
    assert isinstance(copies, MeqcCopies)
    assert seats_everybody(copies.slots).all()
    hopeless = {**few, "servers": 1, "scale": [3, 3]}
    with pytest.raises(InputError, match="more slots than there are"):
        world(hopeless).copies(5, np.random.default_rng(0))


def test_the_published_features_are_the_paper_s_list() -> None:
    one = qmectk.load("meqc", users=2, servers=3).instances()[0]
    seen = view_of(one).features("published")
    drawn = one.drawn  # type: ignore[attr-defined]
    np.testing.assert_array_equal(seen.device[:, 0], drawn.size)
    np.testing.assert_array_equal(seen.device[:, 2], drawn.scale + 17)
    np.testing.assert_array_equal(seen.pair[:, 1:, 3], drawn.gain)
    assert not seen.pair[:, 0].any()  # there is nothing to be seen of home
