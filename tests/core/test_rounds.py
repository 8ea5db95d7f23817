"""Under a time limit as many frames are answered as there is time for, on a clock that the tests move on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Algebraic, Budget, Instance, Reply, Termination
from qmectk.errors import InputError
from qmectk.plugins import registry
from qmectk.testing.instances import CongestionStream

from .fakes import backend, stream


class Clock:
    """Stands still unless it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("qmectk.timing.budget.time", SimpleNamespace(perf_counter=made.perf_counter))
    return made


class Costly(CongestionStream):
    """Its frames take their time to be made: so long a call, a frame, and a frame that lies before."""

    clock = Clock()
    call, each, before = 0.0, 0.0, 0.0
    calls: list[tuple[int, int]] = []

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        self.calls.append((start, stop))
        self.clock.now += self.call + self.each * (stop - start) + self.before * stop
        return super().stream(start, stop)


def asked(clock: Clock, seconds: float, **members: Any) -> Any:
    """A backend that takes so long a frame and draws its answer."""

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        clock.now += seconds
        return Reply(rng.integers(0, 2, view.n).astype(np.int8), Termination.CONVERGED)

    return backend(solve, **members)


@pytest.mark.parametrize(
    ("call", "each", "before", "answer", "possible"),
    [
        pytest.param(0.0, 1.0, 0.0, 0.01, 99, id="making takes all"),
        pytest.param(0.0, 0.1, 0.0, 0.9, 100, id="answering takes all"),
        pytest.param(0.0, 0.3, 0.0, 0.3, 166, id="both take as long"),
        pytest.param(0.0, 0.0, 0.0, 0.9, 111, id="making takes nothing"),
        pytest.param(5.0, 0.0, 0.0, 0.1, 200, id="a call takes what many frames take"),
        pytest.param(0.0, 0.01, 0.004, 0.1, 200, id="what lies before is made anew"),
    ],
)
def test_as_many_frames_are_answered_as_the_time_allows(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    call: float,
    each: float,
    before: float,
    answer: float,
    possible: int,
) -> None:
    made = Costly(stream(200, training=1000).params)
    for name, value in (("clock", clock), ("call", call), ("each", each), ("before", before), ("calls", [])):
        monkeypatch.setattr(Costly, name, value)
    found: Any = qmectk.solve(made, asked(clock, answer), time_limit=100.0, reference=False)
    assert 0.8 * possible <= found.frames <= possible + 1
    assert found.message == ("" if found.frames == 200 else f"answered {found.frames} of 200 frames")
    assert [start for start, _ in Costly.calls[1:]] == [stop for _, stop in Costly.calls[:-1]]
    whole: Any = qmectk.solve(made, asked(clock, answer), reference=False)
    assert whole.frames == 200
    for one, other in zip(found.solutions, whole.solutions, strict=False):
        np.testing.assert_array_equal(one.values["x"], other.values["x"])


def test_who_learns_along_the_frames_is_asked_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Costly, "clock", clock)
    monkeypatch.setattr(Costly, "each", 1.0)
    made = Costly(stream(200).params)
    found: Any = qmectk.solve(
        made, asked(clock, 0.01, carries_over=classmethod(lambda cls, options: True)), time_limit=100.0, reference=False
    )
    assert 2 <= found.frames <= 20  # a tenth of the time is for making them
    assert found.message == f"answered {found.frames} of 200 frames"


def test_ctrl_c_loses_no_round_that_is_over(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Costly):
        def stream(self, start: int, stop: int) -> Sequence[Instance]:
            if start > 5:
                raise KeyboardInterrupt
            return super().stream(start, stop)

    monkeypatch.setattr(Costly, "clock", clock)
    monkeypatch.setattr(Costly, "each", 1.0)
    found: Any = qmectk.solve(Interrupted(stream(200).params), asked(clock, 0.01), time_limit=20.0, reference=False)
    assert found.termination is Termination.INTERRUPTED
    assert found.frames > 1
    with pytest.raises(KeyboardInterrupt):
        qmectk.solve(Interrupted(stream(200, training=10).params), asked(clock, 0.01), time_limit=20.0)


def test_a_start_is_of_all_frames(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Costly, "clock", clock)
    monkeypatch.setattr(Costly, "each", 1.0)
    made, seen = Costly(stream(40).params), []

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        seen.append(int(budget.start()["x"].sum()))
        return Reply({"x": np.zeros(3)}, Termination.CONVERGED)

    start = {"x": np.zeros((40, 3))}
    start["x"][::2, 0] = 1.0
    found: Any = qmectk.solve(made, backend(solve, accepts=(Algebraic,)), start=start, time_limit=30.0, reference=False)
    assert found.frames >= 24
    assert seen == ([1, 0] * 20)[: found.frames]
    with pytest.raises(InputError, match="the start has 3 frames, and 40 are solved"):
        qmectk.solve(
            made, backend(solve, accepts=(Algebraic,)), start={"x": np.zeros((3, 3))}, time_limit=30.0, reference=False
        )


@pytest.mark.parametrize(
    ("limit", "order"),
    [(60.0, ["exact", "backend", "exact"]), (None, ["backend", "exact"]), (2.0, ["backend", "exact"])],
    ids=["limited", "unlimited", "too short to load anything first"],
)
def test_a_prover_is_loaded_before_the_backend_has_used_the_time_up(
    limit: float | None, order: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path))
    called: list[str] = []
    exact: Any = registry().reference
    solve_many = exact.solve_many

    def certify(self: Any, *given: Any) -> Any:
        called.append("exact")
        return solve_many(self, *given)

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        called.append("backend")
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    monkeypatch.setattr(exact, "solve_many", certify)
    problem = qmectk.load("p1", devices=3, frames=2)
    assert qmectk.solve(problem, backend(solve), frame=0, time_limit=limit).objective is not None
    assert called == order
    called.clear()
    qmectk.solve(problem, backend(solve), time_limit=60.0)  # both frames, which are kept
    qmectk.solve(problem, backend(solve), time_limit=60.0)
    assert called[-2:] == ["backend", "backend"], "what is kept needs no prover"
