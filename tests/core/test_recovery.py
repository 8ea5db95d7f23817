"""Ratios around a change of the world, and the action before a backend chose among its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Budget, Reply, Termination
from qmectk.learning.recovery import WINDOW, moving_mean, recoveries
from qmectk.testing.instances import CongestionParams, CongestionStream

from .fakes import backend


def dip(before: float, worst: float, length: int) -> np.ndarray:
    """A stream of 600 frames at `before`, a dip of some frames, and 600 frames at `before` again."""
    return np.concatenate([np.full(600, before), np.full(length, worst), np.full(600, before)])


@pytest.mark.parametrize("length", [100, 150, 400])
def test_a_dip_is_over_when_the_moving_mean_is_back(length: int) -> None:
    (found,) = recoveries(dip(0.99, 0.89, length), [600], 1)
    assert found.before == pytest.approx(0.99)
    assert found.after == pytest.approx(0.89)
    # within .001 of .99: at most one frame of a hundred is still bad
    assert found.frames == length - 1


def test_no_dip_no_frames_and_better_than_before_is_no_dip() -> None:
    assert recoveries(dip(0.99, 0.9895, 50), [600], 1)[0].frames == 0
    assert recoveries(dip(0.9, 1.0, 50), [600], 1)[0].frames == 0
    assert recoveries(dip(1.1, 1.3, 200), [600], -1)[0].frames == 200  # of a minimisation larger ratios are worse
    assert recoveries(dip(1.3, 1.1, 200), [600], -1)[0].frames == 0


def test_each_change_has_its_own_stretch() -> None:
    ratios = np.concatenate([np.full(300, 0.99), np.full(300, 0.9), np.full(300, 0.99)])
    first, second = recoveries(ratios, [300, 600], 1)
    assert (first.frame, first.frames) == (300, None)
    assert (second.frame, second.frames) == (600, 0)
    assert second.before == pytest.approx(0.9)
    assert recoveries(ratios, [0, 900, 2000], 1) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), min_size=1, max_size=40), st.integers(1, 60))
def test_moving_means_leave_out_what_is_not_known(series: Sequence[float], width: int) -> None:
    array = np.array(series)
    found = moving_mean(array, width)
    width = min(width, len(array))
    assert len(found) == len(array) - width + 1
    for k, mean in enumerate(found):
        part = array[k : k + width]
        known = part[np.isfinite(part)]
        assert (known.size == 0 and np.isnan(mean)) or mean == pytest.approx(known.mean(), abs=1e-12)


class Changing(CongestionStream):
    def changes(self) -> Sequence[int]:
        return (WINDOW,)


def both(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
    """Nobody at first, and the best single user after a look at the scores."""
    actions = np.eye(view.n, dtype=np.int8)
    nobody = np.zeros(view.n, np.int8)
    return Reply(actions[np.argmax(view.score(actions))], Termination.CONVERGED, raw=nobody)


def test_the_action_before_the_choice_is_measured_beside_the_answer() -> None:
    made = Changing(CongestionParams(users=3, frames=2 * WINDOW, training_frames=0))
    found = qmectk.solve(made, backend(both))
    assert isinstance(found, qmectk.StreamSolution)
    assert found.raw_objective == 0.0
    assert (found.raw_ratios == 0.0).all()
    assert (found.ratios > 0.2).all()
    data = found.as_dict()
    assert data["mean_raw_ratio"] == 0.0
    assert [(one["action"], one["frame"]) for one in data["recovery"]] == [("executed", WINDOW), ("rounded", WINDOW)]
    alone = qmectk.solve(made, backend(both), frame=3)
    assert alone.raw_objective == 0.0
    assert alone.as_dict()["raw_objective"] == 0.0


def test_without_one_nothing_is_said_of_it() -> None:
    found = qmectk.solve(CongestionStream.of(3, frames=3), backend())
    data = found.as_dict()
    assert data["mean_raw_ratio"] is None
    assert data["raw_objective"] is None
    assert data["recovery"] == []


def test_one_that_cannot_be_carried_out_is_worth_nothing() -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.ones(view.n, np.int8), Termination.CONVERGED, raw=np.zeros(view.n, np.int8))

    made = CongestionStream.of(3, least=2, frames=2)
    found = qmectk.solve(made, backend(solve), reference=False)
    assert found.feasible
    assert found.raw_objective is None
    wrong = qmectk.solve(made, backend(lambda v, b, r: Reply(None, Termination.CONVERGED, raw=[2, 0, 0])), frame=0)
    assert "cannot be read" in wrong.faults[0]


def test_ratios_are_drawn_with_the_changes() -> None:
    from matplotlib.figure import Figure

    from qmectk.learning.recovery_plot import plot_ratios

    made = Changing(CongestionParams(users=3, frames=2 * WINDOW, training_frames=0))
    found = qmectk.solve(made, backend(both))
    assert isinstance(found, qmectk.StreamSolution)
    figure = Figure()
    plot_ratios(figure, found)
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines[:2]] == ["executed", "rounded"]
    np.testing.assert_allclose(axes.lines[1].get_ydata(), 1.0)  # who does nothing is behind by all there is
    assert list(axes.lines[2].get_xdata()) == [WINDOW, WINDOW]
    assert axes.get_yscale() == "log"
