"""The curve over the penalty factor, and which factor stands for a swept backend; worked out by hand."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from qmectk.comparing.statistics import nearest_to_default, prepare, sweep_curve


def run(factor, instance="i", seed=0, share=0.5, sufficient=True, backend="sa", audited=True, options=None, **more):
    reported = {} if factor is None else {"penalty": f"{factor:g}"}
    audit = {"factor": 1.0 if factor is None else factor, "multipliers": {"one": 2.0}, "sufficient": sufficient}
    return {
        "problem": "p",
        "instance": instance,
        "backend": backend,
        "options": json.dumps({**(options or {}), **reported}),
        "seed": seed,
        "sense": 1,
        "status": "ok",
        "quality": "feasible",
        "objective": 9.0,
        "bound": 10.0,
        "penalties": json.dumps(audit) if audited else None,
        "share_feasible": share if audited else None,
        **more,
    }


CRASHED = {"status": "crashed", "quality": "none", "objective": None, "audited": False}


def test_by_hand():
    rows = [
        run(10.0, "i", 0, share=1.0, objective=8.0),
        run(0.1, "i", 0, share=0.2, sufficient=False),
        run(0.1, "i", 1, share=0.4, sufficient=False, objective=8.0),
        run(0.1, "j", 0, share=0.6),
        run(0.1, "j", 1, share=0.0, quality="infeasible", objective=50.0),
        run(None, "i", backend="exact", audited=False),
    ]
    curve = sweep_curve(pd.DataFrame(rows))
    assert curve["backend"].tolist() == ["sa", "sa"]  # exact has no penalties
    assert curve["factor"].tolist() == [0.1, 10.0]
    low, high = curve.to_dict("records")
    assert (low["runs"], high["runs"]) == (4, 1)
    assert low["share_feasible"] == pytest.approx(0.3)
    assert low["share_answered"] == 0.75
    # gaps 0.1, 0.2 and 0.1 over the feasible points
    assert low["mean_gap"] == pytest.approx(0.4 / 3)
    assert low["sufficient"] == 0.5  # on j, not on i
    assert (high["share_answered"], high["sufficient"]) == (1.0, 1.0)


def test_a_run_that_crashed_has_no_feasible_point_and_still_counts():
    (row,) = sweep_curve(pd.DataFrame([run(0.1), run(0.1, seed=1, **CRASHED)])).to_dict("records")
    assert (row["runs"], row["share_answered"], row["sufficient"]) == (2, 0.5, 1.0)


def test_what_was_not_looked_at_is_not_proved():
    rows = [run(1.0, "i", sufficient=None), run(1.0, "j", sufficient=None)]
    assert math.isnan(sweep_curve(pd.DataFrame(rows))["sufficient"].iloc[0])
    # one instance small enough says nothing about the other
    assert sweep_curve(pd.DataFrame([*rows[:1], run(1.0, "j")]))["sufficient"].tolist() == [0.5]


def test_options_other_than_the_factor_make_another_line():
    rows = [run(f, options={"grid": grid}) for grid in (4, 8) for f in (0.1, 1.0)]
    curve = sweep_curve(pd.DataFrame(rows))
    assert list(zip(curve["backend"], curve["factor"], strict=True)) == [
        ("sa (grid=4)", 0.1),
        ("sa (grid=4)", 1.0),
        ("sa (grid=8)", 0.1),
        ("sa (grid=8)", 1.0),
    ]


ODD = ["null", "not json", "[1]", '{"factor": "many"}', '{"factor": -1}', '{"factor": -0.5}', '{"factor": 0}', None]


@pytest.mark.parametrize("audit", ODD)
def test_audits_may_be_anything(audit):
    curve = sweep_curve(pd.DataFrame([run(None, penalties=audit)]))
    assert set(curve["factor"]) <= {1.0}
    assert curve["sufficient"].isna().all()


def test_nothing_at_all():
    assert sweep_curve(pd.DataFrame({"problem": [], "backend": []})).empty
    assert sweep_curve(pd.DataFrame([run(None, audited=False)])).empty


@pytest.mark.parametrize(
    ("factors", "kept"),
    [
        ([0.03, 0.1, 0.3, 1.0, 3.0], 1.0),
        ([0.01, 0.3, 10.0], 0.3),
        ([0.1, 10.0], 10.0),  # equally near: the larger
        ([None, 3.0], None),  # no option: the factor is 1
        ([None, 1.5], None),
        ([5.0], 5.0),
    ],
)
def test_the_factor_nearest_to_the_default_stands_for_a_backend(factors, kept):
    # the one that is kept scores worst: none is shown at a lucky factor
    rows = [run(f, objective=5.0 if f == kept else 9.0) for f in factors]
    left = nearest_to_default(pd.DataFrame([*rows, run(None, backend="exact", audited=False)]))
    assert sorted(left["backend"]) == ["exact", "sa"]
    reported = json.loads(left.loc[left["backend"] == "sa", "options"].iloc[0]).get("penalty")
    assert reported == (None if kept is None else f"{kept:g}")


def test_gaps_of_what_is_kept_are_measured_against_all():
    rows = [run(1.0, bound=None), run(0.1, bound=10.0)]
    assert nearest_to_default(prepare(pd.DataFrame(rows)))["gap"].tolist() == pytest.approx([0.1])


def test_backends_are_listed_as_they_first_appear():
    rows = [run(factor, backend=backend) for backend in ("tabu", "sa") for factor in (0.1, 1.0)]
    assert sweep_curve(pd.DataFrame(rows))["backend"].tolist() == ["tabu", "tabu", "sa", "sa"]


@pytest.mark.parametrize("option", ["0", "-0.5", "nan", "inf", "much"])
def test_a_factor_that_is_none_is_the_default(option):
    odd = run(None, options={"penalty": option})
    left = nearest_to_default(pd.DataFrame([odd, run(3.0)]))
    assert left["options"].tolist() == [odd["options"]]
