"""What a policy decides of a slot, and copies of the queues: both against what is declared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.documents import parse
from qmectk.readings.batched import measure_frames
from qmectk.views.decisions import Decision
from qmectk.worlds.copies import decisions_of
from qmectk_problems.drift.process import DriftState

KINDS = [
    "{problem: drift, devices: 4, servers: 2, server_cpu: 8e9}",
    "{problem: drift, devices: 4, servers: 2, server_cpu: 8e9, one_server: true}",
    "{problem: drift, devices: 3, servers: 2, target: null, local: {service: true}, server_cpu: 4e9}",
    "{problem: drift, devices: 3, servers: 2, preset: published, V: 3}",
    "{problem: drift, devices: 3, servers: 2, admission: true, V: 5}",
]


def copies_of(text, count=6, seed=0):
    copies = parse(text).copies(count, np.random.default_rng(seed))
    copies.scatter(np.random.default_rng(seed + 1))
    return copies


def state(copies, i):
    return DriftState(0, copies.backlog[i], copies.virtual[i], copies.gain[i])


@pytest.mark.parametrize("text", KINDS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_copies_agree_with_the_declaration(text, seed):
    copies = copies_of(text, seed=seed)
    process = copies.process
    decision = copies.decisions.random(np.random.default_rng(seed))
    before = [process.instance(state(copies, i)) for i in range(copies.count)]
    views = [decisions_of(one) for one in before]
    points = [view.complete(decision.at(i)) for i, view in enumerate(views)]
    found = measure_frames(before, points)
    bound = copies.optimum()
    outcome = copies.step(decision, np.random.default_rng(seed))
    assert all(one.feasible for one in found)
    assert outcome.objective == pytest.approx([one.objective for one in found], rel=1e-9, abs=1e-9)
    assert outcome.reward("slot") == pytest.approx(outcome.objective)
    assert np.all(outcome.objective <= bound * (1 + 1e-9) + 1e-9)
    y = np.stack([values["y"].reshape(decision.share.shape[1:]) for values in points])
    for i, one in enumerate(before):
        own = np.sum(one.value * y[i], axis=1) / views[i].scale
        assert outcome.reward("own")[i] == pytest.approx(own, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("text", KINDS)
def test_a_single_copy_draws_what_the_process_draws(text):
    copies = copies_of(text, count=1, seed=3)
    process = copies.process
    decision = copies.decisions.random(np.random.default_rng(4))
    before = state(copies, 0)
    values = decisions_of(process.instance(before)).complete(decision.at(0))
    after, facts = process.advance(before, values, np.random.default_rng(5))
    outcome = copies.step(decision, np.random.default_rng(5))
    for name in ("backlog", "virtual", "gain"):
        assert np.array_equal(getattr(copies, name)[0], getattr(after, name))
    assert {name: float(record[0]) for name, record in outcome.records.items()} == pytest.approx(facts)


@pytest.mark.parametrize("text", KINDS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_the_difference_is_what_the_slot_loses_without_a_device(text, seed):
    copies = copies_of(text, count=2, seed=seed)
    slots = copies.slots
    decision = copies.decisions.random(np.random.default_rng(seed))
    scale = copies.decisions.scale
    expected = np.empty(scale.shape)
    asked = slots.alone(decision.share)
    whole = np.sum(slots.value * slots.fit(asked), axis=(1, 2))
    for m in range(slots.devices):
        without = asked.copy()
        without[:, m] = 0.0
        expected[:, m] = (whole - np.sum(slots.value * slots.fit(without), axis=(1, 2))) / scale[:, m]
    assert copies.step(decision, np.random.default_rng(0)).reward("difference") == pytest.approx(
        expected, rel=1e-9, abs=1e-9
    )


def test_the_published_reward_is_the_paper_s():
    copies = copies_of(KINDS[0], seed=2)
    crowded = (copies.backlog**2 + copies.virtual**2).sum(axis=1)
    outcome = copies.step(copies.decisions.random(np.random.default_rng(1)), np.random.default_rng(2))
    assert outcome.reward("published") == pytest.approx(1000 * outcome.records["utility"] - crowded)


@pytest.mark.parametrize("text", KINDS[:3])
def test_copies_go_on_identically_from_their_arrays(text):
    copies, other = copies_of(text, seed=7), copies_of(text, seed=8)
    kept = copies.arrays()
    copies.step(copies.decisions.random(np.random.default_rng(1)), np.random.default_rng(2))
    assert not np.array_equal(copies.backlog, kept["backlog"])  # what was handed over is not changed
    other.load(kept)
    other.step(other.decisions.random(np.random.default_rng(1)), np.random.default_rng(2))
    for name, array in copies.arrays().items():
        assert np.array_equal(array, other.arrays()[name])
    with pytest.raises(ValueError, match="shape"):
        other.load({**kept, "gain": kept["gain"][1:]})
    with pytest.raises(KeyError):
        other.load({})


def test_restart_and_scatter_touch_only_what_they_are_asked_to():
    copies = copies_of(KINDS[0])
    which = np.array([True, False, False, True, False, False])
    before = copies.arrays()
    copies.restart(np.random.default_rng(0), which)
    assert not copies.backlog[which].any()
    assert all(np.array_equal(array[~which], before[name][~which]) for name, array in copies.arrays().items())
    copies.scatter(np.random.default_rng(0), which)
    assert np.all((copies.backlog[which] >= 1) & (copies.backlog[which] <= 30))
    assert np.array_equal(copies.backlog[~which], before["backlog"][~which])


def test_an_optimum_is_among_the_decisions():
    problem = parse(KINDS[1])
    copies = copies_of(KINDS[1])
    decision, bound = copies.exact()
    reached = copies.step(decision, np.random.default_rng(0)).objective
    assert reached == pytest.approx(bound, rel=1e-6)
    instance = problem.frame(0)
    view = decisions_of(instance)
    best = qmectk.solve(instance).values
    completed = view.complete(Decision(None, np.reshape(best["y"], view.allowed.shape)))
    assert completed["y"] == pytest.approx(best["y"], abs=1e-9)


def test_what_a_policy_sees_has_no_scale_of_its_own():
    """Queues and V both 1000 times larger: another size of everything, the same slot to structured policies."""
    text = "{problem: drift, servers: 2, weights: {throughput: 0, power: 1}, target: null, service: rate, V: %s}"
    copies = copies_of(text % 20)
    small = copies.decisions.features("own").pair
    instance = parse(text % 20000).process().posed(1000 * copies.backlog, copies.virtual, copies.gain)
    assert small.shape == (6, 10, 2, 7)
    assert np.allclose(small, decisions_of(instance).features("own").pair)


@pytest.mark.parametrize("kind", ["own", "published", "log"])
def test_features_of_many_are_those_of_each(kind):
    copies = copies_of(KINDS[2])
    seen = copies.decisions.features(kind)
    for i in range(copies.count):
        alone = decisions_of(copies.process.instance(state(copies, i))).features(kind)
        assert np.allclose(seen.device[i], alone.device)
        assert np.allclose(seen.pair[i], alone.pair)
    assert np.all(np.abs(seen.pair) < 1e3)
    row = copies.decisions.features("published")
    both = np.concatenate([row.device, row.pair[..., :2, 0]], axis=-1)
    assert both.mean(axis=(1, 2)) == pytest.approx(np.zeros(6), abs=1e-9)
    assert both.std(axis=(1, 2)) == pytest.approx(np.ones(6))


def test_empty_queues_are_seen_without_a_division_by_zero():
    copies = parse(KINDS[0]).copies(2, np.random.default_rng(0))
    for kind in copies.decisions.seen:
        seen = copies.decisions.features(kind)
        assert np.isfinite(seen.flat).all()
