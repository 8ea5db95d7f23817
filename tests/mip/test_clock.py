"""HiGHS is not begun under a time limit where its rounding at the root would not look at the clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import qmectk
from qmectk import Budget, Instance, Termination
from qmectk_mip.arrays import Linear
from qmectk_mip.ending import stopped
from qmectk_mip.engine import BLIND, Engine


class Knapsack(Instance):
    """So many items in dense rows: whole ones, or parts."""

    def __init__(self, items: int, rows: int, kind: Any = "binary") -> None:
        self.items, self.rows, self.kind = items, rows, kind

    def declare(self, m: Any) -> None:
        x, number = m.var("x", self.items, upper=1.0, kind=self.kind), np.arange(self.items)
        m.maximize(m.dot(100 + number, x))
        for row in range(self.rows):
            m.le(m.dot(10 + (number + row) % 7, x), 3 * self.items, f"row {row}")


def dense(rows: int, items: int) -> Linear:
    ones, some = np.ones(items), np.arange(rows * items).reshape(rows, items) % 7 + 10.0
    sides = np.full(rows, -np.inf), np.full(rows, 3.0 * items)
    return Linear(-some[0], 0.0, csr_matrix(some), *sides, 0.0 * ones, ones, ones > 0.0)


def test_a_limit_that_rounding_would_not_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmectk_mip.engine.ROUNDING", 100.0 / (3 * 12**2))  # 100 s
    engine = Engine.of(dense(3, 12))
    found = engine.run(seconds=30.0)
    assert (found.status, found.x, found.bound, found.timed_out) == (BLIND, None, None, True)
    said = "HiGHS's branch and bound was not begun: "
    assert stopped(found, Budget(30.0), False, "HiGHS")[1].startswith(said)
    assert engine.run(seconds=None).optimal, "without a limit there is no clock to look at"
    assert engine.run(seconds=110.0).optimal, "there is time for it"
    engine.relax(True)
    assert engine.run(seconds=30.0).optimal, "nothing is rounded"


def test_exact_goes_on_with_another_prover(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmectk_mip.engine.ROUNDING", 1.0)
    answer = qmectk.solve(Knapsack(12, 3), "exact", time_limit=30.0)
    assert answer.quality is qmectk.Quality.OPTIMAL


def test_a_linear_model_is_always_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmectk_mip.engine.ROUNDING", 1.0)
    answer = qmectk.solve(Knapsack(12, 3, "continuous"), "highs", time_limit=30.0, reference=False)
    assert answer.termination is Termination.PROVED
