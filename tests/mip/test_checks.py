"""The checks themselves: scaling changes nothing, bounds hold whatever the duals, fractions solve linear programs."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

import qmectk
from qmectk import Budget, Instance
from qmectk.language import Language
from qmectk_mip.arrays import Linear
from qmectk_mip.engine import Engine
from qmectk_mip.leaf import Leaves, best, rounded_down
from qmectk_mip.rational import Tableau, side_of
from qmectk_mip.safe import Safe
from qmectk_mip.scaling import equilibrated
from qmectk_mip.tree import prove
from qmectk_mip.width import wide

pytest.importorskip("highspy")

SEEDS = st.integers(0, 10**6)


def drawn(seed: int, *, whole: bool, span: float = 0.0, boxed: bool = True) -> Linear:
    """A model that the point of all halves (ones, where whole) is feasible for."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 4)), int(rng.integers(1, 5))

    def numbers(*shape: int) -> Any:
        return rng.integers(-9, 10, shape) * 10.0 ** np.round(rng.uniform(-span, span, shape))

    matrix, x = numbers(m, n), np.full(n, 1.0 if whole else 0.5)
    low, high = matrix @ x - rng.integers(0, 5, m), matrix @ x + rng.integers(0, 5, m)
    low[rng.random(m) < 0.4], high[rng.random(m) < 0.4] = -math.inf, math.inf
    upper = np.full(n, 1.0 if whole else 2.0) if boxed else np.where(rng.random(n) < 0.5, 2.0, math.inf)
    return Linear(numbers(n), 0.0, sparse.csr_matrix(matrix), low, high, np.zeros(n), upper, np.full(n, whole))


def optimum(model: Linear) -> Any:
    """By scipy, of a continuous model."""
    a = np.vstack([model.matrix.toarray(), -model.matrix.toarray()])
    b = np.concatenate([model.high, -model.low])
    kept = np.isfinite(b)
    bounds = list(zip(model.lower, np.where(np.isfinite(model.upper), model.upper, None), strict=True))
    return linprog(model.cost, a[kept], b[kept], bounds=bounds)


@given(SEEDS, st.floats(0.0, 12.0))
@settings(max_examples=60, deadline=None)
def test_equilibration_is_the_same_model_in_other_units(seed: int, span: float) -> None:
    model = drawn(seed, whole=False, span=span)
    scaled = equilibrated(model)
    inner = scaled.inner
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.0, 1.0, len(model.cost))
    held, mapped = scaled.point(x), model.matrix @ scaled.point(x)
    assert scaled.inwards(held).tolist() == x.tolist()
    assert np.ldexp(scaled.value(float(inner.cost @ x)), scaled.objective) == pytest.approx(float(inner.cost @ x))
    assert model.value(held) == pytest.approx(scaled.value(float(inner.cost @ x)), rel=1e-12, abs=1e-300)
    entries = np.abs(inner.matrix.data)
    assert entries.max(initial=0.0) <= 1.0
    rows = inner.matrix @ x
    for mine, theirs, high, theirs_high in zip(rows, mapped, inner.high, model.high, strict=True):
        if theirs and mine:
            shift = round(math.log2(abs(mine / theirs)))
            assert mine == pytest.approx(math.ldexp(theirs, shift), rel=1e-9)
            assert not math.isfinite(high) or high == math.ldexp(theirs_high, shift)


def test_only_what_differs_much_after_scaling_is_wide() -> None:
    def row(*entries: float, whole: bool = True) -> Linear:
        n = len(entries)
        matrix = sparse.csr_matrix(np.array([entries]))
        costs = np.ones(n) if whole else np.zeros(n)
        return Linear(costs, 0.0, matrix, np.array([-1.0]), np.array([1.0]), np.zeros(n), np.ones(n), np.full(n, whole))

    assert not wide(equilibrated(row(1e-9, 2e-9)).inner)
    assert wide(equilibrated(row(1e-9, 1.0)).inner)
    assert not wide(equilibrated(row(1e-9, 1.0, whole=False)).inner)


def test_costs_are_held_against_the_value_of_a_point() -> None:
    """What its price forbids makes no objective wide, and what is nearly free only where much of it can be had."""

    def model(costs: list[float], most: float) -> Linear:
        n = len(costs)
        matrix = sparse.csr_matrix(np.ones((1, n)))
        box, whole = np.array([1.0, 1.0, most]), np.array([True, True, False])
        return Linear(np.array(costs), 0.0, matrix, np.zeros(1), np.full(1, math.inf), np.zeros(n), box, whole)

    priced = model([1e4, 1.0, 1e-3], 1.0)
    assert wide(priced)
    assert not wide(priced, 1.0)
    assert wide(priced, 1e-3)  # beside such a value the first price is too large for a tolerance
    assert not wide(model([1.0, 1.0, 1e-8], 1.0), 1.0)
    assert wide(model([1.0, 1.0, 1e-8], 1e6), 1.0)


@pytest.mark.parametrize("dear", [1e2, 1e5, 1e7])
def test_a_small_optimum_beside_large_costs_is_proved(dear: float) -> None:
    """The objective is fitted to what is earned, whatever is forbidden by its price."""
    rng = np.random.default_rng(3)
    values, weights = rng.integers(1, 30, 16), rng.integers(1, 30, 16)

    class Priced(Instance):
        label = "priced"

        def declare(self, m: Language) -> None:
            x, y = m.var("x", 16, kind="binary"), m.var("y", 4, kind="binary")
            m.maximize(m.dot(values * 1e-3, x) - m.sum(dear * y))
            m.le(m.dot(weights, x) - m.sum(50 * y), 90, "weight")

    found = qmectk.solve(Priced(), "highs", reference=False)
    best = np.zeros(91)
    for value, weight in zip(values, weights, strict=True):
        best[weight:] = np.maximum(best[weight:], best[:-weight] + value)
    assert found.quality == "optimal"
    assert found.objective == pytest.approx(best[90] * 1e-3, rel=1e-9)


@given(SEEDS, st.floats(0.0, 9.0), st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_duals_give_a_bound_that_holds(seed: int, span: float, boxed: bool) -> None:
    model = drawn(seed, whole=False, span=span, boxed=boxed)
    safe, rng = Safe(model), np.random.default_rng(seed)
    inside = np.full(len(model.cost), 0.5)
    for _ in range(5):
        duals = rng.normal(size=len(model.low)) * 10.0 ** rng.uniform(-6, 6)
        assert safe.bound(duals, model.lower, model.upper, model.cost) <= model.value(inside)
        # nothing is called empty that has a point
        assert safe.bound(duals, model.lower, model.upper, 0.0 * model.cost) <= 0.0


@given(SEEDS, st.floats(0.0, 6.0))
@settings(max_examples=80, deadline=None)
def test_tighter_bounds_lose_no_point(seed: int, span: float) -> None:
    model = drawn(seed, whole=True, span=span)
    box = Safe(model).tightened(model.lower, model.upper)
    assert box is not None
    lower, upper = box
    for bits in itertools.product((0.0, 1.0), repeat=len(model.cost)):
        x = np.array(bits)
        body = model.matrix @ x
        if (body >= model.low).all() and (body <= model.high).all():
            assert ((lower <= x) & (x <= upper)).all()


@given(SEEDS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_tableau_of_fractions_finds_the_optimum(seed: int, boxed: bool) -> None:
    model = drawn(seed, whole=False, boxed=boxed)
    theirs = optimum(model)
    tableau = Tableau(model, [side_of(v) for v in model.low.tolist()], [side_of(v) for v in model.high.tolist()])
    if theirs.status != 0:  # all have a point; scipy calls some unbounded ones infeasible
        with pytest.raises(ArithmeticError):
            tableau.optimum()
        return
    found = tableau.optimum()
    assert found is not None
    assert found.x is not None
    assert float(found.value or 0) == pytest.approx(theirs.fun, rel=1e-7, abs=1e-7)
    assert sum(Fraction(float(c)) * v for c, v in zip(model.cost, found.x, strict=True)) == found.value
    assert all(low <= v <= up for low, v, up in zip(model.lower.tolist(), found.x, model.upper.tolist(), strict=True))
    same = best(model)
    assert same.value == pytest.approx(theirs.fun, rel=1e-7, abs=1e-7)
    assert same.bound <= float(found.value or 0)


def test_a_tableau_shows_that_there_is_no_point() -> None:
    one = sparse.csr_matrix(np.ones((1, 2)))
    box = np.zeros(2), np.ones(2)
    beyond = math.nextafter(2.0, 3.0)
    model = Linear(np.ones(2), 0.0, one, np.array([beyond]), np.array([math.inf]), *box, np.zeros(2, bool))
    found = Tableau(model, [side_of(beyond)], [math.inf]).optimum()
    assert found is not None
    assert found.x is None
    assert best(model).bound == math.inf


@given(SEEDS, st.sampled_from([0.0, 3.0, 9.0]))
@settings(max_examples=60, deadline=None)
def test_the_checked_search_finds_what_enumeration_finds(seed: int, span: float) -> None:
    model = drawn(seed, whole=True, span=span)
    rows = [[Fraction(float(a)) for a in row] for row in model.matrix.toarray()]
    values = []
    for bits in itertools.product((0, 1), repeat=len(model.cost)):
        bodies = [sum((a * b for a, b in zip(row, bits, strict=True)), Fraction(0)) for row in rows]
        if all(lo <= body <= hi for lo, body, hi in zip(model.low.tolist(), bodies, model.high.tolist(), strict=True)):
            values.append(sum((Fraction(float(c)) * b for c, b in zip(model.cost, bits, strict=True)), Fraction(0)))
    scaled = equilibrated(model)
    proof = prove(scaled, Budget(), gap=0.0, limit=10_000, x=None, value=math.inf)
    assert proof.finished
    if proof.near is None and values:
        assert proof.x is not None
        assert scaled.value(proof.value) == float(min(values))
        assert scaled.value(proof.bound) <= float(min(values))


def test_whole_numbers_are_judged_exactly_and_rounded_ones_with_care() -> None:
    def end(row: list[float], side: float) -> Any:
        n = len(row)
        matrix = sparse.csr_matrix(np.array([row]))
        sides = np.array([-math.inf]), np.array([side])
        model = Linear(np.ones(n), 0.0, matrix, *sides, np.zeros(n), np.ones(n), np.ones(n, bool))
        return Leaves(model).complete(np.ones(n))

    assert end([1e9, -1e9, 1e-9], 0.0).x is None
    assert end([1e9, -1e9, 1e-9], 1e-9).certain
    tie = end([0.1, 0.2], 0.3)
    assert tie.x is not None
    assert not tie.certain
    assert end([0.25, 0.5], 0.75).certain
    assert end([0.1, 0.2], 0.3 - 1e-12).x is None


def test_fractions_are_rounded_down() -> None:
    assert rounded_down(Fraction(1, 3)) <= Fraction(1, 3) < Fraction(math.nextafter(rounded_down(Fraction(1, 3)), 1.0))
    assert rounded_down(Fraction(0)) == 0.0


def test_a_run_that_was_none_bounds_nothing() -> None:
    """HiGHS says a bound of 0 where its information is invalid: where branch and bound did not begin."""
    engine = Engine(equilibrated(drawn(3, whole=True)))
    assert engine.run(seconds=None).bound is not None
    engine._h.clearSolver()
    assert engine._h.getInfo().mip_dual_bound == 0.0
    assert engine._outcome().bound is None


def test_threads_of_a_run_before_do_not_matter() -> None:
    """HiGHS refuses to run with other threads than the process has; its bound of 0 was taken for one."""
    model = drawn(3, whole=True)
    found = [Engine(equilibrated(model), threads).run(seconds=None) for threads in (1, 2, 1)]
    assert all(one.optimal for one in found)
    assert len({one.objective for one in found}) == 1
