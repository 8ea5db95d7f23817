"""Rows of whole numbers with decimals: a point that holds them within rounding only is feasible, and no optimum."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Instance, Quality, Termination
from qmectk.attempts.answers import Answer
from qmectk.judging.judge import judge
from qmectk.judging.reference import reference_of
from qmectk.language import Language
from qmectk.plugins import registry
from qmectk.readings.batched import measure_frames
from qmectk.readings.rational import tie
from qmectk.simulating.measuring import Decided, Ledger

ALL = {"x": np.ones(2)}


class Decimals(Instance):
    """max sum x under ``weights x <= side``."""

    label = "decimals"

    def __init__(self, weights: Any = (0.1, 0.2), side: float = 0.3, scale: float = 0.0) -> None:
        self.weights, self.side, self.scale = np.array(weights), side, scale

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.weights), kind="binary")
        m.maximize(m.sum(x))
        m.le(m.dot(self.weights, x), self.side, "row", scale=self.scale)

    @classmethod
    def stack(cls, instances: Any) -> None:
        return None


def judged(instance: Instance, values: Any = ALL, reference: Any = None, bound: float | None = 2.0) -> Any:
    proof = {"termination": Termination.PROVED} if bound is not None else {"termination": Termination.CONVERGED}
    answer = Answer(instance, [], values=values, bound=bound, source="fake", **proof)
    return judge(answer, backend="fake", options={}, seed=0, reference=reference and reference_of(reference))


def test_a_point_that_meets_a_row_within_rounding_is_feasible_and_says_so() -> None:
    found = judged(Decimals())
    assert (found.quality, found.termination) == (Quality.FEASIBLE, Termination.CONVERGED)
    assert found.faults == ()
    assert "its point meets 'row' only within rounding" in found.notes[0]
    assert "break it by 2.8e-17" in found.notes[0]


@pytest.mark.parametrize("instance", [Decimals(side=0.30000000000000004), Decimals((1.0, 2.0), 3.0), Decimals(scale=1)])
def test_what_holds_exactly_or_within_a_declared_scale_is_optimal(instance: Instance) -> None:
    assert judged(instance).quality is Quality.OPTIMAL


def test_such_a_point_refutes_no_bound_of_those_who_take_the_row_at_its_word() -> None:
    true = judged(Decimals(), {"x": np.array([1.0, 0.0])}, bound=1.0)
    found = judged(Decimals(), reference=true, bound=None)
    assert found.quality is Quality.FEASIBLE
    assert found.reference_faults == found.faults == ()
    assert found.bound == 1.0
    behind = judged(Decimals(), {"x": np.array([1.0, 0.0])}, reference=judged(Decimals(), bound=None), bound=1.0)
    assert (behind.quality, behind.faults) == (true.quality, ())


def test_nor_does_it_in_a_simulation() -> None:
    ledger = Ledger(0, 1e-6, reference=False)
    proved = Answer(Decimals(), [], Termination.PROVED, ALL, bound=1.0, source="fake")
    for values in (ALL, {"x": np.array([1.0, 0.0])}):
        ledger.add(Decided(proved, values, False, {}))
    ledger.flush(qmectk.Budget())
    assert ledger.faults == []
    assert ledger.records["bound"] == [1.0, 1.0]


class Mixed(Instance):
    """max 3 x + y under x + y <= 1: a little slack in the row is worth what it is, or the bit."""

    label = "mixed"

    def declare(self, m: Language) -> None:
        x, y = m.var("x", kind="binary"), m.var("y", upper=1)
        m.maximize(3 * x + y)
        m.le(x + y, 1, "row")


@pytest.mark.parametrize(("over", "quality"), [(0.0, "optimal"), (1e-12, "optimal"), (2e-8, "feasible")])
def test_where_there_are_bits_slack_makes_no_optimum_even_if_the_bound_is_only_met(over: float, quality: str) -> None:
    found = judged(Mixed(), {"x": 1.0, "y": over}, bound=3.0 + 1e-7)
    assert (found.quality.value, found.faults) == (quality, ())
    assert (found.termination is Termination.PROVED) == (quality == "optimal")
    assert [("with whole numbers that may be worth another bit" in note) for note in found.notes] == [True] * (
        over > 1e-9
    )


class Topped(Instance):
    """max x0 + x1 - y under 0.1 x0 + 0.2 x1 + slope y <= 0.3, and the same as an equation."""

    label = "topped"

    def __init__(self, slope: float, relation: str = "<=") -> None:
        self.slope, self.relation = slope, relation

    def declare(self, m: Language) -> None:
        x, y = m.var("x", 2, kind="binary"), m.var("y", upper=2.0)
        m.maximize(m.sum(x) - y)
        {"<=": m.le, "==": m.eq}[self.relation](m.dot(np.array([0.1, 0.2]), x) + self.slope * y, 0.3, "row")


@pytest.mark.parametrize(
    ("instance", "y", "broken"),
    [
        (Topped(0.7), 0.0, True),  # y stands at its bound and would have to go below it
        (Topped(-0.7), 0.0, False),  # a y of 1e-16 makes the row hold
        (Topped(-0.7, "=="), 0.0, False),
        (Topped(0.7, "=="), 0.0, True),
        (Topped(0.7), 1e-17, True),
    ],
)
def test_a_continuous_variable_gives_way_within_its_bounds(instance: Instance, y: float, broken: bool) -> None:
    found = tie(instance, {"x": np.ones(2), "y": y})
    assert (found is not None) == broken
    assert found is None or found.amount == pytest.approx(2.8e-17, rel=0.1)


class Many(Instance):
    """Every way to state a row, each with sides of its own."""

    label = "many"

    def __init__(self, numbers: Any, sides: Any) -> None:
        self.numbers, self.sides = np.asarray(numbers), sides

    def declare(self, m: Language) -> None:
        a, (first, second, third, fourth) = self.numbers, self.sides
        x, k = m.var("x", 3, kind="binary"), m.var("k", lower=-5, upper=5, kind="integer")
        y = m.var("y", upper=2.0)
        m.minimize(m.sum(x) + k + y)
        m.le(np.outer(a, a) @ x, first, "matrix")
        m.ge(m.sum(a * x) - a[0] * k, second, "sums")
        m.le(m.square(m.dot(a, x)) + m.mul(x[0], k) * a[1], third, "products")
        m.eq(x[1:] / 3.0 + a[2] * k, fourth, "vector")
        m.le(a[0] * x[0] + y, 2.0, "mixed")
        m.le(m.log1p(k + 6.0), 3.0, "curved")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.7, 1.1, -0.4, 1e9, 3e-9, 5.0]), min_size=3, max_size=3),
    st.tuples(*[st.integers(0, 1)] * 3),
    st.integers(-5, 5),
    st.integers(0, 3),
)
def test_the_reading_is_that_of_fractions(a: list[float], x: tuple[int, ...], k: int, moved: int) -> None:
    """By other code: the sides of the rows are where the point is in floating point, one of them a last digit off."""
    fa = [Fraction(v) for v in a]
    total = sum((v for v, on in zip(fa, x, strict=True) if on), Fraction(0))
    third = Fraction(1.0 / 3.0)
    exact = {
        "matrix": [sum((Fraction(p * q) for q, on in zip(a, x, strict=True) if on), Fraction(0)) for p in a],
        "sums": [total - fa[0] * k],
        "products": [total**2 + x[0] * k * fa[1]],
        "vector": [x[1] * third + fa[2] * k, x[2] * third + fa[2] * k],
    }
    sides = {name: np.array([float(v) for v in values]) for name, values in exact.items()}
    name = list(sides)[moved]
    sides[name] = np.nextafter(sides[name], -np.inf)
    stated = [sides["matrix"], sides["sums"][0], sides["products"][0], sides["vector"]]
    broken: dict[str, Fraction] = {}
    for row, sign in (("matrix", 1), ("sums", -1), ("products", 1), ("vector", 0)):
        gaps = [value - Fraction(side) for value, side in zip(exact[row], sides[row].tolist(), strict=True)]
        worst = max(sign * gap if sign else abs(gap) for gap in gaps)
        if worst > 0:
            broken[row] = worst
    found = tie(Many(a, stated), {"x": np.array(x, dtype=float), "k": float(k), "y": 0.1})
    assert (found is None) == (not broken)
    if found is not None:
        assert found.name == next(iter(broken))
        assert found.amount == pytest.approx(float(broken[found.name]), rel=1e-12)


def test_a_bound_of_a_whole_number_is_read_so_too() -> None:
    class Bounded(Instance):
        label = "bounded"

        def declare(self, m: Language) -> None:
            k = m.var("k", upper=2.9999999999999996, kind="integer")
            m.maximize(k * 1.0)

    found = judged(Bounded(), {"k": 3.0}, bound=3.0)
    assert found.quality is Quality.FEASIBLE
    assert "'k: bounds'" in found.notes[0]


def test_streams_without_rows_of_whole_numbers_are_not_read() -> None:
    frames = qmectk.load("p1", devices=6, frames=3).instances()
    points = [qmectk.solve(one, "cd", reference=False).values for one in frames]
    together = measure_frames(frames, [point or {} for point in points])
    assert together is not None
    assert not any(one.ties for one in together)


@pytest.mark.parametrize("backend", ["exhaustive", "exact", "cd", "highs", "scip", "cvxpy"])
def test_no_backend_calls_it_an_optimum(backend: str) -> None:
    if registry().backends[backend].missing():
        pytest.skip(f"{backend} is not installed")
    for weights, side in (((0.1, 0.2), 0.3), ((1e-9, 6e-9), 7e-9), ((0.1, 0.7, 1.1), 1.9)):
        one = Decimals(weights, side)
        added = sum(map(Fraction, weights))
        assert added > Fraction(side)  # so that only a part of them fits
        found = qmectk.solve(one, backend, reference=False)
        assert found.feasible
        assert found.quality is Quality.FEASIBLE or Fraction(float(np.dot(weights, found.values["x"]))) < side
        best = max(sum(x) for x in itertools.product((0, 1), repeat=len(weights)) if _fits(weights, x, side))
        assert found.quality is Quality.FEASIBLE or found.objective == best
        assert found.bound is None or found.bound >= best * (1 - 1e-6)


def _fits(weights: Any, x: Any, side: float) -> bool:
    return sum((Fraction(w) for w, on in zip(weights, x, strict=True) if on), Fraction(0)) <= Fraction(side)
