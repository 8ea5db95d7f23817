"""The budget: what counts as compilation, and what parts of a budget share."""

from __future__ import annotations

import math

import pytest

from qmectk import Budget
from qmectk import budget as module


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
    told: list[tuple[object, ...]] = []
    whole = Budget(8.0, gap=0.25, recorder=lambda *event: told.append(event))
    clock.now += 2.0
    part = whole.share(3)
    assert (part.seconds, part.gap) == (2.0, 0.25)
    part.incumbent(1.0, 2.0)
    with whole.within(None).compiling():
        clock.now += 1.0
    assert told == [(1.0, 2.0, None)]
    assert part.compilation_seconds == whole.compilation_seconds == 1.0
    assert math.isinf(Budget().share(4).seconds)
