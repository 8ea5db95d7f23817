"""Frames whose devices, weights and coefficients are their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.errors import InputError

CROWD = {"fewest": 2, "weights": [0.5, 2.0], "energy_coefficient": [0.5e-26, 2e-26]}


def crowd(**changes: Any) -> qmectk.Problem:
    return qmectk.load("p1", **{"devices": 12, "training_frames": 60, "frames": 20, "crowd": CROWD, **changes})


def test_numbers_of_devices_go_from_the_fewest_to_all() -> None:
    sizes = [instance.n for instance in crowd(training_frames=1, frames=400).instances()]  # type: ignore[attr-defined]
    assert min(sizes) == 2
    assert max(sizes) == 12
    assert np.median(sizes) < 7, "log-uniform, so that few devices are as frequent as many"


def test_arrays_are_those_of_the_devices_that_are_there() -> None:
    made = crowd(crowd={"fewest": 2})
    for instance in made.instances():
        row = made.trace[instance.frame]  # type: ignore[attr-defined]
        places = [int(np.flatnonzero(row == h)[0]) for h in instance.binary().view.observed()]  # type: ignore[attr-defined]
        assert len(set(places)) == instance.n  # type: ignore[attr-defined]
        for mine, all_of_them in zip(
            (instance.passive, instance.scale, instance.snr),  # type: ignore[attr-defined]
            made.arrays(row),  # type: ignore[attr-defined]
            strict=True,
        ):
            np.testing.assert_allclose(mine, all_of_them[places], rtol=1e-13)


def test_weights_and_coefficients_stay_in_their_ranges() -> None:
    made = crowd()
    c = made.params.constants  # type: ignore[attr-defined]
    for instance in made.instances():
        weights = instance.scale * c.overhead * np.log(2.0) / (c.bandwidth * 1e-6)  # type: ignore[attr-defined]
        assert ((weights >= 0.5) & (weights <= 2.0)).all()
        gains = instance.binary().view.observed()  # type: ignore[attr-defined]
        local = weights * (c.efficiency * c.power) ** (1 / 3) / c.cycles_per_bit * np.cbrt(gains) * 1e-6
        k = (local / instance.passive) ** 3  # type: ignore[attr-defined]
        assert ((k >= 0.5e-26 * (1 - 1e-9)) & (k <= 2e-26 * (1 + 1e-9))).all()


def test_a_frame_does_not_depend_on_how_many_follow() -> None:
    few, many = crowd(frames=3), crowd(frames=20)
    for one, other in zip(few.instances(), many.instances(), strict=False):
        np.testing.assert_array_equal(one.passive, other.passive)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(few.frame(2).snr, many.instances()[2].snr)  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", ["exact", "threshold", "cd"])
def test_streams_of_frames_of_any_size_are_solved_and_measured(backend: str) -> None:
    solution = qmectk.solve(crowd(), backend)
    assert solution.feasible
    assert not solution.faults
    assert solution.as_dict()["mean_ratio"] > 0.99
    assert [len(x) for x in solution.values["x"]] == [instance.n for instance in crowd().instances()]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"crowd": {"fewest": 13}}, "at least 13 of 12 devices"),
        ({"crowd": {"weights": [2, 1]}}, "first of 'weights' must not exceed"),
        ({"observe": {"delay": 1}}, "'crowd' and 'observe' do not go together"),
    ],
)
def test_what_cannot_be_is_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        crowd(**changes)
