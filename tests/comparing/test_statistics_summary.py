"""The table of a comparison on a small frame worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from qmectk.comparing.statistics import summarize


def run(backend, instance, seed=0, **more):
    return {
        "problem": "p",
        "instance": instance,
        "backend": backend,
        "seed": seed,
        "sense": 1,
        "unit": "Mbit/s",
        "status": "ok",
        "termination": "converged",
        "quality": "feasible",
        "objective": 9.0,
        "bound": None,
        "solve_seconds": 1.0,
        "conversion_seconds": 0.0,
        "time_limit": 10.0,
        **more,
    }


def proof(instance, **more):
    return run(
        "exact",
        instance,
        objective=10.0,
        bound=10.0,
        quality="optimal",
        termination="proved",
        solve_seconds=3.0,
        **more,
    )


def table(rows, **settings):
    return summarize(pd.DataFrame(rows), **settings).set_index("contender")


def test_times_far_below_a_millisecond_do_not_move_the_mean():
    # sqrt(2 ms * 4 ms) - 1 ms, and nearly the same with a microsecond instead of nothing
    times = {
        shortest: table([run("sa", "i", solve_seconds=3e-3), run("sa", "j", solve_seconds=shortest)])["seconds"].iloc[0]
        for shortest in (1e-3, 0.0, 1e-6)
    }
    assert times[1e-3] == pytest.approx(math.sqrt(8e-6) - 1e-3)
    assert times[0.0] == pytest.approx(1e-3)
    assert times[1e-6] == pytest.approx(times[0.0], rel=2e-3)


def test_by_hand():
    rows = [
        proof("i"),
        proof("j"),
        run("sa", "i", 0),
        run("sa", "i", 1, objective=10.0, quality="optimal"),
        run("sa", "j", 0, status="crashed", quality="none", objective=None, solve_seconds=None),
        run("sa", "j", 1, quality="infeasible", objective=50.0),
    ]
    found = table(rows, target_gap=0.05)
    exact, sa = found.loc["exact"], found.loc["sa"]
    assert (exact["proved"], exact["optimal"], exact["gap"], exact["ratio"]) == (1.0, 1.0, 0.0, 1.0)
    assert exact["proved_low"] == pytest.approx(0.025**0.5)
    assert exact["seconds"] == pytest.approx(3.0)
    assert (sa["runs"], sa["cases"], sa["seeds"], sa["solved_cases"]) == (4, 2, 2, 1)
    assert (sa["proved"], sa["optimal"], sa["feasible"], sa["failed"], sa["reached"]) == (0.0, 0.25, 0.5, 0.25, 0.25)
    # gaps 0.1 and 0 over the two feasible points; the crash is charged 10 s: (1.001^3 * 10.001)^(1/4) - 0.001
    assert sa["gap"] == pytest.approx(0.05)
    assert sa["worst_gap"] == pytest.approx(0.1)
    assert sa["ratio"] == pytest.approx(0.95)
    assert sa["seconds"] == pytest.approx((1.001**3 * 10.001) ** 0.25 - 0.001)
    # instance i succeeds half the time at 1 s: 7 s; j never does: the median of 7 and inf
    assert sa["tts99"] == math.inf
    assert sa["against"] == {"optimum": 2, "bound": 0, "none": 0}
    assert (sa["gap_low"], sa["gap_high"]) == (0.0, pytest.approx(0.1))


def test_points_that_are_not_feasible_are_in_no_mean():
    rows = [run("sa", "i"), run("sa", "i", 1, objective=10.0), run("sa", "j", quality="infeasible", objective=50.0)]
    assert table(rows).loc["sa", "objective"] == pytest.approx(9.5)


def test_a_loss_of_exactly_the_target_reaches_it():
    rows = [proof("i"), run("sa", "i")]
    shares = [table(rows, target_gap=gap).loc["sa", "reached"] for gap in (0.1, 0.0999)]
    assert shares == [1.0, 0.0]


def test_minimising():
    rows = [
        {**proof("i"), "sense": -1},
        {**run("sa", "i", objective=12.0), "sense": -1},
    ]
    sa = table(rows).loc["sa"]
    assert sa["gap"] == pytest.approx(0.2)
    assert sa["ratio"] == sa["worst_ratio"] == pytest.approx(1.2)


def test_without_bounds_there_is_no_gap():
    found = table([run("a", "i"), run("b", "i", objective=8.0)])
    assert found["gap"].isna().all()
    assert found["gap_found"].tolist() == pytest.approx([0.0, 1 / 9])
    assert found.loc["a", "against"]["none"] == 1


def test_one_instance_one_seed_has_no_interval_but_shares():
    one = table([run("a", "i", bound=10.0)]).loc["a"]
    assert math.isnan(one["gap_low"])
    assert one["feasible_low"] == pytest.approx(0.025)
    assert math.isnan(one["tts99"])


def test_everything_failed():
    one = table([run("a", "i", status="timeout", quality="none", objective=None)]).loc["a"]
    assert (one["failed"], one["feasible"]) == (1.0, 0.0)
    assert math.isnan(one["gap"])
    assert one["seconds"] == pytest.approx(10.0)


def test_ratios_across_a_change_of_sign_are_left_out():
    rows = [run("a", "i", objective=-1.0, bound=2.0), run("a", "j", objective=1.0, bound=2.0)]
    assert table(rows).loc["a", "ratio"] == pytest.approx(0.5)


def test_the_same_frame_gives_the_same_table():
    rows = [run("a", f"i{i}", s, objective=9.0 + 0.01 * i * s, bound=10.0) for i in range(5) for s in range(3)]
    pd.testing.assert_frame_equal(table(rows), table(rows))


def test_an_empty_frame_gives_an_empty_table():
    assert len(summarize(pd.DataFrame({"problem": [], "backend": []}))) == 0


@pytest.mark.parametrize("unit", [1.0, 0.05])
@pytest.mark.parametrize(("sense", "objectives", "worst"), [(1, (9.0, 8.0), 0.8), (-1, (11.0, 12.0), 1.2)])
def test_the_worst_ratio_is_the_one_furthest_from_the_bound(sense, objectives, worst, unit):
    rows = [
        run("a", instance, sense=sense, objective=unit * one, bound=unit * 10.0)
        for instance, one in zip("ij", objectives, strict=True)
    ]
    (found,) = summarize(pd.DataFrame(rows), resamples=9).to_dict("records")
    assert found["worst_ratio"] == pytest.approx(worst)
    assert found["ratio"] == pytest.approx(sum(objectives) / 20.0)
