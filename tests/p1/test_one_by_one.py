"""Frames that are asked for one by one: the same as together, and drawn in a few pieces."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk_problems.p1 import problem as module

FRAMES = 300


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"channel": {"model": "correlated"}},
        {"channel": {"model": "jakes"}},
        {"channel": {"mobility": {"radius": "30 m"}}},
        {"observe": {"delay": 2}},
        {"switching": {"on": 9, "off": 5}},
    ],
    ids=["rayleigh", "correlated", "jakes", "mobility", "observe", "switching"],
)
def test_a_frame_is_the_one_of_the_stream(given: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    world = module.world
    monkeypatch.setattr(module, "world", lambda params, frames: drawn.append(frames) or world(params, frames))
    settings = {"frames": FRAMES, "training_frames": 7, **given}
    one_by_one = qmectk.load("p1", **settings)
    alone = [one_by_one.frame(number) for number in range(FRAMES)]
    assert sum(drawn) <= 4 * (FRAMES + 7)
    assert one_by_one.memory(0, FRAMES) == qmectk.load("p1", **settings).memory(0, FRAMES)
    for one, other in zip(alone, qmectk.load("p1", **settings).instances(), strict=True):
        for name in ("passive", "scale", "snr"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
