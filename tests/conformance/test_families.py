"""Every family that comes with qmectk keeps every clause of the suite for families, and the clauses bite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.instance import view
from qmectk.problem import ProblemParams
from qmectk.testing import FamilyConfig, ProblemSuite, Violation, check_problem
from qmectk.testing.families import FAMILY_CLAUSES, FamilyBench


class TestP1(ProblemSuite):
    problem = "p1"
    config = FamilyConfig(tiny={"devices": 1})


class TestDrift(ProblemSuite):
    problem = "drift"
    config = FamilyConfig(tiny={"devices": 1, "servers": 1})


class TestMeqc(ProblemSuite):
    problem = "meqc"
    config = FamilyConfig(tiny={"users": 1, "servers": 1})


class TestMeqcYe(ProblemSuite):
    problem = "meqc-ye"
    config = FamilyConfig(tiny={"devices": 1})


class TestAttention(ProblemSuite):
    problem = "attention"
    config = FamilyConfig(frames=1)


class Plain(qmectk.Instance):
    """x of n bits, maximise w x."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def declare(self, m: Any) -> None:
        m.maximize(m.dot(self.weights, m.var("x", len(self.weights), kind="binary")))


class Bits(qmectk.Binary):
    n, sense = 3, 1

    def __init__(self, weights: Any, off: float = 0.0) -> None:
        self.weights, self.off = weights, off

    def score(self, actions: Any) -> Any:
        return np.atleast_2d(actions) @ self.weights + self.off

    def complete(self, action: Any) -> dict[str, Any]:
        return {"x": np.asarray(action, dtype=float)}


class Wrong(Plain):
    @view(qmectk.Binary)
    def bits(self) -> Bits:
        return Bits(self.weights, off=1.0)


class Family(qmectk.Problem):
    """A family of one's own."""

    name, Params, kind = "own", ProblemParams, Plain

    def stream(self, start: int, stop: int) -> list[Any]:
        return [self.kind(np.random.default_rng([self.params.seed, t]).random(3)) for t in range(start, stop)]


class Lying(Family):
    kind = Wrong


class Restless(Family):
    drawn_before = 0

    def stream(self, start: int, stop: int) -> list[Any]:
        Restless.drawn_before += 1
        return [self.kind(np.random.default_rng([t, Restless.drawn_before]).random(3)) for t in range(start, stop)]


class Added(Family):
    def stream(self, start: int, stop: int) -> list[Any]:
        return [self.kind(np.random.default_rng(self.params.seed + t).random(3)) for t in range(start, stop)]


def made(kind: type[Family]) -> Family:
    return kind(ProblemParams(problem="own", frames=3))


def test_a_family_of_ones_own_keeps_them() -> None:
    assert [(r.clause, r.detail) for r in check_problem(made(Family)) if not r.passed] == []


@pytest.mark.parametrize(
    ("kind", "clause", "said"),
    [
        (Lying, "bits_agree", "scores"),
        (Restless, "same_seed_same_numbers", "other numbers when it is drawn again"),
        (Restless, "stream_and_frame_agree", "not what it is in the stream"),
        (Added, "seeds_are_separate", "added, not kept apart"),
    ],
)
def test_what_breaks_them_is_caught(kind: type[Family], clause: str, said: str) -> None:
    with pytest.raises(Violation, match=said):
        FAMILY_CLAUSES[clause].check(FamilyBench(made(kind)))


def test_a_misspelt_hook_of_a_process_is_an_error() -> None:
    with pytest.raises(TypeError, match="did you mean 'backlogs'"):

        class Queue(qmectk.Process[int]):
            back_logs = ("queue",)

            def reset(self, rng: Any) -> int:
                return 0

            def instance(self, state: int) -> Any:
                return Plain(np.ones(3))

            def advance(self, state: int, values: Mapping[str, Any], rng: Any) -> Any:
                return state, {}
