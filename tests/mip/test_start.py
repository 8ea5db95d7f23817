"""A feasible point before the first mixed-integer optimum, so that a short time limit does not end without any."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Budget, FactoredQuadratic, Instance, Quality, Termination
from qmectk.documents import parse
from qmectk.errors import Infeasible
from qmectk.instance import view
from qmectk.language import Language
from qmectk.lowerings.readings import ReadAlgebraic
from qmectk.options import NoOptions
from qmectk.testing.instances import CongestionBinary, Knapsack, Switch, TooMany, WaterFilling
from qmectk.views import Binary
from qmectk_mip.arrays import Model
from qmectk_mip.compact import Compact
from qmectk_mip.highs import Highs
from qmectk_mip.start import completed, first_bits, first_point

pytest.importorskip("pyomo")
pytest.importorskip("highspy")

#: Larger than what is solved in the time given, one of every form that highs takes.
FAMILIES = {
    "p1": "{problem: p1, devices: 60, frames: 1}",
    "drift": "{problem: drift, devices: 40, frames: 1}",
    "drift with one server each": "{problem: drift, devices: 40, frames: 1, one_server: true}",
    "meqc": "{problem: meqc, users: 30, servers: 10, frames: 1}",
    "meqc with a shared cpu": "{problem: meqc, users: 20, servers: 5, sharing: cpu, frames: 1}",
    "meqc-ye": "{problem: meqc-ye, devices: 40, frames: 1}",
    "attention": "{problem: attention, k: 20, blocks: {n: 300}}",
    "attention with exactly k": "{problem: attention, variant: salient, k: 20, blocks: {n: 300}}",
    "attention with a residual": "{problem: attention, variant: residual, k: 20, blocks: {n: 300}}",
    "attention in general": "{problem: attention, variant: general, k: 20, blocks: {n: 300}}",
}


def algebraic(instance: Instance) -> Any:
    return ReadAlgebraic().apply(instance, None, None).view


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Imports happen here and not within a time limit."""
    qmectk.solve(Knapsack.drawn(3, 1), "highs", reference=False)


@pytest.mark.parametrize("limit", [1e-6, 0.1, 0.4])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_short_time_limit_still_ends_with_a_point(family: str, limit: float) -> None:
    problem = parse(FAMILIES[family])
    start = time.perf_counter()
    found = qmectk.solve(problem, "highs", time_limit=limit, reference=False)
    assert found.feasible or ended_early(found), found.message
    assert found.faults == ()
    assert found.termination in (Termination.BUDGET, Termination.PROVED)
    assert time.perf_counter() - start < limit + 10.0


def ended_early(found: qmectk.Solution) -> bool:
    """On a slow machine the limit ends the reading of the model, and then there is no point, which is said."""
    return found.termination is Termination.BUDGET and bool(
        re.search("made ready for|it reported a point", found.message)
    )


def test_what_time_ended_is_not_called_converged() -> None:
    """With no time for a round, HiGHS may return a point that no cut removes; nothing has converged then."""
    found = qmectk.solve(
        qmectk.load("p1", devices=100, frames=1, training_frames=0), "highs", time_limit=1.0, reference=False
    )
    assert found.feasible or ended_early(found)
    assert found.termination is Termination.BUDGET


# ---- the candidates -------------------------------------------------------------------------------


def test_a_first_point_is_feasible_and_measured() -> None:
    for instance in (
        Knapsack.drawn(8, 2),
        Switch(),
        WaterFilling.drawn(4),
        *qmectk.load("p1", devices=6, frames=1, training_frames=0).instances(),
    ):
        made = Model(algebraic(instance))
        found = first_point(made)
        assert found is not None
        measured = instance.measure(made.values(found))
        assert measured.violation <= 1e-9
        assert measured.objective == pytest.approx(made.objective(found), rel=1e-12)


def test_no_point_is_offered_where_there_is_none() -> None:
    assert first_point(Model(algebraic(TooMany(np.array([1.0, 2.0]))))) is None


def test_a_relaxation_is_rounded_to_what_it_sums_to() -> None:
    """Two of three, exactly: no fraction is above one half, and the two largest are right."""

    class Two(Instance):
        def declare(self, m: Language) -> None:
            x = m.var("x", 3, kind="binary")
            m.maximize(m.dot(np.array([1.0, 2.0, 3.0]), x))
            m.eq(m.sum(x), 1, "one")

    made = Model(algebraic(Two()))
    assert first_point(made) is None  # neither nothing nor everything is one
    found = first_point(made, np.array([0.2, 0.45, 0.35]))
    assert found is not None
    assert found.tolist() == [0.0, 1.0, 0.0]
    assert made.objective(found) == 2.0


def test_values_and_violations_are_those_of_the_core() -> None:
    """Objective and constraints of the arrays are the declaration's; a violation is told relative to its row."""
    rng = np.random.default_rng(3)
    for instance in (Knapsack.drawn(5, 3), Switch(), WaterFilling.drawn(4)):
        made = Model(algebraic(instance))
        for _ in range(20):
            values = {
                name: rng.integers(0, 2, variable.length).astype(float) * rng.uniform(0.0, 3.0)
                if variable.size is not None
                else float(rng.uniform(-1.0, 3.0))
                for name, (variable, _) in made.view.variables.items()
            }
            x = made.point(values)
            measured = instance.measure(values)
            assert made.objective(x) == pytest.approx(measured.objective, rel=1e-12, abs=1e-12)
            of_bounds_and_rows = {k: v for k, v in measured.violations.items() if "integr" not in k}
            assert (made.violation(x) <= 1e-12) == (max(of_bounds_and_rows.values()) <= 1e-12)


def test_a_violation_is_relative_to_the_largest_term_of_its_row() -> None:
    class Tiny(Instance):
        def declare(self, m: Language) -> None:
            x = m.var("x", 2, kind="binary")
            m.maximize(m.sum(x))
            m.le(m.dot(np.array([3e-9, 2e-9]), x), 4e-9, "row")

    made = Model(algebraic(Tiny()))
    assert made.violation(np.array([1.0, 1.0])) == pytest.approx(1.0 / 4.0)
    assert made.violation(np.array([1.0, 0.0])) == 0.0
    assert made.violation(np.array([1.0, 1.5])) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(6))
def test_first_bits_of_a_factored_problem(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d = 6, seed % 3
    count = int(rng.integers(0, n + 1)) if seed % 2 else None
    made = FactoredQuadratic(
        rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=n), 0.5, 2.0, 0.1, cardinality=count
    )
    found = first_bits(made)
    assert found is not None
    bits, value = found
    assert value == made.value(bits)
    assert count is None or bits.sum() == count
    if d == 0 and count is None:  # never worse than nothing at all
        assert value <= made.value(np.zeros(n))
    # the point of the compact form has the same value
    start = Model(Compact().apply(made, NoOptions(), None).view)
    assert first_point(start) is not None or count is not None
    assert start.violation(start.point(start.view.complete({"x": bits}))) <= 1e-9


def test_no_bits_meet_an_impossible_cardinality() -> None:
    assert first_bits(FactoredQuadratic(np.ones((3, 1)), cardinality=5)) is None


# ---- bits that only look feasible -----------------------------------------------------------------


class FussyBinary(CongestionBinary):
    """Refuses to complete all ones, which the linear relaxation likes best."""

    def score(self, actions: Any) -> Any:
        x = np.atleast_2d(actions).astype(float)
        return np.where(x.sum(axis=1) <= 1.0, x @ self.instance.gain, -np.inf)

    def complete(self, action: Any) -> dict[str, Any]:
        if np.sum(action) > 1:
            raise Infeasible("these bits have no feasible completion")
        x = np.asarray(action, dtype=float)
        return {"x": x, "y": float(np.sum(x))}


@dataclass(eq=False)
class Fussy(Instance):
    """At most one bit, hidden in a square: y = sum x and y^2 <= 1.5."""

    gain: Any
    label = "fussy"

    def declare(self, m: Language) -> None:
        x, y = m.var("x", 3, kind="binary"), m.var("y", upper=3)
        m.maximize(m.dot(self.gain, x))
        m.eq(m.sum(x), y, "sum")
        m.le(m.square(y), 1.5, "ball")

    @view(Binary)
    def binary(self) -> FussyBinary:
        return FussyBinary(self)  # type: ignore[arg-type]


def test_bits_without_a_completion_are_cut_off_and_end_nothing() -> None:
    instance = Fussy(np.array([1.0, 4.0, 2.0]))
    assert completed(Model(algebraic(instance)), {"x": np.ones(3), "y": 3.0}) is None
    reply = Highs(Highs.Options(relaxed_rounds=0)).solve(algebraic(instance), Budget(20.0), np.random.default_rng(0))
    assert reply.termination is Termination.PROVED
    assert reply.point["x"].tolist() == [0.0, 1.0, 0.0]
    found = qmectk.solve(instance, "highs", reference=False)
    assert (found.quality, found.objective) == (Quality.OPTIMAL, 4.0)
