"""Running learned backends: training first, told, refused without frames, and a crash in it is an answer."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import qmectk
import qmectk.documents
from qmectk import Binary, Budget, LearnedBackend, Reply, Termination
from qmectk.errors import NoRoute
from qmectk.options import NoOptions
from qmectk.testing.instances import Congestion
from qmectk.timing.deadline import Expired

from .fakes import stream


class Learner(LearnedBackend):
    """Counts what it is given."""

    name, accepts, Options = "learner", (Binary,), NoOptions
    fails: Exception | None = None

    def train(self, stream: Any, fingerprint: str, budget: Budget, rng: np.random.Generator) -> dict[str, Any]:
        if self.fails is not None:
            raise self.fails
        self.seen = len(stream())
        return {"frames": self.seen, "fingerprint": fingerprint}

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED, info={"seen": self.seen})


def test_training_comes_first_and_is_told() -> None:
    problem = stream(frames=2, training=7)
    found = qmectk.solve(problem, Learner, reference=False)
    assert found.info["training"]["frames"] == 7
    assert found.info["seen"] == 7
    other = qmectk.solve(problem.with_frames(3), Learner, reference=False)
    assert other.info["training"]["fingerprint"] == found.info["training"]["fingerprint"]


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(NoRoute, match="has none to train on; set training_frames"):
        qmectk.solve(stream(training=0), Learner)
    with pytest.raises(NoRoute, match="has none to train on"):
        qmectk.solve(Congestion(np.ones(2), np.ones(2), 0), Learner)


def test_a_crash_in_training_is_an_answer() -> None:
    failing = type("Failing", (Learner,), {"fails": FloatingPointError("loss is nan")})
    found = qmectk.solve(stream(training=5), failing, reference=False)
    assert found.termination is Termination.FAILED
    assert "loss is nan" in found.faults[0]


@pytest.mark.parametrize("resort", [False, True])
def test_a_training_that_the_time_limit_ends_has_what_needs_none(resort: bool) -> None:
    class Slow(Learner):
        name = "slow-learner"

        def train(self, stream: Any, fingerprint: str, budget: Budget, rng: np.random.Generator) -> dict[str, Any]:
            until = time.perf_counter() + 20.0
            while time.perf_counter() < until:
                time.sleep(0.01)
            raise AssertionError("nobody ended it")

        def untrained(self, view: Any) -> Any:
            return np.zeros(view.n, np.int8) if resort else None

    found = qmectk.solve(stream(training=5, frames=1), Slow, reference=False, time_limit=0.05)
    assert found.termination is Termination.BUDGET
    assert found.feasible is resort
    assert "before it had a policy" in found.message
    assert ("owes nothing to one" in found.message) is resort
    assert found.faults == ()


def test_a_crash_of_what_needs_no_training_is_an_answer() -> None:
    class Slow(Learner):
        name = "slow-learner"

        def train(self, stream: Any, fingerprint: str, budget: Budget, rng: np.random.Generator) -> dict[str, Any]:
            raise Expired("at once")

        def untrained(self, view: Any) -> Any:
            raise FloatingPointError("no idea")

    found = qmectk.solve(stream(training=5, frames=1), Slow, reference=False, time_limit=5.0)
    assert found.termination is Termination.FAILED
    assert "no idea" in found.faults[0]
