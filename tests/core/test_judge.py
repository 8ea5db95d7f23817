"""The core believes nothing: points are measured, bounds are held against points, claims against both."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Quality, Solution, Termination
from qmectk.attempts.answers import Answer
from qmectk.judging.certificate import (
    Reference,
)
from qmectk.judging.judge import judge, judge_all
from qmectk.judging.reference import reference_of
from qmectk.testing.instances import Squares, Switch

GOOD = {"x": 1.0, "y": 2.0}  # the optimum of Switch, worth 5


def verdict(
    values: Any = None, *, instance: Any = None, reference: Any = None, gap: float = 1e-6, **claims: Any
) -> Solution:
    claims.setdefault("termination", Termination.CONVERGED)
    answer = Answer(instance or Switch(), [], values=values, source="fake", **claims)
    return judge(answer, backend="fake", options={}, seed=0, gap=gap, reference=reference and reference_of(reference))


def test_the_objective_is_measured() -> None:
    found = verdict(GOOD)
    assert (found.objective, found.violation, found.quality) == (5.0, 0.0, Quality.FEASIBLE)
    assert found.faults == ()
    assert found.bound is None
    assert found.gap is None
    assert found.feasible


@pytest.mark.parametrize(
    ("values", "quality"),
    [
        ({"x": 1.0, "y": 2.0 + 9e-7}, Quality.FEASIBLE),
        ({"x": 1.0, "y": 2.0 + 1e-6}, Quality.FEASIBLE),  # relative to the row, 2 x
        ({"x": 1.0, "y": 2.0 + 3e-6}, Quality.INFEASIBLE),
        ({"x": 0.5, "y": 1.0}, Quality.INFEASIBLE),
        ({"x": 0.0, "y": 1.0}, Quality.INFEASIBLE),
        ({"x": 2.0, "y": 2.0}, Quality.INFEASIBLE),
        ({"x": 1.0, "y": math.nan}, Quality.INFEASIBLE),
        (None, Quality.NONE),
    ],
)
def test_feasibility_is_measured(values: Any, quality: Quality) -> None:
    found = verdict(values, bound=100.0)
    assert found.quality is quality
    assert found.gap is None or found.feasible


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": 1.0}, "no value for 'y'"),
        ({"x": [1.0], "y": 2.0}, "'x' has shape"),
        ({"x": 1.0, "y": 2.0, "z": 0.0}, "unknown variables: z"),
        ({"x": "on", "y": 2.0}, "'x' is not numeric"),
        (np.array([1.0, 2.0]), "this is a ndarray"),
        (7, "this is a int"),
    ],
)
def test_a_point_that_does_not_fit_is_no_point(values: Any, words: str) -> None:
    found = verdict(values, termination=Termination.PROVED, bound=5.0)
    assert found.quality is Quality.NONE
    assert found.values is None
    assert found.objective is None
    (fault,) = found.faults
    assert words in fault


def test_a_claimed_objective_is_checked() -> None:
    assert verdict(GOOD, claimed=5.0 + 1e-8).faults == ()
    (fault,) = verdict(GOOD, claimed=6.0).faults
    assert "claims an objective of 6; measured 5" in fault


def test_optimal_needs_a_bound_within_the_gap() -> None:
    assert verdict(GOOD, bound=5.0).quality is Quality.OPTIMAL
    assert verdict(GOOD, bound=5.0 * (1 + 9e-7)).quality is Quality.OPTIMAL
    assert verdict(GOOD, bound=5.1).quality is Quality.FEASIBLE
    assert verdict(GOOD, bound=5.1, gap=0.05).quality is Quality.OPTIMAL
    assert verdict(GOOD, bound=5.1).gap == pytest.approx(0.1 / 5.1)
    assert verdict(GOOD).quality is Quality.FEASIBLE


def test_a_minimisation_reads_naturally() -> None:
    squares = Squares(np.eye(2), np.array([1.0, 3.0]))
    values = {"x": np.ones(2)}  # (1 - 1)^2 + (1 - 3)^2 = 4, the optimum
    assert verdict(values, instance=squares).objective == 4.0
    assert verdict(values, instance=squares, bound=4.0).quality is Quality.OPTIMAL
    found = verdict(values, instance=squares, bound=3.0)
    assert found.quality is Quality.FEASIBLE
    assert found.gap == pytest.approx(1 / 3)
    assert "refuted" in verdict(values, instance=squares, bound=4.5).faults[0]


@pytest.mark.parametrize("stop", list(Termination))
def test_a_refuted_bound_is_dropped(stop: Termination) -> None:
    found = verdict(GOOD, bound=4.0, termination=stop, proof="wishful thinking")
    assert found.bound is None
    assert found.quality is Quality.FEASIBLE
    assert "its bound 4 is refuted by its own point, which measures 5" in found.faults[0]
    assert found.termination is (Termination.CONVERGED if stop is Termination.PROVED else stop)


def test_a_bound_is_held_to_its_own_tolerance() -> None:
    assert verdict(GOOD, bound=5.0 * (1 - 1e-5)).faults
    found = verdict(GOOD, bound=5.0 * (1 - 1e-5), tolerance=1e-5)
    assert found.faults == ()
    assert found.gap == 0.0
    assert found.quality is Quality.OPTIMAL


@pytest.mark.parametrize("bound", [math.inf, -math.inf, math.nan, None])
def test_a_bound_that_is_no_number_is_none(bound: Any) -> None:
    found = verdict(GOOD, bound=bound, termination=Termination.PROVED)
    assert found.certificate is None
    assert found.termination is Termination.CONVERGED


def test_a_proof_of_infeasibility_needs_no_bound() -> None:
    found = verdict(None, termination=Termination.PROVED)
    assert (found.termination, found.quality) == (Termination.PROVED, Quality.NONE)


def test_an_infeasible_point_refutes_nothing_and_is_never_optimal() -> None:
    found = verdict({"x": 0.0, "y": 2.0}, bound=5.0)  # worth 6, but infeasible
    assert found.faults == ()
    assert found.bound == 5.0
    assert found.quality is Quality.INFEASIBLE
    assert found.gap is None


def test_what_slack_gains_on_a_bound_is_a_note_and_no_fault() -> None:
    slack = {"x": 1.0, "y": 2.0 + 9e-7}  # worth 2.7e-6 more than the optimum, by a violation of 4.5e-7
    tight = verdict(GOOD, bound=5.0)
    for claims in ({"bound": 5.0}, {"bound": 7.0, "reference": tight}):
        for stop in (Termination.PROVED, Termination.CONVERGED):
            found = verdict(slack, termination=stop, **claims)
            refuted = stop is Termination.PROVED and "reference" in claims  # it proved a bound that is not the tightest
            assert (len(found.faults), found.quality) == (int(refuted), Quality.FEASIBLE)
            assert "its point is beyond the bound 5 by 2.7e-06, 5.4e-07 of it" in found.notes[0]


def test_a_point_from_before_the_choice_is_measured_alone_and_with_others() -> None:
    raw = {"x": 1.0, "y": 1.0}
    answers = [Answer(Switch(), [], values=GOOD, raw=one, termination=Termination.CONVERGED) for one in (raw, GOOD)]
    assert [verdict(GOOD, raw=one).raw_objective for one in (raw, {"x": 0.0, "y": 2.0}, None)] == [2.0, None, None]
    assert [one.raw_objective for one in judge_all(answers, backend="fake", options={}, seed=0)] == [2.0, 5.0]


def test_a_bound_that_nobody_vouches_for_is_kept_as_a_claim() -> None:
    answer = Answer(Switch(), [], values=GOOD, bound=5.0, termination=Termination.PROVED)
    claimed, vouched = (judge(answer, backend="fake", options={}, seed=0, vouched=one) for one in (False, True))
    assert claimed.certificate is not None
    assert vouched.certificate is not None
    assert (claimed.certificate.claimed, claimed.quality) == (True, Quality.FEASIBLE)
    assert (vouched.certificate.claimed, vouched.quality) == (False, Quality.OPTIMAL)


def test_without_a_point_there_is_no_rounding() -> None:
    assert verdict(None).rounding == 0.0


def test_the_tighter_bound_counts() -> None:
    reference = verdict(GOOD, bound=5.0, proof="enumeration", termination=Termination.PROVED)
    found = verdict({"x": 1.0, "y": 1.9}, bound=7.0, reference=reference)
    assert found.bound == 5.0
    assert found.certificate is not None
    assert found.certificate.kind == "enumeration"
    assert found.reference is not None
    assert found.reference.proved is True
    loose = verdict(GOOD, bound=6.0, proof="relaxation")
    own = verdict({"x": 1.0, "y": 1.9}, bound=5.5, reference=loose)
    assert own.bound == 5.5
    assert own.faults == ()
    # one that the reference's measured point beats is none
    assert verdict({"x": 1.0, "y": 1.9}, bound=4.9, reference=reference).bound == 5.0
    # the same point as the reference is optimal by the reference's bound
    assert verdict(GOOD, reference=reference).quality is Quality.OPTIMAL


def test_a_point_that_beats_the_reference_is_reported() -> None:
    wrong = verdict({"x": 0.0, "y": 0.0}, bound=0.0)
    found = verdict(GOOD, reference=wrong)
    assert "this point refutes the reference bound 0 of fake" in found.faults[0]
    assert found.reference_faults == found.faults
    assert found.own_faults == ()
    assert found.bound is None
    assert found.quality is Quality.FEASIBLE


def test_a_stream_is_measured_together_as_one_by_one() -> None:
    problem = qmectk.load("p1", devices=3, frames=4, training_frames=0)
    answers = [
        Answer(instance, [], Termination.CONVERGED, instance.complete([k % 2, 1, 0]))  # type: ignore[attr-defined]
        for k, instance in enumerate(problem.instances())
    ]
    together = judge_all(answers, backend="fake", options={}, seed=0)
    for answer, one in zip(answers, together, strict=True):
        alone = judge(answer, backend="fake", options={}, seed=0)
        assert one.objective == pytest.approx(alone.objective, rel=1e-12)
        assert one.quality is alone.quality is Quality.FEASIBLE
    answers[1] = Answer(answers[1].instance, [], Termination.CONVERGED, {"a": 1.0})
    mixed = judge_all(answers, backend="fake", options={}, seed=0)
    assert [bool(s.faults) for s in mixed] == [False, True, False, False]


class Cancelling(qmectk.Instance):
    """max 1e9 y - (1e9 - 1) under y <= 1: 1, where rounding may be worth 1e-7."""

    label = "cancelling"

    def declare(self, m: Any) -> None:
        y = m.var("y", upper=1.0)
        m.maximize(1e9 * y - (1e9 - 1.0))


def test_rounding_is_worked_out_where_more_than_arithmetic_is_between_point_and_bound() -> None:
    apart = verdict({"y": 1.0}, instance=Cancelling(), bound=1.0 - 5e-9)
    assert apart.rounding > 5e-9
    assert (apart.faults, apart.bound) == ((), 1.0 - 5e-9)
    assert verdict({"y": 1.0}, instance=Cancelling(), bound=1.0 - 5e-10).rounding == 0.0


def test_a_stream_has_a_reference_a_frame() -> None:
    answers = [Answer(Switch(), [], values=GOOD, termination=Termination.CONVERGED)] * 2
    with pytest.raises(ValueError, match="zip"):
        judge_all(answers, [None] * 3, backend="fake", options={}, seed=0)


def test_a_reference_comes_back_from_plain_values_as_it_was() -> None:
    whole = reference_of(verdict(GOOD, bound=5.0, proof="enumeration"))
    assert (whole.backend, whole.via, whole.objective, whole.bound, whole.proved) == ("fake", "fake", 5.0, 5.0, True)
    assert Reference.restored(dataclasses.asdict(whole)) == whole
    assert reference_of(verdict({"x": 0.0, "y": 2.0}, bound=5.0)).objective is None  # infeasible, and worth 6
    assert "frames" not in whole.as_dict()


# ---- certificates ---------------------------------------------------------------------------------
