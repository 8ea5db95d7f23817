"""Code that does not look at the clock is ended by it, and what must not be cut is not."""

from __future__ import annotations

import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from qmectk.timing import deadline
from qmectk.timing.deadline import IMPORTING, Expired, held, helping, impatient, limited, overdue, running, waiting_for

#: What ends by the alarm only [s]; a test that fails waits so long.
LONG = 20.0


#: No alarm is left behind by any of these tests.
pytestmark = pytest.mark.usefixtures("no_alarm_left")


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
