"""Where the order of two contenders hinges on the seeds, and how many seeds would settle it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from qmectk.comparing.report import write_report
from qmectk.comparing.statistics.seeds import _spread, half_width, hinges

from .frames import row

CASES = 2

worths = st.lists(st.integers(100, 1000).map(lambda cents: cents / 100.0), min_size=2, max_size=5)


def runs(**objectives):
    """A run a case and seed; cases lie on either side of their seed's mean."""
    return pd.DataFrame(
        row(backend=name, seed=seed, instance=f"i{case}", objective=objective + (0.01 if case else -0.01))
        for name, found in objectives.items()
        for seed, objective in enumerate(found)
        for case in range(CASES)
    )


@settings(deadline=None, max_examples=50)
@given(worths, worths)
def test_means_are_told_apart_as_welchs_test_does(first, second):
    assume(np.ptp(first) > 0.0 and np.ptp(second) > 0.0)
    low, high = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert half_width(np.array(first), np.array(second), 0.95) == pytest.approx((high - low) / 2.0)


def test_a_spread_is_said_as_what_it_is():
    said = [_spread(np.array(means)) for means in ([0.05], [0.05, 0.05], [0.05, 0.1, 0.07])]
    assert said == ["is 5 %", "is 5 % at every seed", "goes from 5 % to 10 % over 3 seeds"]


def test_only_neighbours_that_hinge_on_seeds_are_named():
    frame = runs(sa=[9.5, 9.0, 9.1], flat=[9.0, 9.0, 9.0], exact=[9.9, 9.9, 9.9], tabu=[9.3, 9.1, 8.9])
    found = hinges(frame)
    assert [one.names for one in found] == [("sa", "tabu"), ("tabu", "flat")]
    assert found[0].means[0] == pytest.approx([0.05, 0.1, 0.09])
    assert found[1].means[1] == pytest.approx([0.1] * 3)


def test_as_many_seeds_as_it_asks_for_settle_it():
    spread = np.array([-0.3, 0.0, 0.3])
    (hinge,) = hinges(runs(a=9.0 + spread, b=8.9 + spread))
    assert hinge.names == ("a", "b")

    def drawn(seeds: int) -> np.ndarray:
        """So many seeds with the mean and deviation of `spread`."""
        some = np.linspace(-1.0, 1.0, seeds)
        return some * spread.std(ddof=1) / some.std(ddof=1)

    assert not hinges(runs(a=9.0 + drawn(hinge.needed), b=8.9 + drawn(hinge.needed)))
    assert hinges(runs(a=9.0 + drawn(hinge.needed - 1), b=8.9 + drawn(hinge.needed - 1)))
    assert hinges(runs(a=9.0 + spread, b=8.9999 + spread))[0].needed is None


def test_nothing_hinges_where_there_is_no_spread_no_answer_or_no_difference():
    assert not hinges(runs(a=[9.0], b=[8.0]))
    assert not hinges(runs(a=[9.0, 9.0], b=[8.999, 8.999]))
    assert not hinges(runs(a=[9.0, 8.0], b=[8.0, 9.0]))
    frame = runs(a=[9.0, 8.0], b=[8.1, 8.9])
    assert not hinges(frame.assign(quality=["empty", *["feasible"] * (len(frame) - 1)]))


def test_the_report_says_so(tmp_path):
    frame = runs(sa=[9.5, 9.0, 9.1], tabu=[9.3, 9.1, 8.9], exact=[9.9, 9.9, 9.9])
    said = (
        "The order of sa and tabu hinges on seeds: their mean gaps are 1 % apart; that of sa goes from 5 % to 10 % "
        "over 3 seeds, that of tabu goes from 7 % to 11 % over 3 seeds. Run more seeds: about 44 would tell them apart."
    )
    assert said in write_report(frame, tmp_path / "r.md").read_text(encoding="utf-8")
    said = said.replace("mean gaps", "mean gaps to the best point found")
    assert said.partition(" are ")[0] in str(hinges(frame.assign(bound=np.nan))[0])
    assert "exact" not in said
