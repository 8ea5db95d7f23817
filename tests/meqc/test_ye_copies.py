"""Decisions and copies of Ye's problem against the declaration and the process."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.errors import Infeasible
from qmectk.simulating.checkpoint import flatten
from qmectk.views import Decision
from qmectk.worlds.copies import decisions_of
from qmectk_problems.meqc_ye.costs import CPU, LOCAL, QPU
from qmectk_problems.meqc_ye.decisions import settle
from qmectk_problems.meqc_ye.features import OWN, PUBLISHED
from qmectk_problems.meqc_ye.problem import MeqcYe

from .ye import FORMS, load


@settings(max_examples=10, deadline=None)
@given(
    form=st.sampled_from(FORMS),
    queue=st.sampled_from(["printed", "corrected"]),
    slots=st.sampled_from([None, 0, 1, 3]),
    slack=st.sampled_from([(0.3, 1.5), (1.2, 3.0)]),
    seed=st.integers(0, 10**6),
)
def test_copies_are_the_declared_problem_and_its_process(
    form: str, queue: str, slots: int | None, slack: tuple[float, float], seed: int
) -> None:
    """Every random decision has a feasible completion; objectives and optima agree."""
    problem = load(devices=5, cost_form=form, queue=queue, qpu_slots=slots, slack=slack, shadowing=20.0)
    rng = np.random.default_rng(seed)
    copies = problem.copies(3, rng)
    copies.scatter(rng)
    assert copies.decisions.allowed.any(axis=-1).all()
    for _ in range(2):
        decision, optimum, world = copies.decisions.random(rng), copies.optimum(), copies.world
        after = copies.step(decision, rng)
        for i in range(3):
            queues = world.queue[i]
            arrivals = dataclasses.replace(
                world.arrivals,
                **{f.name: getattr(world.arrivals, f.name)[i] for f in dataclasses.fields(world.arrivals)},
            )
            one = problem.instance(problem.terms_of(problem.costs(arrivals)), queues)
            view = decisions_of(one)
            assert view is not None
            best = one.per_device().view.best()
            assert optimum[i] == pytest.approx(float(best[2].sum()), rel=1e-12)
            if np.isinf(after.objective[i]):
                with pytest.raises(Infeasible, match="nowhere else"):
                    view.complete(decision.at(i))
                assert np.isinf(optimum[i])
                continue
            measured = one.measure(view.complete(decision.at(i)))
            assert measured.feasible
            assert measured.objective == pytest.approx(after.objective[i], rel=1e-9, abs=1e-9)
            assert -after.rewards["slot"][i] == after.objective[i]
            assert optimum[i] <= after.objective[i] + 1e-9 * abs(after.objective[i])
            # the optimum is a decision, and completes to itself
            exact = one.measure(view.complete(Decision(np.asarray(best[0]), best[1])))
            assert exact.feasible
            assert exact.objective == pytest.approx(optimum[i], rel=1e-9, abs=1e-9)


def test_one_copy_goes_on_as_the_process_does() -> None:
    problem = load(devices=6, qpu_slots=1)
    first, second = np.random.default_rng(3), np.random.default_rng(3)
    copies, process = problem.copies(1, first), problem.process()
    state = process.reset(second)
    for _ in range(5):
        decision = copies.decisions.random(first)
        view = decisions_of(process.instance(state))
        assert view is not None
        drawn = view.random(second)
        assert drawn.choice is not None
        assert decision.choice is not None
        assert drawn.choice.tolist() == decision.choice[0].tolist()
        after = copies.step(decision, first)
        state, facts = process.advance(state, view.complete(drawn), second)
        assert {name: float(x[0]) for name, x in after.records.items()} == pytest.approx(facts)
        there = {path: np.asarray(array) for path, array in flatten(copies.world)}
        for path, array in flatten(state):
            if path in there:
                assert there[path][0] == pytest.approx(array), path


def test_arrays_are_the_whole_state_and_others_are_refused() -> None:
    problem = load(devices=4)
    copies, other = (problem.copies(3, np.random.default_rng(s)) for s in (0, 1))
    other.load(copies.arrays())
    for _ in range(3):
        decision = copies.decisions.random(np.random.default_rng(5))
        one, two = (c.step(decision, np.random.default_rng(6)) for c in (copies, other))
        assert one.objective.tolist() == two.objective.tolist()
    kept = copies.arrays()
    copies.step(decision, np.random.default_rng(7))
    assert not np.array_equal(copies.arrays()["state/queue"], kept["state/queue"])  # what was handed out is a copy
    with pytest.raises(ValueError, match="not of copies of this problem"):
        problem.copies(2, np.random.default_rng(0)).load(kept)


def test_only_the_named_copies_start_again_and_queues_are_scattered() -> None:
    problem = load(devices=40, V=0.5)
    rng = np.random.default_rng(0)
    copies = problem.copies(50, rng)
    copies.step(copies.decisions.decided(np.zeros((50, 40))), rng)
    before = copies.arrays()
    which = np.arange(50) < 20
    copies.scatter(rng, which)
    after = copies.arrays()
    assert all(np.array_equal(after[path][20:], before[path][20:]) for path in before)
    queue = after["state/queue"][:20]
    assert (queue == 0.0).mean() == pytest.approx(0.3, abs=0.06)
    assert 0.5 * np.exp(-3.0) <= queue[queue > 0].min() < 0.06
    assert 50.0 < queue.max() <= 0.5 * np.exp(5.0)
    copies.restart(rng)
    assert not copies.arrays()["state/queue"].any()


@pytest.mark.parametrize("queue", ["printed", "corrected"])
def test_rewards_are_the_parts_that_the_docs_say(queue: str) -> None:
    problem = load(devices=7, queue=queue, Delta=0.6, V=0.3)
    rng = np.random.default_rng(2)
    copies = problem.copies(4, rng)
    copies.scatter(rng)
    view, terms, z = copies.decisions, copies.slot.terms, copies.world.queue
    decision = view.random(rng)
    after = copies.step(decision, rng)
    assert decision.choice is not None
    cost = np.take_along_axis(
        terms.curves(1.0, 0.0).value(decision.share[..., None]), decision.choice[..., None], axis=-1
    )[..., 0]
    charged = z * 0.6 * (decision.choice == LOCAL) if queue == "printed" else 0.0
    assert after.rewards["own"] * view.scale == pytest.approx(-(0.3 * cost - z * decision.share + charged))
    assert after.rewards["own"] * view.scale == pytest.approx(-(0.3 * cost + view.worth(decision)))
    assert after.rewards["published"] == pytest.approx(-cost.sum(axis=-1))
    assert after.rewards["difference"].tolist() == after.rewards["own"].tolist()


def test_the_largest_gains_keep_the_qpu_and_the_difference_reward_is_what_a_slot_loses() -> None:
    """Against removing one device after the other from the decision."""
    problem = load(devices=8, qpu_slots=2, qubits=(5000, 5000), levels=[1], backlog=3.0)
    rng = np.random.default_rng(4)
    copies = problem.copies(20, rng)
    view, one = copies.decisions, copies.slot
    decision = view.decided(np.full((20, 8), QPU), 0.5)
    found = settle(one, decision)
    assert ((found.mode == QPU).sum(axis=-1) <= 2).all()
    assert (found.crowded_out > 0).any()
    after = copies.step(decision, rng)
    for u in range(8):
        choice = np.array(decision.choice)
        choice[:, u] = CPU  # whatever u does instead, it leaves the QPU
        fine = view.allowed[:, u, CPU]
        without = settle(one, Decision(choice, decision.share)).value
        others = np.arange(8) != u
        loss = (found.value - without)[:, others].sum(axis=-1) + found.value[:, u]
        expected = -loss / view.scale[:, u]
        assert after.rewards["difference"][fine, u] == pytest.approx(expected[fine])


def test_features_are_finite_moderate_and_named() -> None:
    problem = load(devices=15)
    copies = problem.copies(200, np.random.default_rng(1))
    own, listed = (copies.decisions.features(kind) for kind in ("own", "published"))
    assert own.device.shape == (200, 15, 15)
    assert own.device_names == OWN
    assert listed.device.shape == (200, 15, 7)
    assert listed.device_names == PUBLISHED
    assert np.abs(own.device).max() <= np.log(30.0)
    assert listed.device.mean(axis=(0, 1)) == pytest.approx(np.zeros(7), abs=0.2)
    # the gain spans decades: nearly everything is below its mean
    assert (listed.device[..., PUBLISHED.index("gain")] < 0).mean() > 0.85
    again = load(devices=15)
    assert isinstance(again, MeqcYe)
    assert again.observed[0].tolist() == problem.observed[0].tolist()
    nothing = load(devices=3, result=0.0, weights={"time": 0.0, "energy": 0.0}, V=0.0)
    world = nothing.copies(5, np.random.default_rng(0))
    assert np.isfinite(world.decisions.features().device).all()
    assert (world.decisions.scale > 0).all()
