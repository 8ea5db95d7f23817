"""Nothing false is called optimal: random declared models with coefficients of any size beside exact rationals."""

from __future__ import annotations

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Instance, Quality, Termination
from qmectk.language import Language

pytest.importorskip("pyomo")
pytest.importorskip("highspy")

SCIP = pytest.param(
    "scip", marks=pytest.mark.skipif(not importlib.util.find_spec("pyscipopt"), reason="needs pyscipopt")
)


def _benchmark() -> Any:
    path = Path(__file__).parents[2] / "benchmarks" / "truth" / "random_mips.py"
    if not path.exists():
        pytest.skip("the benchmarks are not beside this checkout")
    spec = importlib.util.spec_from_file_location("random_mips", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["random_mips"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def random_mips() -> Any:
    return _benchmark()


@pytest.mark.parametrize("backend", ["highs", SCIP])
def test_no_answer_is_false_and_most_are_certified(random_mips: Any, backend: str) -> None:
    said = []
    for case in range(40):
        one = random_mips.drawn(np.random.default_rng([2, case]))
        said.append(random_mips.verdict(random_mips.answered(one, backend, case), random_mips.truth(one)))
    assert {word for word in said if word.startswith("FALSE")} == set()
    assert said.count("certified") >= 37


class Declared(Instance):
    """max c x + d y, a x + b y <= side; binary x, continuous y up to `upper`."""

    def __init__(self, c: Any, a: Any, side: float, d: Any = (), b: Any = (), upper: float = 1.0) -> None:
        self.c, self.a, self.side, self.d, self.b, self.upper = np.array(c), np.array(a), side, d, b, upper

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.c), kind="binary")
        objective, body = m.dot(self.c, x), m.dot(self.a, x)
        if len(self.d):
            y = m.var("y", len(self.d), upper=self.upper)
            objective, body = objective + m.dot(np.array(self.d), y), body + m.dot(np.array(self.b), y)
        m.maximize(objective)
        m.le(body, self.side, "row")


def answer(one: Instance, backend: str) -> Any:
    return qmectk.solve(one, backend, reference=False)


@pytest.mark.parametrize("backend", ["highs", SCIP])
@pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e-9, 1.0, 1e9, 1e150])
def test_the_unit_of_the_objective_does_not_matter(backend: str, scale: float) -> None:
    found = answer(Declared(np.array([6.0, 5.0, 4.0]) * scale, [3.0, 2.0, 2.0], 4.0), backend)
    assert (found.quality, found.objective) == (Quality.OPTIMAL, pytest.approx(9.0 * scale, rel=1e-9))


@pytest.mark.parametrize("backend", ["highs", SCIP])
@pytest.mark.parametrize("scale", [2.0**-400, 1e-12, 1e-9, 1e9, 1e150])
def test_the_unit_of_a_row_does_not_matter(backend: str, scale: float) -> None:
    found = answer(Declared([6.0, 5.0, 4.0], np.array([3.0, 2.0, 2.0]) * scale, 4.0 * scale), backend)
    assert (found.quality, found.objective) == (Quality.OPTIMAL, 9.0)


@pytest.mark.parametrize("backend", ["highs", SCIP])
def test_a_row_of_large_and_tiny_entries_means_what_it_says(backend: str) -> None:
    """1e9 x - 1e9 y + 1e-9 z <= 0: no float tells the sum from zero, and all three ones break it."""
    found = answer(Declared([3.0, 1.0, 2.0], [1e9, -1e9, 1e-9], 0.0), backend)
    assert (found.quality, found.objective) == (Quality.OPTIMAL, 4.0)
    assert found.values["x"].tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("backend", ["highs", SCIP])
def test_a_fraction_of_a_bit_is_worth_nothing(backend: str) -> None:
    """y <= 1e7 x: within its tolerances a solver could have y = 1 for nothing."""
    found = answer(Declared([-1.0], [-1e7], 0.0, d=[0.5], b=[1.0]), backend)
    assert (found.quality, found.objective) == (Quality.OPTIMAL, pytest.approx(0.0, abs=1e-12))


@pytest.mark.parametrize("backend", ["highs", SCIP])
def test_what_rounding_of_the_declared_numbers_decides_proves_nothing_false(backend: str) -> None:
    """0.1 + 0.2 <= 0.3 does not hold in floats by 5.6e-17: neither 3 nor 2 is claimed to be proved wrongly."""
    found = answer(Declared([1.0, 2.0], [0.1, 0.2], 0.3), backend)
    assert found.feasible
    assert found.bound is None or found.bound >= 3.0 * (1 - 1e-9)
    short = answer(Declared([1.0, 2.0], [0.25, 0.5], 0.75), backend)
    assert (short.quality, short.objective) == (Quality.OPTIMAL, 3.0)


@pytest.mark.parametrize("backend", ["highs", SCIP])
def test_infeasible_by_a_hair_is_infeasible(backend: str) -> None:
    class Hair(Instance):
        def __init__(self, side: float) -> None:
            self.side = side

        def declare(self, m: Language) -> None:
            x, y = m.var("x", 3, kind="binary"), m.var("y", upper=1.0)
            m.maximize(m.sum(x) + y)
            m.eq(m.dot(np.array([2.0, 4.0, 6.0]), x) + 2.0**-30 * y, self.side, "row")

    none = answer(Hair(5.0), backend)
    assert (none.termination, none.values) == (Termination.PROVED, None)
    one = answer(Hair(6.0 + 2.0**-30), backend)
    assert (one.quality, one.objective) == (Quality.OPTIMAL, pytest.approx(3.0))
    rounded = answer(Hair(6.0 + 2.0**-30 + 2.0**-50), backend)  # y would have to be 1 + 2**-20
    assert (rounded.quality, rounded.bound) == (Quality.FEASIBLE, None)


@pytest.mark.parametrize("backend", ["highs", SCIP])
@pytest.mark.parametrize("bits", [0, 2])
def test_rows_that_only_rounding_sets_against_each_other_are_not_infeasible(backend: str, bits: int) -> None:
    """0.1 x + 0.2 y = 0.3 says what x + 2 y = 3 does, and in binary fractions it does not: 0.3 is a little less."""

    class Twice(Instance):
        def __init__(self, side: float) -> None:
            self.side = side

        def declare(self, m: Language) -> None:
            y = m.var("y", 2)
            x = m.var("x", bits, kind="binary") if bits else None
            m.maximize(y[0] + (m.sum(x) if x is not None else 0.0))
            m.eq(m.dot(np.array([1.0, 2.0]), y), 3.0, "whole")
            m.eq(m.dot(np.array([0.1, 0.2]), y), self.side, "decimal")

    found = answer(Twice(0.3), backend)
    assert (found.feasible, found.bound, found.objective) == (True, None, pytest.approx(3.0 + bits))
    assert "rounded" in found.message
    none = answer(Twice(0.3 + 1e-9), backend)
    assert (none.termination, none.values) == (Termination.PROVED, None)


@pytest.mark.parametrize("backend", ["highs", SCIP])
def test_the_row_of_the_issue(backend: str) -> None:
    """A row from 1e-6 to 1e10: HiGHS with tolerances of 1e-9 proves 7, and with 26 bits beside it 10."""

    class Row(Instance):
        def __init__(self, extra: int) -> None:
            self.extra = extra

        def declare(self, m: Language) -> None:
            x = m.var("x", 4, kind="binary")
            objective = m.dot(np.array([3.0, -5.0, 7.0, -9.0]), x)
            if self.extra:
                y = m.var("y", self.extra, kind="binary")
                objective = objective + m.sum(y)
                m.le(m.sum(y), 3, "few")
            m.maximize(objective)
            m.ge(m.dot(np.array([-1e-6, 1e7, 8e7, -1e10]), x), 9e6, "row")

    for extra, true in ((0, 10.0), (26, 13.0)):
        found = answer(Row(extra), backend)
        assert (found.quality, found.objective) == (Quality.OPTIMAL, true)


@pytest.mark.parametrize("case", [8, 18])
def test_exact_asks_on_where_a_numerical_completion_finds_nothing(random_mips: Any, case: int) -> None:
    """That a conic solver completes no action does not show that there is no point."""
    one = random_mips.drawn(np.random.default_rng([0, case]))
    assert random_mips.verdict(random_mips.answered(one, "exact", case), random_mips.truth(one)) == "certified"


def test_the_benchmark_tells_false_answers(random_mips: Any) -> None:
    """Its truth is right where it is known, and a false answer is called one."""
    one = random_mips.RandomMip(
        np.array([6.0, 5.0, 4.0]), np.zeros(0), np.array([[3.0, 2.0, 2.0]]), np.zeros((1, 0)), np.array([4.0]), ("<=",),
        np.zeros(0), 1,
    )  # fmt: skip
    assert random_mips.truth(one) == 9
    found = random_mips.answered(one, "highs", 0)
    assert random_mips.verdict(found, Fraction(9)) == "certified"
    assert random_mips.verdict(found, Fraction(11)) == "FALSE: optimal"
    assert random_mips.verdict(found, None) == "FALSE: optimal, but infeasible"
    plane = random_mips.RandomMip(
        np.array([1.0]), np.array([1.0, 1.0]), np.array([[1.0]]), np.array([[1.0, 2.0]]), np.array([2.0]), ("<=",),
        np.array([1.0, 1.0]), 1,
    )  # fmt: skip
    assert random_mips.truth(plane) == 2
