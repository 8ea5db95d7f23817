"""Proofs of strangers: held against the reference's measured point, and against a tolerance they do not choose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import qmectk
import qmectk.documents
from qmectk import Budget, Quality, Reply, Solution, Termination
from qmectk.attempts.answers import Answer
from qmectk.attempts.rounds import certified
from qmectk.judging.certificate import MOST_TOLERANCE, Certificate
from qmectk.judging.judge import judge
from qmectk.judging.reference import reference_of
from qmectk.plugins import registry
from qmectk.testing.instances import Squares, Switch

from .fakes import backend, solved, stream

GOOD = {"x": 1.0, "y": 2.0}  # the optimum of Switch, worth 5
WORSE = {"x": 1.0, "y": 1.0}  # feasible, worth less


def verdict(values: Any, *, instance: Any = None, reference: Any = None, **claims: Any) -> Solution:
    claims.setdefault("termination", Termination.PROVED)
    answer = Answer(instance or Switch(), [], values=values, source="fake", **claims)
    return judge(answer, backend="fake", options={}, seed=0, reference=reference and reference_of(reference))


def trusting(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
    """Says of the zero action that nothing is better."""
    zero = np.zeros(view.n, np.int8)
    return Reply(zero, Termination.PROVED, bound=view.sense * float(view.score(zero[None])[0]), proof="trust")


# ---- the reference refutes --------------------------------------------------------------------------


def test_a_bound_that_the_reference_beats_is_not_believed() -> None:
    reference = verdict(GOOD, bound=5.0, proof="enumeration")
    worth = verdict(WORSE).objective
    assert worth is not None
    assert worth < 5.0
    found = verdict(WORSE, bound=worth, reference=reference)
    assert found.own_faults == (f"its bound {worth:g} is refuted by the reference, which measures 5",)
    assert found.reference_faults == ()
    assert (found.quality, found.termination) == (Quality.FEASIBLE, Termination.CONVERGED)
    assert found.certificate is not None
    assert (found.bound, found.certificate.kind) == (5.0, "enumeration")
    assert found.gap == pytest.approx((5.0 - worth) / 5.0)


def test_a_minimised_reference_refutes_from_the_other_side() -> None:
    squares = Squares(np.eye(2), np.array([1.0, 3.0]))
    reference = verdict({"x": np.ones(2)}, instance=squares, bound=4.0)  # worth 4
    found = verdict({"x": np.zeros(2)}, instance=squares, bound=10.0, reference=reference)
    assert "is refuted by the reference, which measures 4" in found.own_faults[0]
    assert found.bound == 4.0


def test_only_a_feasible_reference_refutes() -> None:
    infeasible = verdict({"x": 0.0, "y": 2.0})  # worth 6
    assert not infeasible.feasible
    assert verdict(GOOD, bound=5.0, reference=infeasible).faults == ()


def test_a_reference_refutes_beyond_the_tolerance_only() -> None:
    reference = verdict(GOOD, bound=5.0)
    assert verdict(WORSE, bound=5.0 * (1 - 1e-5), tolerance=1e-5, reference=reference).faults == ()
    assert verdict(WORSE, bound=5.0 * (1 - 1e-5), tolerance=1e-6, reference=reference).faults


def test_a_reference_with_a_point_ends_a_claim_of_infeasibility() -> None:
    assert verdict(None, reference=verdict(GOOD)).termination is Termination.CONVERGED
    assert verdict(None, reference=verdict(None)).termination is Termination.PROVED


def test_a_false_proof_is_found_out_by_solve() -> None:
    problem = qmectk.documents.parse("problem: p1\ndevices: 5\nframes: 1\n")
    found = qmectk.solve(problem, backend(trusting, proves=True))
    assert found.reference is not None
    assert found.quality is Quality.FEASIBLE
    assert found.gap is not None
    assert found.gap > 0.1
    assert "is refuted by the reference" in found.own_faults[0]
    assert found.termination is Termination.CONVERGED


def test_only_what_qmectk_ships_vouches_for_itself() -> None:
    known = registry()
    assert qmectk.solve(stream(2), "exhaustive").reference is None
    # a stranger's class, even under a name of ours
    named = backend(trusting, name="exhaustive", proves=True)
    assert qmectk.solve(stream(2), named).reference is not None
    assert qmectk.solve(stream(2), named, reference=False).reference is None
    # and one that a distribution of somebody else's registered
    other = type(known)(backends={**known.backends, "fake": named}, origin={**known.origin, "fake": "elsewhere"})
    from qmectk.attempts.run import run

    done = run(stream(1).instances(), named, {}, known, Budget(), 0)
    assert all(answer.termination is Termination.PROVED and answer.bound is not None for answer in done.answers)
    named.name = "fake"
    assert not certified(done, named, other)


# ---- tolerances -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tolerance", [1e9, math.inf, math.nan, -1e-9, 2 * MOST_TOLERANCE, True])
def test_nobody_chooses_the_tolerance_he_is_judged_by(tolerance: float) -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n, np.int8), Termination.PROVED, bound=1e6, proof="trust", tolerance=tolerance)

    found = solved(backend(solve, proves=True))
    assert found.certificate is None
    assert found.quality is Quality.FEASIBLE
    assert found.termination is Termination.CONVERGED
    (fault,) = found.own_faults
    assert "its bound is stated up to a tolerance of" in fault
    assert "must be from 0 to 0.001" in fault


@pytest.mark.parametrize("tolerance", [1e9, math.nan, -1.0])
def test_an_answer_s_tolerance_is_checked_where_it_is_judged(tolerance: float) -> None:
    found = verdict(GOOD, bound=7.0, tolerance=tolerance)
    assert found.certificate is None
    assert "tolerance" in found.own_faults[0]


def test_a_coarse_tolerance_closes_no_wide_gap() -> None:
    assert verdict(GOOD, bound=5.0 * (1 + 5e-4), tolerance=1e-3).quality is Quality.FEASIBLE
    assert verdict(GOOD, bound=5.0 * (1 + 5e-5), tolerance=1e-4).quality is Quality.OPTIMAL


def test_a_coarse_bound_does_not_replace_a_fine_one() -> None:
    """A bound 0.15 % too low, and stated up to 0.1 %, is not refuted; it must not become the truth for that."""
    reference = verdict(GOOD, bound=5.0)
    low = 5.0 * (1 - 1.5e-3)
    found = verdict({"x": 1.0, "y": 1.99}, bound=low, tolerance=1e-3, reference=reference)
    assert found.bound == 5.0
    assert found.quality is Quality.FEASIBLE


def test_the_outermost_of_a_bound() -> None:
    for bound, tolerance in ((10.0, 1e-3), (-10.0, 1e-3), (1e-13, 1e-4), (1e-300, 1e-4)):
        certificate = Certificate(bound, "", "", tolerance)
        for sense in (1, -1):
            outermost = certificate.outermost(sense)
            step = 1e-3 * abs(outermost - bound)
            assert not certificate.refuted_by(outermost - sense * step, sense)
            assert certificate.refuted_by(outermost + sense * step, sense)
    assert Certificate(10.0, "", "", 1e-3).outermost(1) == pytest.approx(10.02)
    zero = Certificate(0.0, "", "", 1e-3)
    assert zero.outermost(1) == 0.0
    assert zero.refuted_by(1e-30, 1)
    assert not zero.refuted_by(1e-30, 1, rounding=1e-30)


def test_rounding_closes_no_gap_that_anybody_would_see() -> None:
    """Terms of 1e16 that cancel leave an objective uncertain by 61; 51 is no optimum below a bound of 84 for that."""
    bound = Certificate(84.22, "branch and bound", "somebody", 1e-9)
    assert not bound.met_by(51.0, 1, 1e-6, rounding=61.44)
    assert bound.met_by(84.2199, 1, 1e-6, rounding=61.44)
    assert Certificate(50.0, "branch and bound", "somebody", 1e-9).met_by(49.0, 1, 1e-6, rounding=61.44)
    assert Certificate(0.0, "branch and bound", "somebody", 1e-9).met_by(-1e-10, 1, 1e-6, rounding=1e-9)
