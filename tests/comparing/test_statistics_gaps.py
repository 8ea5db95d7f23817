"""Gaps, contenders and counts against hand computations, both senses."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.statistics import prepare
from qmectk.comparing.statistics.gaps import counts, relative_gaps
from qmectk.status import OPTIMALITY_GAP

BASE = {
    "problem": "p",
    "instance": "i",
    "frame": 0,
    "backend": "b",
    "options": "{}",
    "seed": 0,
    "sense": 1,
    "status": "ok",
    "termination": "converged",
    "quality": "feasible",
    "solve_seconds": 1.0,
}


def frame(*rows):
    return pd.DataFrame([{**BASE, **row} for row in rows])


def test_relative_gaps_by_hand():
    # maximise: (10 - 9) / 10; minimise: (9 - 10) * -1 / 9 = 1/9; a zero bound is absolute; beyond the bound is zero
    assert relative_gaps(9.0, 10.0, 1) == pytest.approx(0.1)
    assert relative_gaps(10.0, 9.0, -1) == pytest.approx(1 / 9)
    assert relative_gaps(0.25, 0.0, -1) == 1.0  # in every unit
    assert relative_gaps(0.0, 0.0, -1) == 0.0
    assert relative_gaps(0.9e-13, 1e-13, 1) == pytest.approx(0.1)
    assert relative_gaps(11.0, 10.0, 1) == 0.0
    assert relative_gaps(-11.0, -10.0, 1) == pytest.approx(0.1)
    assert math.isnan(relative_gaps(math.nan, 10.0, 1))


@pytest.mark.parametrize(("sense", "tight", "loose"), [(1, 10.0, 12.0), (-1, 8.0, 5.0)])
def test_gap_uses_the_tightest_bound_of_the_case(sense, tight, loose):
    runs = prepare(
        frame(
            {"backend": "a", "objective": 9.0, "bound": loose, "sense": sense},
            {"backend": "b", "objective": 9.5 if sense > 0 else 8.5, "reference_bound": tight, "sense": sense},
        )
    )
    assert runs["best_bound"].tolist() == [tight, tight]
    assert runs["gap"][0] == pytest.approx(0.1 if sense > 0 else 1 / 8)
    assert set(runs["against"]) == {"bound"}


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_bound_is_beaten_by_a_share_of_its_size(size):
    near, far = (prepare(frame({"objective": size * (1.0 + by * OPTIMALITY_GAP), "bound": size})) for by in (1.7, 2.3))
    assert (near["refuted"].tolist(), far["refuted"].tolist()) == ([False], [True])


@pytest.mark.parametrize(("rounding", "refuted"), [(0.05, True), (0.2, False)])
def test_what_rounding_explains_refutes_no_bound(rounding, refuted):
    runs = prepare(frame({"objective": 10.1, "bound": 10.0, "rounding": rounding}))
    assert runs["refuted"].tolist() == [refuted]


def test_it_is_said_what_became_of_the_bound_behind_a_run():
    rows = [{"bound": 9.0}, {"reference_bound": 12.0}, {"bound": 11.0, "reference_bound": 9.0}, {}]
    runs = prepare(frame(*({"objective": 10.0, "seed": seed, **row} for seed, row in enumerate(rows))))
    assert runs["behind"].tolist() == ["refuted", "holds", "holds", "none"]


def test_a_bound_that_a_point_beats_is_not_used():
    runs = prepare(frame({"objective": 10.0, "bound": 9.0}, {"backend": "c", "objective": 8.0, "bound": 12.0}))
    assert runs["refuted"].tolist() == [True, False]
    assert runs["best_bound"].tolist() == [12.0, 12.0]


def test_infeasible_points_have_no_gap_and_refute_nothing():
    runs = prepare(
        frame(
            {"quality": "infeasible", "objective": 20.0, "bound": 10.0},
            {"backend": "c", "quality": "optimal", "objective": 10.0, "bound": 10.0},
        )
    )
    assert not runs["refuted"].any()
    assert math.isnan(runs["gap"][0])
    assert runs["loss"].tolist() == [math.inf, 0.0]
    assert set(runs["against"]) == {"optimum"}


def test_without_any_bound_the_loss_is_to_the_best_found():
    runs = prepare(frame({"objective": 8.0}, {"backend": "c", "objective": 10.0}))
    assert runs["gap"].isna().all()
    assert runs["loss"].tolist() == pytest.approx([0.2, 0.0])
    assert set(runs["against"]) == {"none"}


@pytest.mark.parametrize(("by", "counts"), [(-1.0, True), (0.0, True), (1.7, True), (2.3, False), (1e5, False)])
def test_a_reference_point_beyond_the_bound_does_not_count(by, counts):
    reference = 10.0 * (1.0 + by * OPTIMALITY_GAP)
    runs = prepare(frame({"objective": 8.0, "reference_objective": reference, "reference_bound": 10.0}))
    assert runs["best_found"].tolist() == [reference if counts else 8.0]


def test_differences_below_the_optimality_gap_are_no_loss():
    runs = prepare(frame({"objective": 10.0 * (1 - 5e-7), "bound": 10.0}))
    assert runs["loss"].tolist() == [0.0]
    assert runs["gap"][0] == pytest.approx(5e-7)


def test_a_run_that_died_early_takes_the_sense_of_its_problem():
    runs = prepare(
        frame(
            {"sense": None, "status": "crashed", "quality": None, "termination": None},
            {"backend": "c", "sense": -1, "objective": 2.0, "bound": 1.0},
        )
    )
    assert runs["sense"].tolist() == [-1, -1]
    assert runs["failed"].tolist() == [True, False]


def test_failed_runs_are_charged_their_limit():
    runs = prepare(
        frame(
            {"status": "timeout", "quality": "none", "time_limit": 10.0, "solve_seconds": None, "wall_seconds": 12.0},
            {"conversion_seconds": 0.5, "solve_seconds": 1.0, "objective": 1.0},
            {"status": "crashed", "quality": "none", "time_limit": None, "solve_seconds": None, "wall_seconds": 3.0},
            {"status": "crashed", "quality": "none", "time_limit": 10.0, "solve_seconds": None, "wall_seconds": 3.0},
            {"status": "refused", "quality": None, "time_limit": 10.0, "solve_seconds": None, "wall_seconds": 0.1},
        )
    )
    assert runs["charged"].tolist() == pytest.approx([12.0, 1.5, 3.0, 10.0, math.nan], nan_ok=True)


def test_contenders_are_told_apart_by_the_options_that_differ():
    options = [{"sweeps": 10, "beta": 1}, {"sweeps": 20, "beta": 1}, {}]
    runs = prepare(frame(*({"backend": "sa", "options": json.dumps(o)} for o in options), {"backend": "exact"}))
    assert runs["contender"].tolist() == ["sa (beta=1, sweeps=10)", "sa (beta=1, sweeps=20)", "sa (defaults)", "exact"]
    same = prepare(frame(*({"backend": "sa", "options": json.dumps(o)} for o in options[:2])))
    assert same["contender"].tolist() == ["sa (sweeps=10)", "sa (sweeps=20)"]


def test_a_backend_named_like_a_label_stays_its_own_contender():
    runs = prepare(
        frame(
            {"backend": "sa", "options": '{"k": 1}'},
            {"backend": "sa", "options": '{"k": 2}'},
            {"backend": "sa (k=1)"},
        )
    )
    assert runs["contender"].nunique() == 3


def test_options_that_are_not_json_do_not_stop_anything():
    assert prepare(frame({"options": "{oops"}, {"options": None}))["contender"].nunique() == 2


def test_counts():
    found = counts(
        prepare(
            frame(
                {"quality": "optimal", "termination": "proved", "objective": 1.0, "bound": 1.0},
                {"quality": "optimal", "objective": 1.0, "bound": 1.0, "seed": 1},
                {"quality": "feasible", "objective": 0.5, "seed": 2},
                {"quality": "infeasible", "objective": 2.0, "seed": 3},
                {"quality": "none", "seed": 4},
                {"quality": "none", "status": "refused", "seed": 5},
                {"quality": "none", "termination": "failed", "seed": 6},
            )
        )
    )
    assert found == {
        "runs": 7,
        "cases": 1,
        "seeds": 7,
        "proved": 1,
        "optimal": 2,
        "feasible": 3,
        "infeasible": 1,
        "empty": 1,
        "failed": 2,
    }


def test_prepare_leaves_its_input_alone_and_is_idempotent():
    given = frame({"objective": 1.0, "bound": 2.0})
    before = given.copy()
    once = prepare(given)
    pd.testing.assert_frame_equal(given, before)
    assert prepare(once) is once


def test_columns_may_be_missing_and_the_frame_empty():
    assert len(prepare(pd.DataFrame({"backend": ["a"]}))) == 1
    assert len(prepare(frame().reindex(columns=list(BASE)))) == 0
    assert np.isinf(prepare(pd.DataFrame({"backend": ["a"]}))["loss"]).all()


@pytest.mark.parametrize(
    ("violation", "quality", "optimal"), [(0.0, "feasible", 1), (2e-9, "feasible", 0), (2e-9, "optimal", 1)]
)
def test_a_point_that_holds_within_rounding_only_closes_its_gap_and_is_no_optimum(violation, quality, optimal):
    runs = prepare(frame({"objective": 10.0, "bound": 10.0, "violation": violation, "quality": quality}))
    assert runs["gap"].iloc[0] == 0.0
    assert counts(runs)["optimal"] == optimal
