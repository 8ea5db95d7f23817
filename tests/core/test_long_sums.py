"""Sums that a declaration adds up in a loop: as deep as they have terms, and worked out all the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Instance
from qmectk.language import Language
from qmectk.readings.measuring import weigh
from qmectk.readings.objective_rounding import objective_rounding
from qmectk.readings.rational import tie
from qmectk.testing.instances import WaterFilling

#: More than the calls that Python nests.
TERMS = 2000


class Loop(Instance):
    """max sum c_k x_k with k of the n bits, one term at a time."""

    label = "loop"

    def __init__(self, n: int = TERMS, step: float = 0.5, most: float | None = None) -> None:
        self.n, self.step, self.most = n, step, n * step / 2 if most is None else most

    def declare(self, m: Language) -> None:
        x = m.var("x", self.n, kind="binary")
        worth, used = 0.0 * x[0], 0.0 * x[0]
        for k in range(self.n):
            worth = worth + (1.0 + k % 3) * x[k]
            used = used + self.step * x[k]
        m.maximize(worth)
        m.le(used, self.most, "most")


class Doubled(Instance):
    """A sum that is added to itself again and again: 2^60 terms, and 61 expressions."""

    label = "doubled"

    def declare(self, m: Language) -> None:
        x = m.var("x", 2, kind="binary")
        total = m.sum(0.5 * x)
        for _ in range(60):
            total = total + total
        m.maximize(total)
        m.le(total, 2.0**59, "half")


@pytest.mark.parametrize("backend", ["highs", "exact"])
def test_a_sum_of_two_thousand_terms_is_solved(backend: str) -> None:
    found = qmectk.solve(Loop(), backend)
    best = np.sort(1.0 + np.arange(TERMS) % 3)[-TERMS // 2 :].sum()
    assert (found.quality, found.objective, found.faults) == (qmectk.Quality.OPTIMAL, best, ())


def test_fractions_tell_what_is_broken_at_any_depth() -> None:
    ones = {"x": np.ones(TERMS)}
    found: Any = tie(Loop(step=0.1, most=0.1 * TERMS), ones)
    assert found == ("most", float(TERMS * Fraction(0.1) - Fraction(0.1 * TERMS)))
    assert found.amount > 0.0
    assert tie(Loop(step=0.1, most=float(np.nextafter(0.1 * TERMS, np.inf))), ones) is None


def test_what_is_used_twice_is_worked_out_once() -> None:
    assert tie(Doubled(), {"x": np.array([1.0, 0.0])}) is None
    assert objective_rounding(Doubled(), {"x": np.array([1.0, 0.0])}) == pytest.approx(2.0**60 * 2**-53, rel=50)


@pytest.mark.parametrize("name", ["p1", "drift", "meqc", "meqc-ye", "attention", "wide"])
def test_rounding_of_the_objective_is_that_of_the_whole(name: str) -> None:
    instance = WaterFilling.drawn(5) if name == "wide" else qmectk.load(name, frames=1).frame(0)
    rng = np.random.default_rng(7)
    values: dict[str, Any] = {}
    for variable in instance.signature.variables.values():
        drawn = rng.random(variable.length)
        drawn = np.round(drawn) if variable.kind != "continuous" else drawn * np.minimum(variable.upper, 1.0)
        values[variable.name] = drawn if variable.size is not None else float(drawn[0])
    assert objective_rounding(instance, values) == weigh(instance, values).rounding
