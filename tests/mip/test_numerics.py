"""Numbers that differ much in size: HiGHS may give up or leave entries out, and is then not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Budget, Instance, Quality, Reply, Solution, Termination
from qmectk.language import Language
from qmectk.lowerings.readings import ReadAlgebraic
from qmectk_mip import highs as module
from qmectk_mip import outer as rounds
from qmectk_mip.arrays import Model
from qmectk_mip.cuts import OuterApproximation
from qmectk_mip.engine import Engine, Outcome
from qmectk_mip.highs import Highs

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


@pytest.mark.parametrize("entry", [1e-13, 1e-18])
def test_entries_below_what_highs_can_keep_are_equilibrated(entry: float) -> None:
    most = solved(lambda m: at_most_one(m, entry, 1e20))
    assert (most.termination, most.quality, most.objective) == (Termination.PROVED, Quality.OPTIMAL, 1.0 / entry)
    least = solved(lambda m: at_least_one(m, entry, 1e20))
    assert (least.termination, least.quality, least.objective) == (Termination.PROVED, Quality.OPTIMAL, 1.0 / entry)


def test_entries_that_no_scale_brings_together_decide_all_the_same() -> None:
    """HiGHS never sees the 1e-14 beside 1 and 1e3; who checks its word does."""

    def declared(m: Language) -> None:
        x, y = m.var("x", kind="binary"), m.var("y", upper=1e15)
        m.minimize(1000.0 * x + 1e-14 * y)
        m.ge(x + 1e-14 * y, 1, "row")
        m.le(1e3 * x + 1e3 * y, 1e18, "beside")

    found = solved(declared)
    assert (found.quality, found.objective) == (Quality.OPTIMAL, pytest.approx(1.0, rel=1e-9))


def test_an_infeasibility_is_proved_by_rows_and_not_by_tolerances() -> None:
    def declared(m: Language, side: float) -> None:
        y = m.var("y", 2, upper=1e15)
        m.minimize(m.sum(y))
        m.eq(1e-13 * y[0], side, "row")  # neither nothing nor everything
        m.le(y[1], 1, "beside")

    assert solved(lambda m: declared(m, 1.0)).objective == pytest.approx(1e13)
    reply = replied(lambda m: declared(m, 101.0))
    assert (reply.point, reply.termination) == (None, Termination.PROVED)
    assert "proves that no feasible point exists" in reply.message


def test_small_costs_of_far_variables_count() -> None:
    """HiGHS would call zero an optimum of 1e-10 y, whatever y may be."""
    found = solved(lambda m: m.maximize(1e-10 * m.sum(m.var("y", 1, upper=1e12))))
    assert (found.quality, found.objective) == (Quality.OPTIMAL, pytest.approx(100.0))


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


def bits(m: Language) -> None:
    x = m.var("x", 4, kind="binary")
    m.minimize(m.dot(np.array([3.0, 2.0, 5.0, 4.0]), x))
    m.ge(m.dot(np.array([3.0, 1.0, 4.0, 2.0]), x), 5, "cover")


def answering(monkeypatch: pytest.MonkeyPatch, change: Callable[[Outcome], Outcome]) -> None:
    honest = Engine.run
    monkeypatch.setattr(Engine, "run", lambda self, **k: change(honest(self, **k)))


@pytest.mark.parametrize("declared", [curve, line])
def test_without_values_it_matters_why(monkeypatch: pytest.MonkeyPatch, declared: Any) -> None:
    unknown = Outcome(None, None, None, None, False, False, False, False, "Unknown")
    answering(monkeypatch, lambda _: unknown)
    reply = replied(declared)
    assert (reply.termination, reply.message) == (Termination.CONVERGED, "HiGHS stopped with status 'Unknown'")
    assert reply.point is not None
    for where in (module, rounds):
        monkeypatch.setattr(where, "first_point", lambda *_: None)
    reply = replied(declared)
    assert (reply.termination, reply.message) == (Termination.FAILED, "HiGHS stopped with status 'Unknown'")
    answering(monkeypatch, lambda _: Outcome(None, None, None, None, False, False, False, True, "Time limit"))
    reply = replied(declared, 100.0)
    assert (reply.termination, reply.message) == (Termination.BUDGET, "")


@pytest.mark.parametrize("declared", [curve, line, bits])
@pytest.mark.parametrize("lie", [0.5, -0.5, 1e3])
def test_what_highs_says_of_its_optimum_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, declared: Any, lie: float
) -> None:
    """Whatever it calls its bound: it is computed from duals and nodes that are checked."""
    true = solved(declared)
    assert (true.termination, true.quality) == (Termination.PROVED, Quality.OPTIMAL)
    answering(monkeypatch, lambda o: replace(o, bound=None if o.bound is None else o.bound + lie))
    found = solved(declared)
    assert found.objective == pytest.approx(true.objective, rel=1e-3)
    assert found.bound is None or found.bound <= true.objective + 1e-9
    assert found.faults == ()


@pytest.mark.parametrize("declared", [curve, line, bits])
def test_false_duals_and_points_prove_nothing(monkeypatch: pytest.MonkeyPatch, declared: Any) -> None:
    true = solved(declared)
    rng = np.random.default_rng(0)

    def false(outcome: Outcome) -> Outcome:
        noise = {name: getattr(outcome, name) for name in ("x", "duals")}
        return replace(outcome, **{k: None if v is None else v + rng.normal(size=v.shape) for k, v in noise.items()})

    answering(monkeypatch, false)
    found = solved(declared)
    assert found.bound is None or found.bound <= true.objective + 1e-9
    assert found.faults == ()


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
    outer = OuterApproximation(Model(made))
    assert outer.add_cuts(np.array([1e200]), always=True) == 0
    assert outer.add_cuts(np.array([1e20]), always=True) == 1
    assert outer.cuts == 1


def test_an_unbounded_model_keeps_the_point_that_is_known() -> None:
    reply = replied(lambda m: m.minimize(m.square(m.var("y")) - m.var("z", upper=np.inf)))
    assert reply.termination is Termination.CONVERGED
    assert reply.point is not None
    assert "unbounded" in reply.message
