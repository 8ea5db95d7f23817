"""Code that does not look at the clock is ended by it, and what must not be cut is not."""

from __future__ import annotations

import itertools
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Instance, Reply, Termination
from qmectk.errors import Infeasible
from qmectk.instance import view
from qmectk.testing.instances import Congestion, CongestionStream, Knapsack
from qmectk.testing.instances.congestion import CongestionBinary
from qmectk.timing import deadline
from qmectk.timing.deadline import IMPORTING, Expired, held, helping, impatient, limited, overdue, running, waiting_for
from qmectk.views import Lowered

from .fakes import backend, solved, stream

#: What ends by the alarm only [s]; a test that fails waits so long.
LONG = 20.0


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def dawdle() -> None:
    until = time.perf_counter() + LONG
    while time.perf_counter() < until:
        time.sleep(0.01)
    raise AssertionError("nobody ended it")


def test_what_ends_in_time_is_returned() -> None:
    assert limited(LONG, lambda: 7) == 7
    assert limited(float("inf"), lambda: signal.getitimer(signal.ITIMER_REAL)) == (0.0, 0.0)
    with pytest.raises(ZeroDivisionError):
        limited(LONG, lambda: 1 / 0)


@pytest.mark.parametrize("seconds", [0.05, 0.0, -1.0])
def test_what_does_not_is_ended(seconds: float) -> None:
    with pytest.raises(Expired):
        limited(seconds, dawdle)


def test_of_nested_calls_the_innermost_that_is_due_is_ended_first() -> None:
    reached = []

    def inner() -> None:
        with pytest.raises(Expired):
            limited(0.05, dawdle)
        reached.append("after the inner one")

    def outer(seconds: float) -> None:
        limited(seconds, inner)
        dawdle()

    with pytest.raises(Expired):
        limited(0.1, lambda: outer(LONG))
    with pytest.raises(Expired):  # the outer one ends the inner one, which has more time
        limited(0.05, lambda: limited(LONG, dawdle))
    assert reached == ["after the inner one"]


def test_what_swallows_it_is_told_again() -> None:
    swallowed = []

    def stubborn() -> None:
        for _ in range(2):
            try:
                dawdle()
            except BaseException as error:
                swallowed.append(type(error))
        dawdle()

    with pytest.raises(Expired):
        limited(0.02, stubborn)
    assert swallowed == [Expired, Expired]


def test_compiled_code_that_calls_it_a_keyboard_interrupt_is_ended_all_the_same() -> None:
    def embed() -> None:
        try:
            dawdle()
        except Expired as error:
            raise KeyboardInterrupt("embedding cancelled by keyboard interrupt") from error

    with pytest.raises(Expired):
        limited(0.05, embed)
    with pytest.raises(Expired):
        limited(0.05, lambda: limited(LONG, embed))

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        limited(LONG, interrupted)


def test_what_must_not_be_cut_is_finished() -> None:
    reached = []

    def work() -> None:
        with held(), held():
            time.sleep(0.1)
            reached.append("end of the block")
        dawdle()

    with pytest.raises(Expired):
        limited(0.02, work)
    assert reached == ["end of the block"]


def test_an_import_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slowly_made.py").write_text("import time\nfor _ in range(70):\n    time.sleep(0.005)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def work() -> None:
        import slowly_made  # type: ignore[import-not-found]  # noqa: F401

        dawdle()

    with pytest.raises(Expired) as ended:
        limited(0.3, work)
    assert ended.value.meanwhile == IMPORTING
    assert sys.modules.pop("slowly_made").whole


def test_who_waits_for_a_thread_is_told_what_that_waits_for() -> None:
    over, begun, answered = threading.Event(), threading.Event(), threading.Event()

    def answer() -> None:
        with waiting_for("code was compiled"):
            begun.set()
            over.wait(LONG)

    thread = threading.Thread(target=answer)
    thread.start()
    assert begun.wait(LONG)
    with pytest.raises(Expired) as ended:
        limited(0.02, lambda: answered.wait(LONG))
    over.set()
    thread.join()
    assert ended.value.meanwhile == "code was compiled"
    with pytest.raises(Expired) as ended:
        limited(0.02, dawdle)
    assert ended.value.meanwhile == ""


def test_other_threads_and_other_alarms_are_left_alone() -> None:
    ended: list[Any] = []
    thread = threading.Thread(target=lambda: ended.append(limited(0.01, lambda: time.sleep(0.05))))
    thread.start()
    thread.join()
    assert ended == [None]
    before = signal.signal(signal.SIGALRM, lambda number, frame: ended.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, LONG)
        limited(0.01, lambda: time.sleep(0.05))
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert ended == [None]


def test_a_thread_that_helps_knows_when_the_time_is_up() -> None:
    def seen(function: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(function).result()

    def states() -> tuple[bool, bool]:
        return running(), overdue()

    assert states() == (False, False)
    assert limited(LONG, states) == (True, False)
    assert limited(LONG, lambda: seen(states)) == (False, False)  # a thread of somebody else's
    assert limited(LONG, lambda: seen(helping(states))) == (True, False)
    assert seen(helping(states)) == (False, False)
    until, helped = time.perf_counter() + 1.0, limited(1.0, lambda: helping(states))
    while time.perf_counter() < until + 0.1:
        time.sleep(0.01)
    assert seen(helped) == (True, True)


# ---- in a run ---------------------------------------------------------------------------------------


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


def test_a_time_limit_in_a_destructor_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Python cannot raise there; the alarm comes again."""

    class Slow:
        def __del__(self) -> None:
            until = time.perf_counter() + 0.3
            while time.perf_counter() < until:
                pass

    def work() -> None:
        Slow()
        while True:
            sum(range(1000))

    before = sys.unraisablehook
    with pytest.raises(Expired):
        limited(0.1, work)
    assert sys.unraisablehook is before
    assert capsys.readouterr().err == ""


def test_a_loop_of_nothing_but_destructors_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    class Slow:
        def __del__(self) -> None:
            until = time.perf_counter() + 0.1
            while time.perf_counter() < until:
                pass

    def work() -> None:
        until = time.perf_counter() + LONG
        while time.perf_counter() < until:
            Slow()
        raise AssertionError("nobody ended it")

    for _ in range(5):
        with pytest.raises(Expired):
            limited(0.02, work)
    assert capsys.readouterr().err == ""


def test_a_block_waits_for_others_no_longer_than_it_wants() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert not overdue()
        with impatient(LONG), impatient(0.0):
            assert overdue()
            assert pool.submit(helping(overdue)).result()
        assert not overdue()
        assert not pool.submit(helping(overdue)).result()


def test_a_call_that_is_over_ends_nothing_any_more() -> None:
    """As where the alarm comes a second time while the first one is on its way out."""
    stale = deadline._Deadline(0.0)

    def leaves_one() -> int:
        stale.start()
        signal.raise_signal(signal.SIGALRM)
        return 7

    assert limited(LONG, leaves_one) == 7
    assert deadline._running == []
