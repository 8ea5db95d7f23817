"""The worlds of P1: what changes, and what is seen of it when a frame is decided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import j0

import qmectk
from qmectk.documents import parse
from qmectk.errors import InputError
from qmectk_problems.physics.fading import sinusoids

PARTS = {
    "jakes": "channel: {model: jakes}\n",
    "moving": "channel: {mobility: {speed: [1 m/s, 2 m/s]}}\n",
    "switching": "switching: {on: 20, off: 10}\n",
    "swapped": "changes: [{frame: 3, weights: swapped}, {frame: 5, off: [1, 2]}, {frame: 8, on: [2]}]\n",
    "old": "channel: {model: jakes}\nobserve: {delay: 2}\n",
    "noisy": "observe: {noise: 0.7}\n",
    "all": (
        "channel: {model: correlated, mobility: {}}\nswitching: {on: 9, off: 3}\n"
        "changes: [{frame: 4, weights: [3, 2, 1]}]\nobserve: {delay: 1, noise: 0.5}\n"
    ),
}


def problem(text: str = "", *, devices: int = 3, frames: int = 20, training: int = 0) -> Any:
    return parse(f"problem: p1\ndevices: {devices}\nframes: {frames}\ntraining_frames: {training}\n{text}")


def numbers(one: Any) -> np.ndarray:
    """The arrays of a frame and of what is seen of it."""
    seen = one.problem.observe(one) or one
    return np.stack([one.passive, one.scale, one.snr, seen.passive, seen.scale, seen.snr])


@pytest.mark.parametrize("text", PARTS.values(), ids=PARTS)
def test_a_frame_alone_is_that_of_the_stream_and_more_frames_begin_the_same(text: str) -> None:
    whole = [numbers(one) for one in problem(text, training=2).instances()]
    for frame in (0, 1, 7, 19):
        np.testing.assert_array_equal(numbers(problem(text, training=2).frame(frame)), whole[frame])
    short = [numbers(one) for one in problem(text, frames=9, training=2).instances()]
    np.testing.assert_array_equal(short, whole[:9])


def test_no_part_of_the_world_draws_from_another_one_s_stream() -> None:
    usual = problem().trace
    np.testing.assert_array_equal(problem(PARTS["noisy"]).trace, usual)
    switched = problem(PARTS["switching"]).trace
    np.testing.assert_array_equal(switched[switched > 0], usual[switched > 0])
    moving = problem(PARTS["moving"]).trace
    np.testing.assert_allclose(moving[0], usual[0], rtol=1e-12)  # the devices begin where the others stay


@pytest.mark.parametrize("rays", [8, 32])
@pytest.mark.parametrize("doppler_frame", [0.02, 0.1])
def test_the_autocorrelation_of_jakes_fading_is_j0_at_every_lag(rays: int, doppler_frame: float) -> None:
    """Mean over many links, whose standard error is at most 1/sqrt(links) (amplitudes have unit power)."""
    links, lags = 20_000, 40
    g = sinusoids(np.random.default_rng(1), lags, links, doppler_frame, rays)
    found = (g[:1] * g.conj()).mean(axis=1)
    expected = j0(2 * np.pi * doppler_frame * np.arange(lags))
    assert np.abs(found - expected).max() < 4.5 / np.sqrt(links)
    assert np.abs(g.mean(axis=1)).max() < 4.5 / np.sqrt(links)


def test_jakes_gains_are_exponential() -> None:
    trace = problem("channel: {model: jakes, distance: {between: [3, 3]}}\n", devices=4000, frames=2).trace
    scaled = trace / (4.11 * (3e8 / (4 * np.pi * 915e6 * 3)) ** 2.8)
    np.testing.assert_allclose(np.quantile(scaled, [0.1, 0.5, 0.9]), -np.log([0.9, 0.5, 0.1]), rtol=0.08)


def test_moving_devices_stay_in_their_disc_and_drift() -> None:
    text = "channel: {model: correlated, doppler: 0, mobility: {speed: [1, 2], radius: 6, nearest: 2}}\n"
    made = problem(text, devices=4, frames=2000)
    near, far = 4.11 * (3e8 / (4 * np.pi * 915e6 * np.array([2, 6]))) ** 2.8
    drift = made.trace.max(axis=0) / made.trace.min(axis=0)
    assert (drift > 1.5).any()
    assert (drift <= near / far * (1 + 1e-9)).all()
    assert made.coupled
    steps = np.abs(np.diff(np.log(made.trace), axis=0))
    assert steps.max() < 2.8 * 0.1  # at most some centimetres a frame


def test_switching_has_the_means_that_are_stated() -> None:
    there = problem("switching: {on: 30, off: 10}\n", devices=50, frames=4000).trace > 0
    assert there.mean() == pytest.approx(0.75, abs=0.03)
    goes = (there[:-1] & ~there[1:]).sum() / there[:-1].sum()
    comes = (~there[:-1] & there[1:]).sum() / (~there[:-1]).sum()
    assert goes == pytest.approx(1 / 30, rel=0.1)
    assert comes == pytest.approx(1 / 10, rel=0.1)


def test_changes_hold_from_their_frame_on() -> None:
    text = "changes: [{frame: 6, weights: swapped}, {frame: 4, weights: swapped, off: [2]}, {frame: 8, on: [2]}]\n"
    made = problem(text, frames=7, training=3)
    weights = made.stream(0, 10)
    scale = np.array([one.scale for one in weights]) / weights[0].scale[0]
    np.testing.assert_allclose(scale[[0, 3, 4, 5, 6, 9]], [[1, 1.5, 1]] * 2 + [[1.5, 1, 1]] * 2 + [[1, 1.5, 1]] * 2)
    np.testing.assert_array_equal(made.trace[:, 1] == 0, np.isin(np.arange(10), [4, 5, 6, 7]))
    assert list(made.changes()) == [1, 3, 5]
    assert qmectk.solve(made, "exact", frame=2).values["x"][1] == 0  # type: ignore[index]


def test_old_gains_are_those_of_frames_before_and_average_before_there_are_any() -> None:
    made = problem("observe: {delay: 2}\nchannel: {distance: [3, 3, 4]}\n", frames=6)
    seen = [made.observe(one).trace[one.frame] for one in made.instances()]
    np.testing.assert_array_equal(seen[2:], made.trace[:4])
    mean = 4.11 * (3e8 / (4 * np.pi * 915e6 * np.array([3, 3, 4]))) ** 2.8
    np.testing.assert_allclose(seen[:2], [mean, mean])


def test_noise_is_log_normal_and_leaves_outage_alone() -> None:
    made = problem("observe: {noise: 0.7}\nchanges: [{frame: 1, off: [3]}]\n", frames=5000)
    seen = np.array([made.observe(one).trace[one.frame] for one in made.instances()])
    off = np.log(seen[:, :2] / made.trace[:, :2])
    assert off.mean() == pytest.approx(0, abs=0.03)
    assert off.std() == pytest.approx(0.7, abs=0.03)
    assert (seen[1:, 2] == 0).all()


def test_what_is_observed_leads_nowhere_to_the_truth() -> None:
    """Whatever can be reached from it along attributes, no array holds the gains of this frame or of a later one."""
    made = problem("observe: {delay: 1}\n", frames=12)
    one = made.frame(5)
    reached: list[Any] = [made.observe(one), made.observe(one).binary().view, made.observe(one).shared_budget().view]
    done: set[int] = set()
    while reached:
        thing = reached.pop()
        if id(thing) in done:
            continue
        done.add(id(thing))
        assert not isinstance(thing, qmectk.Problem)
        if isinstance(thing, np.ndarray):
            for row in made.trace[5:]:
                assert not np.isin(row, thing).any()
        reached += list(getattr(thing, "__dict__", {}).values())
        reached += [getattr(thing, "__self__", None)] if thing is not None else []


def test_an_answer_to_old_gains_is_carried_out_on_the_true_ones() -> None:
    """The action is that of the observation; the time is shared out by P2 at the true gains."""
    made = problem("channel: {model: jakes}\nobserve: {delay: 1}\n", devices=6, frames=30)
    found = qmectk.solve(made, "yesterday")
    best = qmectk.solve(made, "exact")
    for t, (one, answer) in enumerate(zip(made.instances(), found.solutions, strict=True)):  # type: ignore[attr-defined]
        seen = made.observe(one)
        optimum = qmectk.solve(seen, "exact", reference=False)
        np.testing.assert_array_equal(answer.values["x"], optimum.values["x"])  # type: ignore[index]
        worth = one.binary().view.score(np.asarray(answer.values["x"])[None])[0]
        assert answer.objective == pytest.approx(worth, rel=1e-9), t
    assert 0.7 < found.as_dict()["mean_ratio"] < 0.999 < best.as_dict()["mean_ratio"]
    assert "given the truth" in best.notes[0]
    assert not found.notes
    assert "what is observed" in [step["view"] for step in found.route]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("observe: {}\n", "neither 'delay' nor 'noise'"),
        ("changes: [{frame: 2, off: [4]}]\n", "names device 4"),
        ("changes: [{frame: 2, weights: [1, 2]}]\n", "has 2 weights for 3 devices"),
        ("channel: {distance: [3, 4, 6], mobility: {}}\n", "begins beyond the 'radius'"),
        ("channel: {mobility: {nearest: 8}}\n", "'nearest' must not exceed"),
    ],
)
def test_what_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        problem(text)
