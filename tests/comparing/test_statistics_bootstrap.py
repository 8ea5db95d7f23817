"""Bootstrap intervals: enumerable cases by hand, coverage, and the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qmectk.comparing.statistics import Interval, interval, share_interval
from qmectk.comparing.statistics.bootstrap import _corrected
from qmectk.comparing.statistics.means import nan_mean


def mean(sample):
    return nan_mean(sample, axis=(-2, -1))


def rng():
    return np.random.default_rng(7)


def test_two_instances_by_hand():
    # two instances of one seed, 0 and 1: resampled means are 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4
    assert interval([0.0, 1.0], [0, 1], mean, rng()) == Interval(0.5, 0.0, 1.0)
    # the middle half of them is 1/2 alone when 0 and 1 have less than 30 % each
    assert interval([0.0, 1.0], [0, 1], mean, rng(), level=0.4) == Interval(0.5, 0.5, 0.5)


def test_seeds_of_one_instance_are_resampled():
    assert interval([0.0, 1.0], [5, 5], mean, rng()) == Interval(0.5, 0.0, 1.0)


def test_seeds_stay_with_their_instance():
    # both seeds of instance 0 give 0, both of instance 1 give 1: 4 independent runs would hardly ever be all alike
    # (1/8), instances often are (1/2), so a central 60 % interval spans everything
    values, units = [0.0, 0.0, 1.0, 1.0], [0, 0, 1, 1]
    assert interval(values, units, mean, rng(), level=0.6) == Interval(0.5, 0.0, 1.0)
    independent = interval(values, [0, 1, 2, 3], mean, rng(), level=0.6)
    assert 0.0 < independent.low < independent.high < 1.0


def test_unequal_numbers_of_seeds():
    found = interval([1.0, 2.0, 3.0, 10.0], ["a", "a", "a", "b"], mean, rng())
    assert found.estimate == 4.0
    assert 1.0 <= found.low < 4.0 < found.high <= 10.0


def test_one_run_says_nothing_about_the_spread():
    found = interval([3.0], [0], mean, rng())
    assert found.estimate == 3.0
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_no_run_at_all():
    assert all(math.isnan(value) for value in interval([], [], mean, rng()))


def test_missing_values_are_left_out():
    assert interval([1.0, math.nan, 1.0], [0, 1, 2], mean, rng()) == Interval(1.0, 1.0, 1.0)
    assert math.isnan(interval([math.nan, math.nan], [0, 1], mean, rng()).estimate)


def test_infinite_values_are_not_interpolated():
    found = interval([1.0, 1.0, 1.0, math.inf], range(4), mean, rng())
    assert found.estimate == math.inf
    assert (found.low, found.high) == (1.0, math.inf)


def test_the_same_generator_gives_the_same_interval():
    values = np.random.default_rng(1).normal(size=40)
    assert interval(values, np.arange(40) // 4, mean, rng()) == interval(values, np.arange(40) // 4, mean, rng())


def test_percentile_interval_of_a_mean_agrees_with_the_normal_one():
    values = np.random.default_rng(2).normal(size=400)
    found = interval(values, range(400), mean, rng(), resamples=4000)
    half = 1.96 * values.std() / 20.0
    assert found.low == pytest.approx(values.mean() - half, abs=0.01)
    assert found.high == pytest.approx(values.mean() + half, abs=0.01)


def test_bca_agrees_with_scipy():
    values = np.random.default_rng(3).lognormal(size=30)
    found = interval(values, range(30), mean, rng(), resamples=9999, method="bca")
    known = stats.bootstrap((values,), np.mean, n_resamples=9999, method="BCa", rng=rng()).confidence_interval
    assert found.low == pytest.approx(known.low, rel=0.02)
    assert found.high == pytest.approx(known.high, rel=0.03)
    plain = interval(values, range(30), mean, rng(), resamples=9999)
    assert found.high > plain.high  # the long tail is on the right


def test_the_acceleration_of_a_mean_is_its_skewness():
    # Efron & Tibshirani 1993, eq. (14.15): of a mean it is skewness / (6 sqrt n); half of the replicates are below
    values = np.array([0.0, 0.0, 1.0, 2.0, 12.0])
    acceleration = stats.skew(values) / (6.0 * math.sqrt(values.size))
    left_out = (values.sum() - values) / (values.size - 1)
    normal = stats.norm.ppf([0.025, 0.975])
    found = _corrected(np.array([0.025, 0.975]), 3.0, np.array([2.0, 4.0]), left_out)
    assert found == pytest.approx(stats.norm.cdf(normal / (1.0 - acceleration * normal)))
    assert found[0] > 0.04


def test_bca_without_spread_falls_back():
    assert interval([2.0, 2.0, 2.0], range(3), mean, rng(), method="bca") == Interval(2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="method"):
        interval([1.0, 2.0], range(2), mean, rng(), method="magic")


def test_an_interval_over_instances_covers_the_truth():
    # 12 instances with 3 seeds each and a spread of their own: runs are not independent, instances are
    make = np.random.default_rng(4)
    hits = 0
    for _ in range(150):
        values = make.normal(size=(12, 1)) + 0.3 * make.normal(size=(12, 3))
        found = interval(values.ravel(), np.repeat(range(12), 3), mean, make, resamples=300)
        hits += found.low <= 0.0 <= found.high
    # a percentile interval of 12 is a little short of 95 %; runs taken as independent would cover about 74 %
    assert 0.87 <= hits / 150 <= 0.99


def test_share_interval_by_hand():
    # 100 of 100: low = 0.025^(1/100) = 0.96378; none of 3: high = 1 - 0.025^(1/3) = 0.70760
    assert share_interval(Interval(1.0, 1.0, 1.0), 100).low == pytest.approx(0.96378, abs=1e-5)
    assert share_interval(Interval(0.0, 0.0, 0.0), 3).high == pytest.approx(0.70760, abs=1e-5)
    inside = Interval(0.5, 0.4, 0.6)
    assert share_interval(inside, 10) is inside
    assert share_interval(Interval(1.0, 0.9, 0.95), 5).high == 1.0
