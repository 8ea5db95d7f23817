"""Ranks and tests against published tables and hand computations."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from qmectk.comparing.statistics import critical_difference, friedman, holm, losses, wilcoxon_pairs
from qmectk.comparing.statistics.ranks import cases_needed, least_p, nemenyi, tied


def test_holm_by_hand():
    # sorted 0.01, 0.02, 0.04 times 3, 2, 1 = 0.03, 0.04, 0.04
    assert holm([0.04, 0.01, 0.02]).tolist() == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).size == 0


def test_wilcoxon_by_hand():
    # six cases, all better: the two extreme sign patterns of 2^6, p = 2 / 64
    table = pd.DataFrame({"a": np.arange(6.0), "b": np.arange(6.0) + np.arange(1.0, 7.0)})
    pair = wilcoxon_pairs(table).iloc[0]
    assert pair["p"] == pytest.approx(2 / 64)
    assert (pair["first_better"], pair["second_better"], pair["ties"]) == (6, 0, 0)


def test_the_least_p_is_what_the_test_gives_when_all_agree():
    for cases in (3, 6):
        table = pd.DataFrame({"a": np.zeros(cases), "b": np.arange(1.0, cases + 1.0)})
        assert wilcoxon_pairs(table)["p_holm"][0] == pytest.approx(least_p(cases, 1))
    # 2^(1 - 5) = 0.0625 and 2^(1 - 6) = 0.031; of 36 pairs 36 * 2^(1 - 11) = 0.035
    assert (cases_needed(1), cases_needed(36)) == (6, 11)
    assert least_p(1, 3) == 1.0


def test_wilcoxon_with_a_worse_case_by_hand():
    # differences 1..5 and -6: W = 6; of 64 sign patterns 14 have a sum of at most 6, p = 2 * 14 / 64
    table = pd.DataFrame({"a": [0.0] * 5 + [6.0], "b": [1.0, 2.0, 3.0, 4.0, 5.0, 0.0]})
    assert wilcoxon_pairs(table)["p"][0] == pytest.approx(28 / 64)


def test_failures_are_the_largest_difference_and_shared_failures_tie():
    inf = math.inf
    table = pd.DataFrame({"a": [0.0, 1.0, inf, 0.0], "b": [inf, 0.5, inf, 0.0]})
    pair = wilcoxon_pairs(table).iloc[0]
    assert (pair["first_better"], pair["second_better"], pair["ties"]) == (1, 1, 2)


def test_where_one_settles_every_case_and_the_other_none_it_is_favoured():
    # six differences of the same size: p = 2 / 64, as of any six of one sign
    table = pd.DataFrame({"a": [math.inf] * 6, "b": [0.0] * 6})
    pair = wilcoxon_pairs(table).iloc[0]
    assert (pair["second_better"], pair["p"], pair["favours"]) == (6, pytest.approx(2 / 64), "second")


def test_the_smallest_difference_there_is_has_a_favourite():
    table = pd.DataFrame({"a": [1.0], "b": [0.0], "c": [1.0]})
    assert wilcoxon_pairs(table)["favours"].tolist() == ["second", "", "first"]


def test_equal_contenders_are_not_told_apart():
    table = pd.DataFrame({"a": [0.0, 0.0], "b": [0.0, 0.0], "c": [0.0, 0.0]})
    assert wilcoxon_pairs(table)["p_holm"].tolist() == [1.0, 1.0, 1.0]
    assert friedman(table) == (0.0, 1.0)
    ranking = critical_difference(table)
    assert ranking.ranks == {"a": 2.0, "b": 2.0, "c": 2.0}
    assert ranking.groups == [["a", "b", "c"]]


def test_friedman_by_hand():
    # four cases, always the same order: ranks 1, 2, 3; 12 * 4 / (3 * 4) * (1 + 0 + 1) = 8
    statistic, p = friedman(np.tile([1.0, 2.0, 3.0], (4, 1)))
    assert statistic == pytest.approx(8.0)
    assert p == pytest.approx(math.exp(-4.0))


def test_friedman_agrees_with_scipy_with_ties():
    values = np.random.default_rng(0).integers(0, 4, size=(20, 5)).astype(float)
    known = stats.friedmanchisquare(*values.T)
    assert friedman(values) == pytest.approx((known.statistic, known.pvalue))


def test_friedman_needs_three_contenders_and_two_cases():
    assert math.isnan(friedman([[1.0, 2.0]] * 5)[1])
    assert math.isnan(friedman([[1.0, 2.0, 3.0]])[1])


@pytest.mark.parametrize(("contenders", "quantile"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_nemenyi_has_demsars_critical_values(contenders, quantile):
    # Demsar 2006, table 5(a), alpha = 0.05
    expected = quantile * math.sqrt(contenders * (contenders + 1) / (6 * 14))
    assert nemenyi(contenders, 14) == pytest.approx(expected, abs=2e-3)


def test_losses_below_zero_are_equal_within_the_gap_only():
    assert tied([[-2.0, -1.0, -1.0 + 1e-9]]).tolist() == [[-2.0, -1.0, -1.0]]


def test_groups_are_maximal():
    # nine cases, ranks 1, 2, 3, 4 always; the critical difference is 2.569 sqrt(20 / 54) = 1.563
    ranking = critical_difference(pd.DataFrame(np.tile([0.0, 1.0, 2.0, 3.0], (9, 1)), columns=list("abcd")))
    assert ranking.critical == pytest.approx(1.563, abs=2e-3)
    assert ranking.groups == [["a", "b"], ["b", "c"], ["c", "d"]]


def test_ranking_of_little():
    assert critical_difference(pd.DataFrame({"a": [], "b": []}, dtype=float)).ranks == {}
    alone = critical_difference(pd.DataFrame({"a": [1.0, 2.0]}))
    assert alone.ranks == {"a": 1.0}
    assert math.isnan(alone.critical)
    one_case = critical_difference(pd.DataFrame({"a": [1.0], "b": [0.0]}))
    assert list(one_case.ranks) == ["b", "a"]
    assert one_case.groups == []


@pytest.mark.parametrize("sense", [1, -1])
def test_losses_in_both_senses(sense):
    rows = [
        {
            "problem": "p",
            "instance": "i",
            "backend": backend,
            "seed": seed,
            "sense": sense,
            "status": "ok",
            "quality": quality,
            "objective": 10.0 - sense * away,
            "bound": 10.0,
        }
        for backend, away, quality in [("a", 1.0, "feasible"), ("b", 0.0, "optimal"), ("c", 0.0, "infeasible")]
        for seed in range(2)
    ]
    assert losses(pd.DataFrame(rows)).to_numpy().tolist() == [pytest.approx([0.1, 0.0, math.inf])]
