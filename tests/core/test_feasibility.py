"""Feasible means the same in every unit: violations are relative to the row, and whole numbers meet or break it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Instance, Quality
from qmectk.attempts.settling import settled
from qmectk.errors import InputError
from qmectk.judging.feasibility import rounded, whole_bounds
from qmectk.language import Language
from qmectk.plugins import registry
from qmectk.readings.batched import measure_frames
from qmectk.readings.measuring import weigh
from qmectk.readings.rational import tie

powers = st.integers(-12, 12).map(lambda k: 10.0**k)


class Rows(Instance):
    """max value.x under ``weights x <= limits``, each row and the objective in a unit of its own; the last `free` of
    the variables are continuous within [0, 1], the others bits."""

    label = "rows"

    def __init__(
        self, value: Any, weights: Any, limits: Any, free: int = 0, units: Any = None, unit: float = 1.0
    ) -> None:
        self.value, self.weights, self.limits = (np.asarray(a, dtype=float) for a in (value, weights, limits))
        self.free, self.bits = free, len(self.value) - free
        self.units = np.ones(len(self.limits)) if units is None else np.asarray(units, dtype=float)
        self.objective = unit

    def declare(self, m: Language) -> None:
        x = m.var("x", self.bits, kind="binary")
        value = m.dot(self.value[: self.bits] * self.objective, x)
        y = m.var("y", self.free, upper=1) if self.free else None
        if y is not None:
            value = value + m.dot(self.value[self.bits :] * self.objective, y)
        m.maximize(value)
        for k, (row, limit, unit) in enumerate(zip(self.weights, self.limits, self.units, strict=True)):
            load = m.dot(row[: self.bits] * unit, x)
            if y is not None:
                load = load + m.dot(row[self.bits :] * unit, y)
            m.le(load, limit * unit, f"row {k}")

    def best(self) -> float:
        """Optimum of whole numbers by enumeration, without units; bits only."""
        points = np.array(list(itertools.product((0, 1), repeat=self.bits)))
        return float(max((points @ self.value)[(points @ self.weights.T <= self.limits).all(axis=1)]))


@st.composite
def rows(draw: st.DrawFn, free: int = 0) -> Rows:
    """Whole data, so that without units everything is exact, and random units."""
    n, count = draw(st.integers(2, 5)), draw(st.integers(1, 3))
    whole = st.integers(1, 9)
    value = draw(st.lists(whole, min_size=n + free, max_size=n + free))
    weights = draw(st.lists(st.lists(whole, min_size=n + free, max_size=n + free), min_size=count, max_size=count))
    limits = draw(st.lists(st.integers(2, 20), min_size=count, max_size=count))
    return Rows(value, weights, limits, free, draw(st.lists(powers, min_size=count, max_size=count)), draw(powers))


BACKENDS = [name for name in ("exhaustive", "exact", "cd", "greedy") if name in registry().backends]


@pytest.mark.parametrize("name", BACKENDS)
@settings(max_examples=12, deadline=None)
@given(instance=rows())
@example(instance=Rows([6, 5, 4], [[3, 2, 2]], [4], units=[1e-9]))  # 15 was called optimal, worth 9
@example(instance=Rows([6, 5, 4], [[3, 2, 2]], [4], units=[1e-12], unit=1e-13))
def test_no_unit_changes_a_verdict(name: str, instance: Rows) -> None:
    if registry().backends[name].missing():
        pytest.skip(f"{name} is not installed")
    plain = Rows(instance.value, instance.weights, instance.limits)
    found, usual = (qmectk.solve(one, name, reference=False) for one in (instance, plain))
    assert found.feasible == usual.feasible
    assert found.faults == ()
    if name in ("exhaustive", "exact"):
        # a unit may round the numbers so that the best point holds a row within rounding only; then it is no optimum
        tied = tie(instance, found.values or {}) is not None
        assert found.quality is (Quality.FEASIBLE if tied else Quality.OPTIMAL)
        assert found.objective == pytest.approx(instance.best() * instance.objective, rel=1e-9)
    elif found.feasible:
        assert found.objective <= instance.best() * instance.objective * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(
    instance=rows(free=2),
    units=st.lists(powers, min_size=3, max_size=3),
    seed=st.integers(0, 2**32 - 1),
    off=st.sampled_from([0.0, 1e-15, 1e-8, 5e-7, 3e-6, 1e-3, 1.0]),
)
def test_what_is_measured_does_not_depend_on_units(instance: Rows, units: Any, seed: int, off: float) -> None:
    rng = np.random.default_rng(seed)
    point = {"x": rng.integers(0, 2, instance.bits).astype(float), "y": rng.uniform(0, 1, 2) * rng.integers(0, 2, 2)}
    load = instance.weights @ np.concatenate([point["x"], point["y"]])
    instance.limits = load * (1.0 - off)  # every row broken by `off`, relative
    other = Rows(
        instance.value, instance.weights, instance.limits, 2, units[: len(instance.limits)], instance.objective
    )
    one, two = instance.measure(point), other.measure(point)
    assert one.feasible == two.feasible
    assert one.violation == pytest.approx(two.violation, rel=1e-3, abs=1e-12)
    assert one.feasible == (off < 1e-6 or not load.any() or off <= 1e-6 * one.violation)


def row(state: Any, whole: bool = False, **values: Any) -> Any:
    """The measurement of the values, each a variable of its own, on what `state` says of them."""

    class Stated(Instance):
        def declare(self, m: Language) -> None:
            made = {name: m.var(name, lower=-np.inf, kind="integer" if whole else "continuous") for name in values}
            m.minimize(m.lift(0.0))
            state(m, **made)

    return Stated().measure(values)


def test_a_row_is_measured_by_its_largest_term_at_the_point() -> None:
    # a bit that is off lends its coefficient to nobody
    heavy = lambda m, x, y, z: m.le(1e6 * x + 1e-9 * y + 1e-9 * z, 1e-9, "c")  # noqa: E731
    assert row(heavy, x=0, y=1, z=1).violation == pytest.approx(1.0)
    assert not row(heavy, whole=True, x=0, y=1, z=1).feasible
    # nor does the reach of a variable that could be large
    assert not row(lambda m, x: m.le(1e-12 * x, 4e-9, "c"), x=4001.0).feasible
    assert row(lambda m, x: m.le(1e-12 * x, 4e-9, "c"), x=4000.0 * (1 + 9e-7)).feasible
    # a constant on both sides is none
    assert not row(lambda m, x: m.le(1e-3 * x + 1e6, 1e6 + 4e-3, "c"), x=5.0).feasible
    # a product or a square counts as what it is worth, not as what it is made of
    assert not row(lambda m, x: m.le(m.square(x - 1.0), 1e-9, "c"), x=1.001).feasible
    # an equality is broken from either side
    for x in (1.0 - 3e-6, 1.0 + 3e-6):
        assert not row(lambda m, x: m.eq(1e-9 * x, 1e-9, "c"), x=x).feasible
    assert row(lambda m, x: m.eq(1e-9 * x, 1e-9, "c"), x=1.0 + 3e-7).feasible


def test_rounding_breaks_nothing() -> None:
    third = 1.0 / 3.0
    assert row(lambda m, x: m.eq(0.1 * x, 0.3, "c"), whole=True, x=3).violation == 0.0
    assert row(lambda m, x, y, z: m.eq(x + y + z, 1.0, "c"), x=third, y=third, z=third).violation == 0.0
    assert row(lambda m, x, y: m.le((x - 0.3) * y, 0.0, "c"), x=0.1 * 3, y=7.0).violation == 0.0
    assert row(lambda m, x: m.le(m.log1p(x), float(np.log1p(0.7)), "c"), x=0.1 * 7).violation == 0.0
    assert row(lambda m, x, y: m.le(x - y, 0.0, "c"), x=1e-30, y=0.9e-30).violation == pytest.approx(0.1)


def test_whole_numbers_meet_a_row_or_break_it() -> None:
    nearly = lambda m, x: m.le((1.0 + 1e-7) * x, 1.0, "c")  # noqa: E731
    assert row(nearly, x=1.0).feasible
    found = row(nearly, whole=True, x=1.0)
    assert not found.feasible
    assert found.violations["c"] == pytest.approx(1e-7)
    # unless the declaration says what does not matter
    assert row(lambda m, x: m.le((1.0 + 1e-7) * x, 1.0, "c", scale=1.0), whole=True, x=1.0).feasible


def test_a_declared_scale_is_a_least_scale() -> None:
    tiny = lambda m, x: m.le(x, 0.0, "c", scale=1e-3)  # noqa: E731
    assert row(tiny, x=0.9e-9).feasible
    assert not row(tiny, x=1.1e-9).feasible
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="the scale of constraint 'c'"):
            row(lambda m, x, bad=bad: m.le(x, 0.0, "c", scale=bad), x=0.0)

    class Scaled(Instance):
        def declare(self, m: Language) -> None:
            m.minimize(m.sum(m.var("x", 2, upper=1e-9, scale=[1.0, 0.0])))

    assert Scaled().measure({"x": [1e-9 + 1e-7, 1e-9]}).feasible
    assert Scaled().measure({"x": [-1e-7, 0.0]}).feasible
    assert not Scaled().measure({"x": [0.0, 1e-9 + 1e-14]}).feasible
    assert Scaled().measure({"x": [0.0, 1e-9 + 1e-16]}).feasible
    assert not Scaled().measure({"x": [0.0, -1e-20]}).feasible


def test_a_fractional_bit_is_worth_nothing() -> None:
    class Heavy(Instance):
        def declare(self, m: Language) -> None:
            x, y = m.var("x", kind="binary"), m.var("y", upper=1e9)
            m.maximize(y)
            m.le(y, 1e9 * x, "only when on")

    assert not Heavy().measure({"x": 9e-7, "y": 900.0}).feasible
    found = Heavy().measure({"x": 1.0 - 9e-7, "y": 1e9})
    assert found.feasible
    assert found.violations["x: integrality"] == pytest.approx(9e-7)
    values, _ = settled(Heavy(), {"x": 1.0 - 9e-7, "y": 1e9})
    assert values["x"] == 1.0
    # and what a solver leaves of a variable that is off is taken out
    values, left = settled(Heavy(), {"x": 1e-9, "y": 1e-2})
    assert (values, left.violation) == ({"x": 0.0, "y": 0.0}, 0.0)
    values, left = settled(Heavy(), {"x": 0.0, "y": 1e6})
    assert values["y"] == 1e6
    assert not left.feasible


def test_whole_numbers_within_bounds() -> None:
    assert rounded([0.9999995, 0.5, np.nan, 3.0 - 2e-6]).tolist()[:2] == [1.0, 0.5]
    low, high = whole_bounds(np.array([1e-7, 0.3, -np.inf]), np.array([1 - 1e-7, 0.1 * 30, np.inf]))
    assert (low.tolist(), high.tolist()) == ([1.0, 1.0, -np.inf], [0.0, 3.0, np.inf])


@settings(max_examples=8, deadline=None)
@given(frames=st.integers(2, 4), devices=st.integers(1, 3), seed=st.integers(0, 2**32 - 1))
def test_weighing_many_frames_is_weighing_each(frames: int, devices: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem: Any = qmectk.load("p1", devices=devices, frames=1, training_frames=0)
    instances = [problem.instance(rng.uniform(1e-7, 1e-5, devices)) for _ in range(frames)]
    points = [instance.complete(rng.integers(0, 2, devices)) for instance in instances]
    for point in points:
        point["local"] = point["local"] * (1 + rng.choice([0.0, 1e-15, 1e-8, 1e-4]))
    together = measure_frames(instances, points, weighed=True)
    assert together is not None
    for one, instance, point in zip(together, instances, points, strict=True):
        alone = weigh(instance, point)
        assert one.violation == pytest.approx(alone.violation, rel=1e-9, abs=1e-18)
        assert one.rounding == pytest.approx(alone.rounding, rel=1e-9)
        plain = instance.measure(point)
        assert plain.objective == alone.objective
        assert plain.violation == pytest.approx(alone.violation, abs=1e-18)
        assert 0.0 < (alone.rounding or 0.0) <= 1e-13 * max(1.0, abs(alone.objective))
