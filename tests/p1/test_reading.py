"""Gains become features in the same way for whoever has a problem, for whoever has its reading only, and in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import qmectk
from qmectk.errors import InputError
from qmectk_problems.p1.reading import P1Reading, device_columns

WORLDS: list[dict[str, Any]] = [
    {},
    {"weights": [1.0, 0.0, 3.0], "constants": {"efficiency": 0.51, "noise": "1e-9 W"}},
    {"constants": {"energy_coefficient": [1e-26, 2e-26, 3e-25]}},
]


@pytest.mark.parametrize("world", WORLDS)
def test_a_reading_says_what_the_view_says(world: dict[str, Any]) -> None:
    problem = qmectk.load("p1", devices=3, training_frames=6, frames=1, **world)
    reading = P1Reading(**problem.reading().plain())
    views = [one.binary().view for one in problem.training_instances()]  # type: ignore[attr-defined]
    gains = np.stack([view.observed() for view in views])
    np.testing.assert_array_equal(reading.features(gains), [view.features() for view in views])
    np.testing.assert_allclose(reading.device_features(gains), [v.device_features() for v in views], rtol=1e-12)
    np.testing.assert_array_equal(reading.device_features(gains[2]), reading.device_features(gains)[2])


@given(st.lists(st.floats(0.0, 1e3), min_size=1, max_size=5))
def test_torch_computes_the_same(gains: list[float]) -> None:
    h = np.array(gains)
    found = P1Reading().device_features(torch.as_tensor(h), torch)
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found.numpy(), P1Reading().device_features(h), rtol=1e-12, atol=1e-12)


def test_what_is_seen_of_a_device_does_not_depend_on_the_unit_of_rates() -> None:
    rng = np.random.default_rng(3)
    passive, scale, snr = rng.exponential(size=(3, 7, 4))
    np.testing.assert_allclose(
        device_columns(passive, scale, snr), device_columns(1e3 * passive, 1e3 * scale, snr), rtol=1e-9, atol=1e-12
    )


def test_other_devices_need_weights_of_their_own() -> None:
    assert P1Reading().device_features(np.full(9, 1e-6)).shape == (9, 4)
    with pytest.raises(InputError, match="there are 2 gains and 3 weights; hand over weights="):
        P1Reading([1.0, 2.0, 3.0]).device_features(np.full(2, 1e-6))
    with pytest.raises(InputError, match="there are 3 gains and 2 energy_coefficient"):
        P1Reading(energy_coefficient=[1e-26, 2e-26]).device_features(np.full(3, 1e-6))
