"""Shifted geometric means and break-even points against hand computations."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from qmectk.comparing.statistics import break_even, shifted_geometric_mean
from qmectk.comparing.statistics.breakeven import solves, training
from qmectk.comparing.statistics.means import nan_mean


def test_shifted_geometric_mean_by_hand():
    # sqrt((0 + 1) (3 + 1)) - 1 = 1;  sqrt((1 + 10) (34 + 10)) - 10 = sqrt(484) - 10 = 12
    assert shifted_geometric_mean([0.0, 3.0], 1.0) == pytest.approx(1.0)
    assert shifted_geometric_mean([1.0, 34.0], 10.0) == pytest.approx(12.0)
    assert shifted_geometric_mean([5.0], 1e-3) == pytest.approx(5.0)
    assert shifted_geometric_mean([0.0, 3.0]) == shifted_geometric_mean([0.0, 3.0], 1.0)


def test_shifted_geometric_mean_at_the_edges():
    assert math.isnan(shifted_geometric_mean([], 1.0))
    assert math.isnan(shifted_geometric_mean([math.nan], 1.0))
    assert shifted_geometric_mean([math.nan, 2.0], 1.0) == pytest.approx(2.0)
    assert shifted_geometric_mean([1.0, math.inf], 1.0) == math.inf
    assert shifted_geometric_mean([1e-12, 1e-12], 1.0) == pytest.approx(1e-12, rel=1e-9)
    with pytest.raises(ValueError, match="not negative"):
        shifted_geometric_mean([-0.1])
    with pytest.raises(ValueError, match="positive"):
        shifted_geometric_mean([1.0], 0.0)


def test_shifted_geometric_mean_over_axes():
    values = np.array([[[0.0, 3.0], [np.nan, np.nan]], [[1.0, 1.0], [1.0, 1.0]]])
    assert shifted_geometric_mean(values, 1.0, axis=(-2, -1)).tolist() == pytest.approx([1.0, 1.0])
    assert nan_mean(values, axis=-1)[0].tolist() == pytest.approx([1.5, math.nan], nan_ok=True)


def test_break_even_by_hand():
    # 60 s of training saves 0.3 - 0.1 s a solve: 300 solves
    assert solves(60.0, 0.1, 0.0, 0.3) == 300.0
    assert solves(60.1, 0.1, 0.0, 0.3) == 301.0
    assert solves(60.0, 0.3, 0.0, 0.3) == math.inf
    assert solves(0.0, 9.0, 0.0, 0.3) == 0.0
    assert solves(60.0, 0.1, 20.0, 0.3) == 200.0
    assert math.isnan(solves(60.0, math.nan, 0.0, 0.3))


def rows(backend, seconds, trained, **more):
    return [
        {
            "problem": "p",
            "instance": f"i{index}",
            "backend": backend,
            "seed": seed,
            "sense": 1,
            "status": "ok",
            "quality": "feasible",
            "objective": 1.0,
            "bound": 2.0,
            "solve_seconds": seconds,
            "training_seconds": trained if index == 0 else 0.0,
            **more,
        }
        for index in range(3)
        for seed in range(2)
    ]


def test_break_even_of_a_frame():
    table = break_even(pd.DataFrame(rows("policy", 0.1, 60.0) + rows("exact", 0.3, 0.0) + rows("fast", 0.05, None)))
    assert table[["contender", "other", "solves"]].to_numpy().tolist() == [
        ["policy", "exact", 300.0],
        ["policy", "fast", math.inf],
    ]
    assert table["gap"].tolist() == [0.5, 0.5]


def test_training_is_charged_once_however_it_is_recorded():
    first_only, everywhere = pd.DataFrame(rows("a", 1.0, 60.0)), pd.DataFrame(rows("a", 1.0, 60.0))
    everywhere["training_seconds"] = 60.0
    assert training(first_only) == training(everywhere) == 60.0


def test_break_even_without_training_is_empty():
    table = break_even(pd.DataFrame(rows("a", 1.0, 0.0) + rows("b", 2.0, None)))
    assert not len(table)
    assert "solves" in table


def test_seeds_without_training_are_left_out_and_short_ones_are_not():
    frame = pd.DataFrame(rows("a", 1.0, 0.25))
    assert training(frame) == 0.25
    frame.loc[frame["seed"] == 1, "training_seconds"] = 0.0  # its policy came from the cache
    assert training(frame) == 0.25


def test_what_answers_nothing_pays_only_where_none_answers():
    lost = {"quality": "none", "objective": None, "bound": None}
    pairs = [
        [*rows("policy", 0.1, 60.0, problem=problem, **policy), *rows("exact", 0.3, 0.0, problem=problem, **exact)]
        for problem, policy, exact in (("z", {}, {}), ("b", lost, {}), ("a", lost, lost))
    ]
    table = break_even(pd.DataFrame([row for pair in pairs for row in pair]))
    assert table[["problem", "contender", "other"]].to_numpy().tolist() == [
        ["z", "policy", "exact"],
        ["a", "policy", "exact"],
    ]


def test_pairs_come_in_the_order_of_the_contenders():
    frame = pd.DataFrame(rows("z", 0.1, 60.0) + rows("y", 0.2, 30.0) + rows("x", 0.3, 0.0))
    assert break_even(frame)["contender"].tolist() == ["z", "z", "y"]
