"""A backend, a declaration or a reading that does not look at the clock is ended, and what was done by then counts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Instance, Reply, Termination
from qmectk.errors import Infeasible
from qmectk.instance import view
from qmectk.testing.instances import Congestion, CongestionStream, Knapsack
from qmectk.testing.instances.congestion import CongestionBinary
from qmectk.views import Lowered

from .fakes import backend, solved, stream
from .test_deadline import dawdle

#: No alarm is left behind by any of these tests.
pytestmark = pytest.mark.usefixtures("no_alarm_left")


def test_a_backend_that_dawdles_is_ended_and_its_last_point_counts() -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        for k in itertools.count():
            budget.incumbent(point=np.array([k, 0, 0], dtype=np.int8))
            if k:
                dawdle()
        raise AssertionError

    found = solved(backend(solve), time_limit=0.05)
    assert (found.termination, found.feasible) == (Termination.BUDGET, True)
    assert np.array_equal(found.values["x"], [1, 0, 0])
    assert "did not look at the clock" in found.message
    assert found.faults == ()


def test_one_that_told_nothing_has_no_point() -> None:
    found = solved(backend(lambda view, budget, rng: dawdle()), time_limit=0.05)
    assert (found.termination, found.values) == (Termination.BUDGET, None)
    assert "before it reported a point" in found.message
    several = solved(backend(lambda view, budget, rng: dawdle()), frames=2, time_limit=0.05)
    assert several.message.startswith("answered 1 of 2 frames: it did not look at the clock")


def test_finished_frames_are_kept() -> None:
    asked = []

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        asked.append(view)
        if len(asked) > 2:
            dawdle()
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    assert solved(backend(), frames=5).frames == 5  # whatever is imported on the way
    found = solved(backend(solve), frames=5, time_limit=2.0)
    assert 1 <= found.frames <= 2  # a busy machine may not have had the time for more
    assert (found.termination, found.feasible) == (Termination.BUDGET, True)


class SlowDeclaration(Knapsack):
    """Is read in no time, and handed over to no solver."""

    def declare(self, m: Any) -> None:
        if m.target in ("algebraic", "convex", "quadratic"):
            dawdle()
        super().declare(m)


@pytest.mark.parametrize("name", ["highs", "sa", "cvxpy"])
def test_lowerings_are_ended(name: str) -> None:
    found = qmectk.solve(SlowDeclaration.drawn(4, 1), name, time_limit=0.1, reference=False)
    assert (found.termination, found.values) == (Termination.BUDGET, None)
    assert "was made ready" in found.message


class SlowlyRead(Knapsack):
    """A view whose points take their time to be read."""

    @view(Binary)
    def binary(self) -> Lowered:
        def lift(point: Any) -> Any:
            dawdle()

        return Lowered(Slow(CongestionStream.of(3, frames=1).instances()[0]), lift)  # type: ignore[arg-type]


def test_reading_a_point_is_ended() -> None:
    found = qmectk.solve(SlowlyRead.drawn(3, 1), "local-only", time_limit=0.05, reference=False)
    assert (found.termination, found.values) == (Termination.BUDGET, None)
    assert found.message == "the time limit ended it while the point of backend 'local-only' was read"


class SlowlyMeasured(Congestion):
    def declare(self, m: Any) -> None:
        time.sleep(0.02)
        super().declare(m)


class SlowlyMeasuredStream(CongestionStream):
    def _frame(self, t: int) -> Congestion:
        made = super()._frame(t)
        return SlowlyMeasured(made.gain, made.load, made.least, self)


def test_as_many_answers_are_judged_as_there_is_time_for() -> None:
    made = SlowlyMeasuredStream(stream(400).params)
    found = qmectk.solve(made, backend(), time_limit=1.0, reference=False)
    assert 1 <= found.frames < 400  # 0.02 s and more each
    assert found.feasible
    assert found.message == f"answered {found.frames} of 400 frames"


class SlowStream(CongestionStream):
    """The first frames are quick."""

    quick = 64

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        if stop > self.params.training_frames + self.quick:
            dawdle()
        return super().stream(start, stop)


def test_as_many_frames_are_made_as_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SlowStream(stream(10**6).params)
    monkeypatch.setattr(SlowStream, "quick", 10**6)
    found = qmectk.solve(made, backend(), time_limit=0.3, reference=False)
    assert 1 <= found.frames < 10**6
    assert found.message == f"answered {found.frames} of 1000000 frames"
    monkeypatch.setattr(SlowStream, "quick", 0)
    with pytest.raises(Infeasible, match="before the first instance was made"):
        qmectk.solve(made, backend(), time_limit=0.1, reference=False)


class Slow(CongestionBinary):
    """Takes 5 ms a candidate."""

    def score(self, actions: Any) -> Any:
        time.sleep(0.005 * len(np.atleast_2d(actions)))
        return super().score(actions)


class SlowlyScored(Instance):
    """Congestion with a slow view."""

    def __init__(self, users: int) -> None:
        self.of = CongestionStream.of(users, frames=1).instances()[0]

    def declare(self, m: Any) -> None:
        self.of.declare(m)

    @view(Binary)
    def binary(self) -> Slow:
        return Slow(self.of)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["exhaustive", "greedy", "cd", "random"])
def test_searches_look_at_the_clock_between_slow_scores(name: str) -> None:
    options = {"samples": 10**6} if name == "random" else {"restarts": 10**6} if name == "cd" else {}
    found = qmectk.solve(SlowlyScored(20), name, time_limit=0.3, options=options, reference=False)
    assert (found.termination, found.feasible) == (Termination.BUDGET, True)
    assert "did not look at the clock" not in found.message


def test_pieces_follow_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(qmectk.timing.budget, "time", type("Clock", (), {"perf_counter": staticmethod(lambda: now[0])}))
    budget, sizes = Budget(1000.0), []
    for piece in budget.pieces(10**9, most=10**4):
        sizes.append(len(piece))
        now[0] += 1e-5 * len(piece) if len(sizes) < 8 else 0.02 * len(piece)
    assert sizes[:4] == [1, 8, 64, 512]
    assert max(sizes) == 5000  # 0.05 s at 10 microseconds each
    assert sizes[-1] == 2  # 0.05 s at 20 ms each
    assert 1000.0 <= now[0] <= 1000.1


def test_a_backend_need_not_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    class Prompt(Backend):
        name, accepts = "prompt", (Binary,)

        def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
            while not budget.expired():
                time.sleep(0.001)
            return Reply(np.zeros(view.n, np.int8), Termination.BUDGET)

    assert solved(Prompt, time_limit=0.05).message == ""


def test_what_a_backend_writes_into_its_budget_is_its_own_affair() -> None:
    def solve(view: Any, budget: Any, rng: np.random.Generator) -> Reply:
        budget.seconds, budget.gap = "soon", {}
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    found = qmectk.solve(stream(1), backend(solve), time_limit=100)
    assert (found.feasible, found.faults) == (True, ())
    assert found.reference is not None
