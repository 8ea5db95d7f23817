"""Streams of which not every frame can be converted like the first one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.plugins import registry
from qmectk.problem import ProblemParams
from qmectk.routing.planner import find_route, follow_route


class Pick(qmectk.Instance):
    """Four bits whose sum is 2, which factors; or a weighted sum below a limit, which takes a penalty."""

    label, unit = "pick", "u"

    def __init__(self, exact: bool) -> None:
        self.exact = exact

    def declare(self, m: Any) -> None:
        x = m.var("x", 4, kind="binary")
        m.maximize(m.dot(np.array([3.0, 1.0, 2.0, 5.0]), x) - m.square(m.sum(x)))
        if self.exact:
            m.eq(m.sum(x), 2, "row")
        else:
            m.le(m.dot(np.array([1.0, 2.0, 1.0, 1.0]), x), 2, "row")


class PickParams(ProblemParams):
    frames: int = 2


class Picks(qmectk.Problem):
    """The first frame factors, the others do not."""

    name, Params = "picks", PickParams

    def stream(self, start: int, stop: int) -> list[qmectk.Instance]:
        return [Pick(t == 0) for t in range(start, stop)]


def test_a_frame_that_the_chain_of_the_first_does_not_fit_has_one_of_its_own() -> None:
    known, chosen = registry(), registry().backends["sa"]
    first = find_route(Pick(True), chosen, known, {})
    again = follow_route(first, Pick(True), chosen, known, {})
    assert [step.lowering for step in again.steps] == [step.lowering for step in first.steps]
    other = follow_route(first, Pick(False), chosen, known, {})
    assert [step.lowering for step in other.steps] != [step.lowering for step in first.steps]
    with pytest.raises(qmectk.errors.NoRoute):
        follow_route(first, Pick(False), registry().backends["lowrank"], known, {})


def test_all_frames_of_such_a_stream_are_answered() -> None:
    found: Any = qmectk.solve(Picks(PickParams(problem="picks")), "sa")
    assert [one.objective for one in found.solutions] == pytest.approx([4.0, 4.0])
