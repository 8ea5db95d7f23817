"""Pieces of work under a time limit: long enough to be worth their fixed cost, short enough to look at the clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

import qmectk
from qmectk import Budget, Instance
from qmectk.language import Language
from qmectk.lowerings.binary import FixedBits
from qmectk.readings import batched
from qmectk.timing import budget as module
from qmectk.views.scoring import Scorer


@pytest.mark.parametrize(
    ("cost", "pieces", "longest"),
    [
        (lambda n: 0.04, 12, 0.2),  # whatever is in it
        (lambda n: 0.2 + 1e-5 * n, 12, 0.6),
        (lambda n: 0.02 * n, 500, 0.1),  # each by itself
        (lambda n: 1.0 * n, 10, 1.0),
        (lambda n: 1e-4 * n, 40, 0.1),
    ],
    ids=["fixed", "nearly fixed", "each", "each long", "each short"],
)
def test_pieces_follow_what_they_cost(
    cost: Callable[[int], float], pieces: int, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    taken = []
    for piece in Budget(10.0).pieces(1000, most=1000):
        taken.append(cost(len(piece)))
        now[0] += taken[-1]
    assert len(taken) <= pieces
    assert max(taken) <= longest
    assert now[0] <= 10.0 + longest


class OneByOne(Instance):
    """max sum of bits, declared one variable and one row at a time: reading it costs far more than a point more."""

    label = "one by one"

    def declare(self, m: Language) -> None:
        x = [m.var(f"x{k}", kind="binary") for k in range(60)]
        total = x[0]
        for one in x[1:]:
            total = total + one
        m.maximize(total)
        for k, (one, other) in enumerate(itertools.pairwise(x)):
            m.le(one + other, 1, f"row {k}")


def test_candidates_under_a_time_limit_are_scored_together(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    measured = batched._read
    monkeypatch.setattr(batched, "_read", lambda *given: read.append(given[2]) or measured(*given))
    monkeypatch.setattr(module.time, "perf_counter", lambda: 0.0)  # so that the machine's load decides nothing
    scorer = Scorer(FixedBits(OneByOne()), Budget(60.0))
    # a call begins with pieces as long as those of the last one that had as many candidates
    for count, expected in ((60, [8, 51]), (60, [51, 9]), (1, []), (2, [2]), (60, [51, 9])):
        read.clear()
        assert scorer(np.eye(60, dtype=np.int8)[:count]).tolist() == [1.0] * count
        assert read == expected
    assert scorer.skipped == 0


def test_greedy_gets_somewhere_in_a_long_declaration() -> None:
    found = qmectk.solve(OneByOne(), "greedy", time_limit=20, reference=False)
    assert found.objective == 30.0
