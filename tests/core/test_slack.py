"""Bounds and points are held to one measure: what a point gains by a violation refutes nobody and is no optimum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Backend, Budget, Instance, Quality, Reply, Solution, Termination
from qmectk.attempts.answers import Answer
from qmectk.judging.certificate import Certificate
from qmectk.judging.judge import judge
from qmectk.judging.reference import reference_of
from qmectk.language import Language
from qmectk.simulating import simulate
from qmectk.views.capacity import Capacity


class Steep(Instance):
    """max 1000 y - 999 with y <= 1 (stated as a row): what the row lets through is worth a thousand times as much."""

    label, unit = "steep", "u"

    def declare(self, m: Language) -> None:
        y = m.var("y", upper=10)
        m.maximize(1000.0 * y - 999.0)
        m.le(y, 1.0, "limit")


def worth(y: float) -> float:
    return 1000.0 * y - 999.0


def verdict(y: float, *, instance: Any = None, reference: Any = None, **claims: Any) -> Solution:
    claims.setdefault("termination", Termination.PROVED)
    answer = Answer(instance or Steep(), [], values={"y": y}, source="fake", **claims)
    vouched = claims.pop("vouched", True)
    return judge(
        answer, backend="fake", options={}, seed=0, reference=reference and reference_of(reference), vouched=vouched
    )


REFERENCE = verdict(1.0, bound=1.0, proof="enumeration")


def test_a_point_that_slack_made_better_is_feasible_and_refutes_nobody() -> None:
    found = verdict(1.0 + 1e-7, bound=worth(1.0 + 1e-7), reference=REFERENCE)
    assert found.quality is Quality.FEASIBLE
    assert found.bound == 1.0
    assert found.reference_faults == ()
    (fault,) = found.own_faults
    assert "its bound 1.0001 is refuted by the bound 1 of fake" in fault
    assert found.termination is Termination.CONVERGED
    (note,) = found.notes
    assert "beyond the bound 1 by 0.0001" in note
    assert "its violation of 1e-07 (relative) is worth" in note
    assert found.as_dict()["notes"] == [note]
    assert found.gap == 0.0


def test_without_a_claim_it_is_nobody_s_fault() -> None:
    found = verdict(1.0 + 1e-7, reference=REFERENCE, termination=Termination.CONVERGED)
    assert (found.quality, found.bound, found.faults) == (Quality.FEASIBLE, 1.0, ())
    assert found.notes
    # nor does a bound of one's own fall by it
    own = verdict(1.0 + 1e-7, bound=1.0)
    assert (own.quality, own.bound, own.faults) == (Quality.FEASIBLE, 1.0, ())


def test_a_point_that_is_feasible_refutes() -> None:
    wrong = verdict(0.9, bound=0.5)
    found = verdict(1.0, reference=wrong)
    assert "this point refutes the reference bound 0.5" in found.reference_faults[0]
    # one that a simplex method found is feasible enough where the bound is far off, and not where it is near
    assert "refuted" in verdict(1.0 + 1e-12, bound=0.5).own_faults[0]
    assert verdict(1.0 + 9e-10, bound=1.0).faults == ()


def test_a_reference_that_slack_made_better_refutes_nobody() -> None:
    loose = verdict(1.0 + 1e-7, termination=Termination.CONVERGED)
    assert verdict(1.0, bound=1.0, reference=loose).faults == ()
    assert verdict(1.0, bound=1.0, reference=loose).quality is Quality.OPTIMAL


def test_a_little_slack_within_the_bound_s_own_tolerance_is_an_optimum() -> None:
    found = verdict(1.0 + 1e-10, bound=1.0, tolerance=1e-6)
    assert (found.quality, found.notes, found.faults) == (Quality.OPTIMAL, (), ())


@settings(max_examples=50, deadline=None)
@given(
    power=st.integers(-200, 200),
    off=st.floats(-1e-2, 1e-2),
    tolerance=st.sampled_from([0.0, 1e-9, 1e-6, 1e-4]),
    violation=st.sampled_from([0.0, 1e-10, 1e-7]),
    sense=st.sampled_from([1, -1]),
)
def test_no_unit_changes_what_a_bound_says(
    power: int, off: float, tolerance: float, violation: float, sense: int
) -> None:
    unit = 2.0**power
    one, two = (Certificate(scale, "", "", tolerance) for scale in (1.0, unit))
    objective = 1.0 + off
    assert one.gap(objective, sense) == two.gap(objective * unit, sense)
    assert one.met_by(objective, sense, 1e-6) == two.met_by(objective * unit, sense, 1e-6)
    assert one.beaten_by(objective, sense) == two.beaten_by(objective * unit, sense)
    exactness = {"violation": violation}
    refuted = one.refuted_by(objective, sense, **exactness)
    assert refuted == two.refuted_by(objective * unit, sense, **exactness)
    assert not (refuted and one.met_by(objective, sense, 1e-6))
    if violation > 1e-9:
        assert not refuted


class Cancelling(Instance):
    """min (0.1 k - 0.3)^2 for three bits: 0, where rounding leaves 3e-33."""

    label = "cancelling"

    def declare(self, m: Language) -> None:
        x = m.var("x", 3, kind="binary")
        m.minimize(m.square(m.dot([0.1, 0.1, 0.1], x) - 0.3))


def test_a_bound_of_zero_is_met_by_what_rounding_leaves_of_zero() -> None:
    def found(x: Any, bound: float) -> Solution:
        answer = Answer(Cancelling(), [], Termination.PROVED, {"x": np.array(x, float)}, bound, "squares", "fake")
        return judge(answer, backend="fake", options={}, seed=0)

    best = found([1, 1, 1], 0.0)
    assert (best.quality, best.faults) == (Quality.OPTIMAL, ())
    assert found([1, 1, 0], 0.0).quality is Quality.FEASIBLE
    assert found([1, 1, 0], 0.0).gap == 1.0
    # and a bound that is off by rounding is not refuted by it
    assert found([1, 1, 1], 1e-33).faults == ()
    assert "refuted" in found([1, 1, 1], 1e-3).faults[0]


# ---- words of strangers -----------------------------------------------------------------------------


class Stranger(Backend):
    """Worth 6 where 9 can be had, and calls it proved."""

    name, accepts, proves = "stranger", (Instance,), True
    summary = "claims"

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply({"x": np.array([1.0, 0.0, 0.0])}, Termination.PROVED, bound=6.0, proof="trust")


class Three(Instance):
    label, unit = "three", "u"

    def declare(self, m: Language) -> None:
        x = m.var("x", 3, kind="binary")
        m.maximize(m.dot([6.0, 5.0, 4.0], x))
        m.le(m.dot([3.0, 2.0, 2.0], x), 4.0, "capacity")


def test_the_proof_of_a_stranger_is_his_claim() -> None:
    alone = qmectk.solve(Three(), Stranger, reference=False)
    assert (alone.quality, alone.bound) == (Quality.FEASIBLE, 6.0)
    assert alone.certificate is not None
    assert alone.certificate.claimed
    assert alone.as_dict()["certificate"]["claimed"] is True
    beside = qmectk.solve(Three(), Stranger)
    assert beside.certificate is not None
    assert not beside.certificate.claimed
    assert (beside.quality, beside.bound) == (Quality.FEASIBLE, pytest.approx(9.0))
    assert "is refuted by the reference" in beside.own_faults[0]
    ours = qmectk.solve(Three(), "exhaustive", reference=False)
    assert "claimed" not in ours.as_dict()["certificate"]


# ---- in a simulation --------------------------------------------------------------------------------


class Coarse(Backend):
    """The optimum of a slot, with a bound that is off by as much as it says."""

    name, accepts, proves = "coarse", (Capacity,), True
    summary = "coarse"

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        reply = qmectk.plugins.registry().backend("capacity")().solve(view, budget, rng)
        assert reply.bound is not None
        low = reply.bound * (1.0 - 5e-5 * np.sign(reply.bound))
        return Reply(reply.point, Termination.PROVED, bound=low, proof="coarsely", tolerance=1e-4)


def test_a_simulation_judges_a_tolerance_as_solve_does() -> None:
    if qmectk.plugins.registry().backends["capacity"].missing():
        pytest.skip("capacity is not installed")
    problem = qmectk.load("drift", devices=3, servers=2)
    assert qmectk.solve(problem, Coarse, frames=2, reference=False).faults == ()
    assert simulate(problem, Coarse, slots=5, reference=False).faults == ()
