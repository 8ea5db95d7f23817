"""Training, conversion, compilation and solving, each charged once and in its own place; worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from qmectk.comparing.statistics import break_even, prepare, spent, summarize

from .frames import timed


def run(backend="a", instance="i", seed=0, conversion=0.5, compilation=1.0, solve=2.0, **more):
    return timed(conversion, compilation, solve, backend=backend, instance=instance, seed=seed, **more)


KILLED = {
    "conversion": 9.0,
    "compilation": None,
    "solve": None,
    "status": "timeout",
    "quality": "none",
    "objective": None,
    "wall_seconds": 12.0,
    "time_limit": 10.0,
}


def test_a_run_is_conversion_compilation_and_solving():
    frame = pd.DataFrame([run(), run(compilation=None), run(conversion=None, compilation=None), run(**KILLED)])
    runs = prepare(frame)
    # a compilation that is not known is part of the solve; the killed run is known by its wall clock alone
    assert runs["seconds"].tolist() == [3.5, 2.5, 2.0, 12.0]
    assert runs["charged"].tolist() == [3.5, 2.5, 2.0, 12.0]


def test_rows_are_in_the_order_in_which_contenders_appear():
    frame = pd.DataFrame([run("b", problem="q"), run("a", problem="p"), run("a", problem="q")])
    assert spent(frame)[["problem", "contender"]].to_numpy().tolist() == [["q", "b"], ["p", "a"], ["q", "a"]]


def test_frames_of_before_compilation_was_told_apart():
    runs = prepare(pd.DataFrame([run()]).drop(columns="compilation_seconds"))
    assert runs["seconds"].tolist() == [2.5]
    assert math.isnan(runs["compilation_seconds"].iloc[0])
    assert not runs["coupled"].any()


@pytest.mark.parametrize(
    ("value", "expected"), [(1, True), (1.0, True), (True, True), (0, False), (None, False), (math.nan, False)]
)
def test_coupled_is_believed_only_where_it_is_recorded(value, expected):
    # beside a text, a column is one of objects, as it comes from a store
    frame = pd.DataFrame([run(coupled=value), run(seed=1, coupled="no")])
    assert prepare(frame)["coupled"].tolist() == [expected, False]


def test_where_the_time_goes_by_hand():
    frame = pd.DataFrame(
        [
            run(training_seconds=30.0),
            run(instance="j", conversion=1.5, compilation=None, solve=4.0, training_seconds=30.0),
            run(instance="k", **KILLED),
            run("b", compilation=0.0),
        ]
    )
    a, b = spent(frame).to_dict("records")
    # the killed run's nine seconds of conversion belong to no mean: its solve is not known
    assert a == {
        "problem": "p",
        "contender": "a",
        "runs": 2,
        "refused": 0,
        "training": 30.0,
        "conversion": 1.0,
        "compilation": 0.5,  # a run that recorded none had none: the parts add up to the mean run
        "solve": 3.0,
    }
    assert (b["runs"], b["training"], b["conversion"], b["compilation"], b["solve"]) == (1, 0.0, 0.5, 0.0, 2.0)


def test_nothing_came_back():
    (only,) = spent(pd.DataFrame([run(**KILLED)])).to_dict("records")
    assert only["runs"] == 0
    assert all(math.isnan(only[part]) for part in ("conversion", "compilation", "solve"))
    assert spent(pd.DataFrame({"problem": [], "backend": []})).empty


def test_the_summary_tells_the_parts_too():
    row = summarize(pd.DataFrame([run(coupled=1), run(instance="j", conversion=1.5, solve=4.0)])).iloc[0]
    assert (row["conversion"], row["compilation"], row["solve"], row["training"]) == (1.0, 1.0, 3.0, 0.0)
    assert row["coupled"]
    # 3.5 s and 6.5 s, in the shifted geometric mean
    assert row["seconds"] == pytest.approx((3.501 * 6.501) ** 0.5 - 0.001)


def test_training_is_weighed_against_compilation_too():
    frame = pd.DataFrame(
        [run("learned", compilation=0.0, solve=0.5, training_seconds=10.0), run("compiled", solve=1.5)]
    )
    (row,) = break_even(frame).to_dict("records")
    # 10 + 1 n <= 3 n from n = 5 on; without its compilation the other's second would have to be made up in 10
    assert (row["seconds"], row["seconds_other"], row["solves"]) == (1.0, 3.0, 5.0)
