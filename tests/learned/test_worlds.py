"""Learned policies in worlds that change or are seen too late."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse
from qmectk.errors import QmectkError

SMALL = "{problem: p1, devices: 4, training_frames: 200, frames: 40, channel: {model: jakes}, observe: {delay: 1}}"


def test_a_policy_rounds_where_scores_are_of_an_old_channel() -> None:
    """One candidate, so it is what the network says; with more of them the old channel chooses."""
    rounded = qmectk.solve(parse(SMALL), "droo")
    assert rounded.info["candidates"] == 1
    np.testing.assert_array_equal(rounded.raw_ratios, rounded.ratios)  # type: ignore[attr-defined]
    chosen = qmectk.solve(parse(SMALL), "droo", options={"candidates": 4, "adaptive": False})
    assert chosen.info["candidates"] == 4
    assert chosen.raw_objective != chosen.objective


def test_learning_along_the_frames_is_the_online_loop() -> None:
    """Actions of the judged frames are those that training on the same frames would have tried."""
    along = parse("{problem: p1, devices: 4, frames: 120, changes: [{frame: 60, weights: swapped}]}")
    found = qmectk.solve(along, "droo", options={"online": True, "adaptive": False})
    again = qmectk.solve(along, "droo", options={"online": True, "adaptive": False})
    assert isinstance(found, qmectk.StreamSolution)
    np.testing.assert_array_equal(found.values["x"], again.values["x"])  # type: ignore[index]
    assert [one["frame"] for one in found.recovery()] == [60, 60]
    assert found.raw_objective is not None
    assert found.objective is not None
    assert found.raw_objective < found.objective
    # the first ten frames are those of a policy that knows nothing, the last ones are not
    assert found.raw_ratios[-30:].mean() > found.raw_ratios[:10].mean()
    part = qmectk.solve(along.with_frames(60), "droo", options={"online": True, "adaptive": False})
    np.testing.assert_array_equal(part.values["x"], found.values["x"][:60])  # type: ignore[index]


def test_learning_along_goes_on_from_a_policy(tmp_path: Any) -> None:
    problem = parse("{problem: p1, devices: 4, training_frames: 300, frames: 60}")
    qmectk.train(problem, "droo", out=tmp_path / "a.policy")
    options = {"policy": str(tmp_path / "a.policy"), "online": True}
    begun = qmectk.solve(problem, "droo", options=options)
    fresh = qmectk.solve(problem, "droo", options={"online": True})
    frozen = qmectk.solve(problem, "droo", options={"policy": str(tmp_path / "a.policy")})
    first = slice(0, 10)  # before the first step of learning
    np.testing.assert_array_equal(begun.raw_ratios[first], frozen.raw_ratios[first])  # type: ignore[attr-defined]
    assert not np.array_equal(begun.raw_ratios, fresh.raw_ratios)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "frame", "said"),
    [("{problem: p1, devices: 3, frames: 9}", 2, "given a single frame"), (SMALL, None, "only an observation")],
)
def test_what_cannot_be_learned_from_is_refused(text: str, frame: int | None, said: str) -> None:
    with pytest.raises(QmectkError, match=said):
        qmectk.solve(parse(text), "droo", options={"online": True}, frame=frame)
