"""Time to target, TTS99 and profiles against hand computations."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.statistics import (
    costs,
    data_profile,
    performance_profile,
    repetitions,
    time_to_target,
    time_to_target_points,
)
from qmectk.comparing.statistics.profiles import staircase
from qmectk.comparing.statistics.targets import events, time_to_solution

from .frames import row


def run(backend="b", instance="i", seed=0, **more):
    return row(**{"backend": backend, "instance": instance, "seed": seed, "solve_seconds": 2.0, **more})


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, 2.0),  # no events: the whole run
        ({"conversion_seconds": 0.5}, 2.5),
        ({"conversion_seconds": 0.5, "compilation_seconds": 0.25}, 2.75),
        ({"events": json.dumps([[0.3, 5.0, None], [0.7, 8.5, 11.0], [1.5, 9.0, 10.5]])}, 0.7),
        ({"events": json.dumps([[0.3, 8.0, None]])}, 2.0),  # only the end meets it
        ({"events": json.dumps([[0.3, 9.5, None]]), "conversion_seconds": 0.5}, 0.8),
        # events count from the end of the conversion: the compilation is in their 0.3 s
        ({"events": json.dumps([[0.3, 9.5, None]]), "conversion_seconds": 0.5, "compilation_seconds": 0.25}, 0.8),
        ({"events": json.dumps([[0.3, 9.5, None]]), "objective": 5.0}, math.inf),  # said, but not measured
        ({"objective": 5.0}, math.inf),
        ({"status": "crashed", "quality": "none", "objective": None}, math.inf),
        ({"quality": "infeasible", "objective": 10.0}, math.inf),
        ({"events": "not json"}, 2.0),
    ],
)
def test_time_to_a_gap_of_fifteen_percent(more, expected):
    assert time_to_target(pd.DataFrame([run(**more)]), 0.15).tolist() == pytest.approx([expected])


def test_time_to_target_when_minimising():
    reported = json.dumps([[0.2, 20.0, None], [0.6, 11.0, None]])
    frame = pd.DataFrame([run(sense=-1, objective=10.5, events=reported)])
    assert time_to_target(frame, 0.15).tolist() == pytest.approx([0.6])


def test_events_may_be_incomplete():
    assert events("[[1, null, 3], [2]]").shape == (2, 3)
    assert events("").shape == (0, 3)
    assert events('{"a": 1}').shape == (0, 3)


def test_time_to_target_points_by_hand():
    # four runs, one of which never arrives: probabilities 1/8, 3/8, 5/8
    times, share = time_to_target_points([3.0, 1.0, math.inf, 2.0])
    assert times.tolist() == [1.0, 2.0, 3.0]
    assert share.tolist() == [0.125, 0.375, 0.625]
    assert time_to_target_points([])[0].size == 0


def test_repetitions_by_hand():
    # ln 0.01 / ln 0.5 = 6.64 -> 7; p = 0.9: exactly 2; p = 0.99: 1
    assert repetitions([0.5, 0.9, 0.99, 1.0, 0.0, math.nan]).tolist() == pytest.approx(
        [7.0, 2.0, 1.0, 1.0, math.inf, math.nan], nan_ok=True
    )


def test_time_to_solution_by_hand():
    # instance 1 succeeds in half its runs of 2 s: 7 * 2 = 14; instance 2 always, in 3 s; instance 3 in half, 1 s: 7
    success = [[1, 0], [1, 1], [0, 1]]
    seconds = [[2, 2], [3, 3], [1, 1]]
    assert time_to_solution(success, seconds) == pytest.approx(7.0)
    assert time_to_solution(success[:2], seconds[:2]) == pytest.approx(0.5 * (14 + 3))
    assert time_to_solution([[0, 0], [0, 0], [1, 1]], seconds) == math.inf
    # one run an instance has no success probability
    assert np.isnan(time_to_solution([[1], [0]], [[1], [1]]))
    assert time_to_solution([[1, np.nan], [1, 1]], [[9, np.nan], [2, 2]]) == pytest.approx(2.0)
    # a run whose success is not known counts neither as a failure nor with its time
    assert time_to_solution([[1, 0, np.nan]], [[2, 2, 9]]) == pytest.approx(14.0)


def test_time_to_solution_of_several_contenders_is_that_of_each():
    success = np.ones((2, 3, 2))
    success[1, 2, 1] = np.nan  # a single run has no success probability
    seconds = np.array([[[5.0, 5.0], [1.0, 1.0], [2.0, 2.0]], [[4.0, 4.0], [1.0, 3.0], [9.0, 9.0]]])
    together = time_to_solution(success, seconds)
    assert together.tolist() == pytest.approx([2.0, 3.0])
    assert together.tolist() == [float(time_to_solution(*one)) for one in zip(success, seconds, strict=True)]


def test_performance_profile_by_hand():
    # costs: a 1, 4, inf, inf; b 2, 2, 5, inf; the fourth case is settled by nobody
    table = pd.DataFrame({"a": [1.0, 4.0, math.inf, math.inf], "b": [2.0, 2.0, 5.0, math.inf]})
    found = {name: (x.tolist(), y.tolist()) for name, (x, y) in performance_profile(table).items()}
    # ratios: a 1, 2, inf, inf; b 2, 1, 1, inf
    assert found == {"a": ([1.0, 2.0], [0.25, 0.5]), "b": ([1.0, 2.0], [0.5, 0.75])}


def test_performance_profile_starts_at_one_even_for_those_never_fastest():
    table = pd.DataFrame({"a": [1.0, 1.0], "b": [3.0, math.inf]})
    assert performance_profile(table)["b"][0].tolist() == [1.0, 3.0]
    assert performance_profile(table)["b"][1].tolist() == [0.0, 0.5]


def test_ties_and_zero_times_share_the_first_place():
    table = pd.DataFrame({"a": [0.0], "b": [1e-9]})
    assert [x.tolist() for x, _ in performance_profile(table).values()] == [[1.0], [1.0]]


def test_data_profile_by_hand():
    table = pd.DataFrame({"a": [1.0, 4.0, math.inf, 1.0]})
    x, y = data_profile(table)["a"]
    assert x.tolist() == [1.0, 4.0]
    assert y.tolist() == [0.5, 0.75]


def test_profiles_of_nothing():
    empty = pd.DataFrame({"a": [], "b": []}, dtype=float)
    assert performance_profile(empty)["a"][1].tolist() == [0.0]
    assert data_profile(empty)["a"][0].size == 0
    assert staircase([])[0].size == 0


def test_costs_take_the_median_seed_and_the_cases_all_ran():
    frame = pd.DataFrame(
        [
            run("a", "i", 0, solve_seconds=1.0),
            run("a", "i", 1, solve_seconds=3.0),
            run("a", "i", 2, objective=1.0),  # misses
            run("b", "i", 0, solve_seconds=5.0),
            run("a", "only a", 0),
        ]
    )
    table = costs(frame, 0.15)
    assert table.to_numpy().tolist() == [[3.0, 5.0]]
    assert table.columns.tolist() == ["a", "b"]


def test_half_of_an_even_number_of_seeds_is_not_enough():
    frame = pd.DataFrame([run("a", seed=0), run("a", seed=1, objective=1.0), run("b", seed=0)])
    assert costs(frame, 0.15)["a"].tolist() == [math.inf]
