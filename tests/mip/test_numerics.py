"""Numbers that differ much in size: HiGHS may give up or leave entries out, and is then not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Budget, Instance, Quality, Reply, Solution, Termination
from qmectk.language import Language
from qmectk.lowerings.readings import ReadAlgebraic
from qmectk_mip import highs as module
from qmectk_mip.cuts import OuterApproximation
from qmectk_mip.ending import LOST, REFUTED
from qmectk_mip.highs import Highs
from qmectk_mip.small import SMALLEST, ignored, left_out
from qmectk_mip.solver import Outcome, Solver

pytest.importorskip("pyomo")
pytest.importorskip("highspy")


@dataclass(eq=False)
class Made(Instance):
    """A declaration written as a function."""

    declaration: Callable[[Language], None]
    label = "made"

    def declare(self, m: Language) -> None:
        self.declaration(m)


def solved(declaration: Callable[[Language], None]) -> Solution:
    return qmectk.solve(Made(declaration), "highs", reference=False)


def replied(declaration: Callable[[Language], None], seconds: float | None = None) -> Reply:
    made = ReadAlgebraic().apply(Made(declaration), None, None).view  # type: ignore[arg-type]
    return Highs().solve(made, Budget(seconds), np.random.default_rng(0))


def at_least_one(m: Language, entry: float, upper: float) -> None:
    y = m.var("y", 1, upper=upper)
    m.minimize(m.sum(y))
    m.ge(entry * y[0], 1, "row")


def at_most_one(m: Language, entry: float, upper: float) -> None:
    y = m.var("y", 1, upper=upper)
    m.maximize(m.sum(y))
    m.le(entry * y[0], 1, "row")


# ---- small entries --------------------------------------------------------------------------------


@pytest.mark.parametrize("declared", [at_least_one, at_most_one])
def test_entries_that_highs_would_drop_by_default_are_kept(declared: Any) -> None:
    found = solved(lambda m: declared(m, 1e-10, 1e12))
    assert (found.termination, found.quality) == (Termination.PROVED, Quality.OPTIMAL)
    assert found.objective == pytest.approx(1e10)
    assert found.bound == pytest.approx(1e10)


def test_nothing_is_proved_where_entries_are_left_out() -> None:
    most = replied(lambda m: at_most_one(m, 1e-13, 1e15))
    assert (most.termination, most.bound, most.message) == (Termination.CONVERGED, None, LOST)
    least = replied(lambda m: at_least_one(m, 1e-13, 1e15))
    assert least.termination is Termination.CONVERGED  # HiGHS calls it infeasible, and here is a point
    assert least.point["y"].tolist() == [1e15]
    assert least.bound is None


def test_no_infeasibility_is_proved_where_entries_are_left_out() -> None:
    def declared(m: Language) -> None:
        y = m.var("y", 2, upper=1e15)
        m.minimize(m.sum(y))
        m.eq(1e-13 * y[0], 1, "row")  # neither nothing nor everything
        m.le(y[1], 1, "beside")

    reply = replied(declared)
    assert (reply.point, reply.termination, reply.message) == (None, Termination.FAILED, LOST)


def test_costs_below_the_tolerance_prove_nothing_of_far_variables() -> None:
    """HiGHS calls zero an optimum of 1e-10 y, whatever y may be."""
    found = solved(lambda m: m.maximize(1e-10 * m.sum(m.var("y", 1, upper=1e12))))
    assert found.bound is None
    assert found.quality is Quality.FEASIBLE
    assert found.message == LOST


@pytest.mark.parametrize("upper", [10.0, np.inf])
def test_harmless_entries_cost_no_proof(upper: float) -> None:
    """Unbounded or not: 1e-17 beside 1 is what is left where terms cancel."""

    def declared(m: Language) -> None:
        y = m.var("y", 2, upper=upper)
        m.minimize(y[0] - y[1])
        m.le(1e-17 * y[0] + y[1], 1, "row")

    found = solved(declared)
    assert (found.termination, found.quality) == (Termination.PROVED, Quality.OPTIMAL)
    assert found.objective == pytest.approx(-1.0)


def test_what_rows_and_costs_lose() -> None:
    reach = np.array([1e3, np.inf, 2.0])
    assert left_out([0], [0, 2], np.array([1.0, 1e-9]), reach) == 0.0
    # the second row loses most: 1e-13 * 1e3 + 1e-12 * 2, with the sizes of both signs added
    values = np.array([1e-13, 1.0, -1e-13, SMALLEST])
    assert left_out([0, 2], [2, 0, 0, 2], values, reach) == pytest.approx(1e-10 + 2e-12)
    assert left_out([0], [0, 1], np.array([1.0, 1e-17]), reach) == 0.0
    assert left_out([0], [0, 1], np.array([1.0, 1e-13]), reach) == np.inf
    assert left_out([0], [0, 1], np.array([1.0, 0.0]), reach) == 0.0
    assert ignored(np.array([1e-9, 0.0, 5.0]), reach, 1e-9) == pytest.approx(1e-6)
    assert ignored(np.array([1.0, 1.0, 0.0]), reach, 1e-9) == 0.0


def test_what_is_left_out_is_left_out_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    """HiGHS prints a warning wherever it leaves something out of rows that are added later."""
    outer_only = np.array([1.0, 1e-14])
    found = solved(lambda m: m.minimize(m.square(m.dot(outer_only, m.var("y", 2, lower=-1.0, upper=3.0)) - 2.0)))
    assert found.objective == pytest.approx(0.0, abs=1e-8)
    assert capfd.readouterr() == ("", "")


# ---- how it ended ---------------------------------------------------------------------------------


def test_giving_up_is_not_called_running_out_of_time() -> None:
    rng = np.random.default_rng(1)
    linear, matrix = np.r_[-1e8, rng.normal(size=5)], rng.normal(size=(2, 6))

    def declared(m: Language) -> None:
        x = m.var("x", 6, kind="binary")
        m.minimize(m.dot(linear, x) + 1e-3 * m.sum(m.square(matrix @ x + 1)))

    found = solved(declared)
    assert found.feasible
    assert found.faults == ()
    assert found.termination in (Termination.CONVERGED, Termination.PROVED)
    assert (found.bound is None) <= bool(found.message)


def curve(m: Language) -> None:
    y = m.var("y", 2, lower=-5.0, upper=5.0)
    m.minimize(m.sum(m.square(y - 1.0)) + 1.0)


def line(m: Language) -> None:
    y = m.var("y", 2, lower=-5.0, upper=5.0)
    m.minimize(m.sum(y) + 1.0)


def answering(monkeypatch: pytest.MonkeyPatch, change: Callable[[Outcome], Outcome]) -> None:
    honest = Solver.solve
    monkeypatch.setattr(Solver, "solve", lambda self, **k: change(honest(self, **k)))


@pytest.mark.parametrize("declared", [curve, line])
def test_without_values_it_matters_why(monkeypatch: pytest.MonkeyPatch, declared: Any) -> None:
    unknown = Outcome(None, None, None, False, False, False, False, "Unknown")
    answering(monkeypatch, lambda _: unknown)
    reply = replied(declared)
    assert (reply.termination, reply.message) == (Termination.CONVERGED, "HiGHS stopped with status 'Unknown'")
    assert reply.point is not None
    monkeypatch.setattr(module, "first_point", lambda *_: None)
    reply = replied(declared)
    assert (reply.termination, reply.message) == (Termination.FAILED, "HiGHS stopped with status 'Unknown'")
    answering(monkeypatch, lambda _: Outcome(None, None, None, False, False, False, True, "Time limit reached"))
    reply = replied(declared, 100.0)
    assert (reply.termination, reply.message) == (Termination.BUDGET, "")


@pytest.mark.parametrize("declared", [curve, line])
def test_a_bound_that_a_point_refutes_is_discarded(monkeypatch: pytest.MonkeyPatch, declared: Any) -> None:
    def false(outcome: Outcome) -> Outcome:
        return Outcome(outcome.objective, 50.0, outcome.values, True, False, False, False, "Optimal")

    answering(monkeypatch, false)
    reply = replied(declared)
    assert (reply.termination, reply.bound, reply.message) == (Termination.CONVERGED, None, REFUTED)


# ---- bounded by a curve only ----------------------------------------------------------------------


def test_what_only_a_curve_bounds_is_solved() -> None:
    def declared(m: Language) -> None:
        y = m.var("y", 2, lower=-np.inf, upper=np.inf)
        m.minimize(m.square(y[0] - 3) + m.square(y[1] - 1e4))

    found = solved(declared)
    assert found.objective == pytest.approx(0.0, abs=1e-6)
    assert found.bound == pytest.approx(0.0, abs=1e-6)
    assert found.values["y"] == pytest.approx([3.0, 1e4], abs=1e-3)


def test_a_tangent_too_far_out_for_numbers_is_left_out() -> None:
    """The square of 1e200 is none."""

    def declared(m: Language) -> None:
        m.minimize(m.square(m.var("y", upper=1e200)))

    made = ReadAlgebraic().apply(Made(declared), None, None).view  # type: ignore[arg-type]
    outer = OuterApproximation(made)
    assert outer.add_cuts(lambda _: 1e200, always=True) == 0
    assert outer.add_cuts(lambda _: 1e20, always=True) == 1
    assert outer.cuts == 1
    outer.restore()


def test_an_unbounded_model_keeps_the_point_that_is_known() -> None:
    reply = replied(lambda m: m.minimize(m.square(m.var("y")) - m.var("z", upper=np.inf)))
    assert reply.termination is Termination.CONVERGED
    assert reply.point is not None
    assert "unbounded" in reply.message
