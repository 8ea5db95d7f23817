"""What runs are before statistics look at them: columns that are missing, senses, times, controllers; by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from qmectk.comparing.statistics.prepare import contending, prepare
from qmectk.judging.certificate import EXACTLY


def run(backend: str = "a", instance: str = "i", **values: object) -> dict:
    base = {"problem": "p", "instance": instance, "status": "ok", "quality": "feasible", "objective": 9.0}
    return {**base, "sense": 1, "backend": backend, "bound": 10.0, "solve_seconds": 1.0, "time_limit": 10.0, **values}


def prepared(*rows: dict) -> pd.DataFrame:
    return prepare(pd.DataFrame(list(rows)))


def test_times_add_up_and_failed_runs_are_charged_their_limit() -> None:
    found = prepared(
        run(conversion_seconds=0.25, compilation_seconds=0.5),
        run(conversion_seconds=None, compilation_seconds=-3.0, solve_seconds=0.0),  # a clock that ran backwards
        run(status="timeout", quality="none", objective=None, solve_seconds=None, wall_seconds=4.0),
        run(status="failed", quality="none", objective=None, solve_seconds=12.0),
        run(status="failed", quality="none", objective=None, solve_seconds=2.0, time_limit=None, wall_seconds=5.0),
        run(status="refused", quality="none", objective=None),
    )
    assert found["seconds"].tolist() == pytest.approx([1.75, 0.0, 4.0, 12.0, 2.0, math.nan], nan_ok=True)
    assert found["charged"].tolist() == pytest.approx([1.75, 0.0, 10.0, 12.0, 5.0, math.nan], nan_ok=True)


def test_a_run_that_died_early_has_the_sense_of_its_problem() -> None:
    rows = [run(sense=None), run(problem="q", sense=-1), run(problem="q", sense=None), run(problem="r", sense="?")]
    assert prepared(*rows)["sense"].tolist() == [1, -1, -1, 1]


def test_what_is_not_recorded_is_the_first_frame_and_the_first_seed() -> None:
    found = prepared(run(), run(frame="x", seed=None))
    assert found[["frame", "seed"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert not found["coupled"].any()


@pytest.mark.parametrize(
    ("version", "packages", "expected"),
    [("2.0", '{"qmectk": "1.0"}', "2.0"), (None, '{"qmectk": "1.0"}', "1.0"), (None, "[1]", ""), (None, "{", "")],
)
def test_the_version_of_an_older_store_is_that_among_its_packages(
    version: object, packages: str, expected: str
) -> None:
    assert prepared(run(version=version, versions=packages))["version"].tolist() == [expected]


@pytest.mark.parametrize(("violation", "optimal"), [(0.0, True), (EXACTLY, True), (2.0 * EXACTLY, False)])
def test_a_point_that_only_nearly_holds_is_no_optimum_unless_it_was_called_one(violation: float, optimal: bool) -> None:
    assert prepared(run(objective=10.0, violation=violation))["optimal"].tolist() == [optimal]
    assert prepared(run(objective=10.0, violation=violation, quality="optimal"))["optimal"].tolist() == [True]


def test_a_loss_within_the_optimality_gap_is_none() -> None:
    found = prepared(run(objective=10.0 * (1.0 - 1e-6)), run(objective=10.0 * (1.0 - 2e-6)), run(objective=None))
    assert found["loss"].tolist() == pytest.approx([0.0, 2e-6, math.inf], rel=1e-6)


def test_of_controllers_nothing_is_optimal_and_who_falls_once_has_lost_the_problem() -> None:
    horizon = '{"slots": 10}'
    proved = {"quality": "optimal", "termination": "proved", "objective": 10.0, "horizon": horizon}
    found = prepared(
        run("best", "i", **proved),
        run("best", "j", **proved),
        run("near", "i", objective=8.0, horizon=horizon),
        run("near", "j", objective=10.0, horizon=horizon),
        run("falls", "i", objective=10.0, horizon=horizon),
        run("falls", "j", objective=None, quality="none", horizon=horizon),
        run("falls", "i", problem="q", objective=9.0, horizon=horizon),
        run("alone", "i", problem="r", **{**proved, "horizon": None}),
    )
    assert found["optimal"].tolist() == found["proved"].tolist() == [False] * 7 + [True]
    # against the best point found, 10; the bound says nothing of what a controller can do
    assert found["loss"].tolist() == pytest.approx([0.0, 0.0, 0.2, 0.0, math.inf, math.inf, 0.0, 0.0])


def test_floors_contend_only_where_there_is_nothing_else() -> None:
    found = prepared(run("random", preset="floor"), run("a"))
    assert contending(found)["backend"].tolist() == ["a"]
    assert contending(found[found["floor"]])["backend"].tolist() == ["random"]
