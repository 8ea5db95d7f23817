"""The budget: what counts as compilation, and what parts of a budget share."""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import numpy as np
import pytest

from qmectk import Budget, Reply, Termination
from qmectk.attempts.answers import read_reply
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.timing import budget as module

from .fakes import backend, solved, stream


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_nested_pieces_of_compilation_count_once(clock: Clock) -> None:
    budget = Budget(10.0)
    with budget.compiling():
        clock.now += 1.0
        with budget.share(2).compiling(), budget.compiling():
            clock.now += 2.0
        clock.now += 0.5
    clock.now += 4.0
    assert (budget.compilation_seconds, budget.elapsed, budget.remaining) == (3.5, 7.5, 2.5)


def test_compilation_that_fails_is_charged_too(clock: Clock) -> None:
    budget = Budget()

    def embed() -> None:
        with budget.compiling():
            clock.now += 1.5
            raise ValueError("no embedding")

    with pytest.raises(ValueError, match="no embedding"):
        embed()
    with budget.compiling():
        clock.now += 0.25
    assert budget.compilation_seconds == 1.75


def test_parts_tell_and_charge_like_the_whole(clock: Clock) -> None:
    reported: list[tuple[object, ...]] = []
    whole = Budget(8.0, gap=0.25, recorder=lambda *event: reported.append(event))
    clock.now += 2.0
    part = whole.share(3)
    assert (part.seconds, part.gap) == (2.0, 0.25)
    part.incumbent(1.0, 2.0)
    with whole.within(None).compiling():
        clock.now += 1.0
    assert reported == [(1.0, 2.0, None)]
    assert part.compilation_seconds == whole.compilation_seconds == 1.0
    assert math.isinf(Budget().share(4).seconds)


# ---- just-in-time compilation, in whatever thread ---------------------------------------------------


def test_a_report_that_fails_breaks_no_compilation(clock: Clock) -> None:
    reported: list[str] = []

    def failing(label: str, done: float, total: float | None) -> None:
        raise ValueError("the terminal is gone")

    budgets = [Budget(report=failing), Budget(report=lambda label, done, total: reported.append(label))]
    module.just_in_time_started()
    clock.now += 2.0
    module.just_in_time_ended()
    clock.now += 1.0
    assert reported == ["compiling, once on this machine"]
    assert [budget.compilation_seconds for budget in budgets] == [2.0, 2.0]


def test_budgets_are_made_while_another_thread_compiles() -> None:
    stop = threading.Event()
    failed: list[BaseException] = []
    watched = Budget()

    def making() -> None:
        try:
            while not stop.is_set():
                kept = [Budget() for _ in range(50)]
                with kept[0].compiling(), watched.compiling():
                    pass
        except BaseException as error:  # would be lost with the thread
            failed.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=making) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(300):
            module.just_in_time_started()
            module.just_in_time_ended()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert failed == []
    # every piece that was entered was left: from here on nothing runs on
    before = watched.compilation_seconds
    with watched.compiling():
        pass
    after = watched.compilation_seconds
    assert 0.0 < before < after <= watched.elapsed


# ---- what is written into its parts -----------------------------------------------------------------


@pytest.mark.parametrize(("written", "read"), [(-5.0, 0.0), (math.nan, 0.0), ("long", 0.0), (1e9, 4.0), (1.5, 1.5)])
def test_nonsense_in_the_stopwatch_is_not_read(clock: Clock, written: object, read: float) -> None:
    budget = Budget()
    clock.now += 4.0
    budget._compilation.seconds = written  # type: ignore[assignment]
    assert budget.compilation_seconds == budget.within(1.0).compilation_seconds == read


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("written", [-5.0, 1e9])
def test_a_run_s_compilation_is_part_of_its_seconds(written: float, frames: int) -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        budget._compilation.seconds = written
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    found = solved(backend(solve), frames=frames)
    assert 0.0 <= found.compilation_seconds <= found.seconds
    assert (found.compilation_seconds > 0.0) is (written > 0.0)


def test_a_reply_is_read_with_no_more_compilation_than_seconds() -> None:
    made = backend()
    route = find_route(stream(1).instances()[0], made, registry())
    reply = Reply(np.zeros(3, np.int8), Termination.CONVERGED)
    for reported, kept in ((-5.0, 0.0), (9.0, 2.0), (0.5, 0.5)):
        assert read_reply(route, reply, made, 2.0, reported).compilation_seconds == kept
