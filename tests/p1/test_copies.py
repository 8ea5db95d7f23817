"""Copies of the cell against the declaration, frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.documents import parse
from qmectk.views import Decision
from qmectk.worlds.copies import Copies, decisions_of
from qmectk.worlds.looped import Looped
from qmectk_problems.p1.copies import P1Copies

COUNT, DEVICES = 6, 5


def problem(text: str = "") -> Any:
    return parse(f"problem: p1\ndevices: {DEVICES}\nframes: 3\ntraining_frames: 4\n{text}")


def copies(seed: int = 0) -> tuple[Any, P1Copies]:
    one = problem()
    made = one.copies(COUNT, np.random.default_rng(seed))
    assert isinstance(made, P1Copies)
    return one, made


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_copies_and_declaration_agree(seed: int) -> None:
    one, made = copies(seed)
    rng = np.random.default_rng(seed)
    decision = made.decisions.random(rng)
    seen, frames, scale = made.decisions.features(), made.gains, made.decisions.scale
    published = made.decisions.features("published")
    outcome = made.step(decision, rng)
    assert not np.array_equal(frames, made.gains)
    for k, gains in enumerate(frames):
        instance = one.instance(gains)
        view = decisions_of(instance)
        assert view is not None
        np.testing.assert_array_equal(view.features().flat, seen.flat[k])
        np.testing.assert_array_equal(view.features("published").flat, published.flat[k])
        values = view.complete(decision.at(k))
        found = instance.measure(values)
        assert found.feasible
        assert outcome.objective[k] == pytest.approx(found.objective, rel=1e-12)
        rates = values["local"] + values["offload"]
        np.testing.assert_allclose(outcome.rewards["own"][k] * scale[k], rates, rtol=1e-9, atol=1e-12)
        for m in range(DEVICES):
            stays = np.array(decision.choice[k])  # type: ignore[index]
            stays[m] = 0
            without = instance.measure(view.complete(Decision(stays, stays))).objective
            lost = outcome.rewards["difference"][k, m] * scale[k, m]
            assert lost == pytest.approx(found.objective - without, rel=1e-9, abs=1e-12)


def test_the_optimum_of_copies_is_that_of_each_frame() -> None:
    one, made = copies()
    optimum = made.optimum()
    for gains, best in zip(made.gains, optimum, strict=True):
        assert best == pytest.approx(qmectk.solve(one.instance(gains), "exact").objective, rel=1e-8)
    outcome = made.step(made.decisions.random(np.random.default_rng(1)), np.random.default_rng(1))
    assert (outcome.objective <= optimum * (1 + 1e-8)).all()


def test_they_go_on_from_their_arrays() -> None:
    _, made = copies()
    rng = np.random.default_rng(3)
    made.step(made.decisions.random(rng), rng)
    _, other = copies(9)
    other.load(made.arrays())
    for _ in range(3):
        steps = [one.step(one.decisions.decided(np.ones((COUNT, DEVICES))), g) for one, g in _twice(made, other)]
        np.testing.assert_array_equal(steps[0].objective, steps[1].objective)
    with pytest.raises(ValueError, match="shape"):
        other.load({"gains": np.zeros((2, DEVICES))})


def _twice(*both: Copies) -> Any:
    return [(one, np.random.default_rng(4)) for one in both]


def test_some_copies_begin_anew_and_the_others_stay() -> None:
    _, made = copies()
    before = made.gains
    which = np.arange(COUNT) % 2 == 0
    made.restart(np.random.default_rng(5), which)
    assert (made.gains[which] != before[which]).all()
    np.testing.assert_array_equal(made.gains[~which], before[~which])


def test_devices_in_outage_have_finite_numbers() -> None:
    _, made = copies()
    made.load({"gains": np.where(np.arange(DEVICES) < 2, 0.0, made.gains)})
    view = made.decisions
    assert np.isfinite(view.features().flat).all()
    outcome = made.step(view.decided(np.ones((COUNT, DEVICES))), np.random.default_rng(0))
    assert all(np.isfinite(reward).all() for reward in outcome.rewards.values())
    assert (outcome.rewards["own"][:, :2] == 0).all()


@pytest.mark.parametrize(
    "text",
    [
        "channel: {model: correlated}",
        "channel: {mobility: {}}",
        "crowd: {fewest: 5}",
        "switching: {on: 5, off: 5}",
        "observe: {delay: 1}",
        "changes: [{frame: 2, weights: swapped}]",
    ],
)
def test_worlds_with_a_past_are_trained_on_frame_by_frame(text: str) -> None:
    one = problem(text)
    rng = np.random.default_rng(0)
    made = one.copies(3, rng)
    assert isinstance(made, Looped)
    judged = {instance.label for instance in one.instances()}
    for _ in range(3):
        assert all(0 <= state < one.params.training_frames for state in made.states)
        assert not judged & {instance.label for instance in made.instances}
        outcome = made.step(made.decisions.random(rng), rng)
        assert np.isfinite(outcome.reward("slot")).all()


def test_policies_decide_on_what_is_observed_and_are_paid_for_what_is() -> None:
    one = problem("observe: {delay: 1}")
    rng = np.random.default_rng(0)
    made = one.copies(3, rng)
    assert isinstance(made, Looped)
    for _ in range(4):
        frames, view = made.instances, made.decisions
        seen = [decisions_of(one.observe(frame)).features().flat for frame in frames]  # type: ignore[union-attr]
        truth = [decisions_of(frame).features().flat for frame in frames]  # type: ignore[union-attr]
        np.testing.assert_array_equal(view.features().flat, seen)
        assert not np.array_equal(view.features().flat, truth)
        decision = view.random(rng)
        outcome = made.step(decision, rng)
        expected = [
            frame.measure(frame.complete(x)).objective for frame, x in zip(frames, decision.choice, strict=True)
        ]
        np.testing.assert_allclose(outcome.objective, expected, rtol=1e-12)
