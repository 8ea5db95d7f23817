"""Sums that a declaration adds up in a loop: as deep as they have terms, and worked out all the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, eye_array

import qmectk
from qmectk import Instance
from qmectk.language import Language
from qmectk.readings.measuring import weigh
from qmectk.readings.objective_rounding import objective_rounding
from qmectk.readings.rational import tie
from qmectk.testing.instances import WaterFilling
from qmectk.views.quadratic import Factor, QuadraticForm

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


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 4), zeros=st.booleans())
@settings(deadline=None, max_examples=50)
def test_rows_of_quadratic_forms_are_scaled_and_picked_as_by_a_matrix(seed: int, rows: int, zeros: bool) -> None:
    rng = np.random.default_rng(seed)

    def affine() -> QuadraticForm:
        matrix = rng.normal(size=(rows, 3)) * (rng.random((rows, 3)) < 0.6)
        return QuadraticForm(rng.normal(size=rows), csr_array(matrix), ())

    square = Factor(eye_array(rows, format="csr"), affine(), affine())
    one = affine()
    form = QuadraticForm(one.constant, one.linear, (square,))
    numbers = rng.normal(size=rows) * (rng.random(rows) < 0.5 if zeros else 1.0)
    picked = rng.integers(rows, size=2)
    for found, matrix in (
        (form.scaled(numbers), np.diag(numbers)),
        (form.picked(picked), np.eye(rows)[picked]),
        (form.picked(slice(0, 1)), np.eye(rows)[:1]),
    ):
        expected = form.mapped(csr_array(matrix))
        z = rng.normal(size=3)
        np.testing.assert_allclose(found.value(z), expected.value(z), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found.magnitudes, expected.magnitudes, rtol=1e-12)
        assert found.linear.nnz <= expected.linear.nnz
        assert found.steps <= expected.steps + 1
