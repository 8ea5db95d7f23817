"""Devices in outage, weights of zero, single devices: the right answer, by enumeration on the declared problem."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.documents import parse

#: Gains of devices that hear nothing, next to nothing, and something.
GAINS = st.sampled_from([0.0, 5e-324, 1e-300, 1e-160, 1e-20, 1e-15, 1e-14, 1e-10, 3e-7, 1e-6, 2e-6, 1e-4])


def problem(n: int, weights: Any = "alternating") -> Any:
    return parse(f"problem: p1\ndevices: {n}\nweights: {weights}\n")


def enumerated(one: Any) -> float:
    best = 0.0
    for action in itertools.product((0, 1), repeat=one.n):
        measured = one.measure(one.complete(np.array(action)))
        assert measured.violation <= 1e-9
        best = max(best, measured.objective)
    return best


@pytest.mark.parametrize(
    ("gains", "optimum"),
    [([0, 1e-6, 2e-6], 0.23765594113896), ([0, 0, 1e-6], 0.05943921952763), ([0, 0, 0], 0.0), ([0], 0.0)],
)
@pytest.mark.parametrize("backend", ["exact", "dual", "exhaustive", "highs", "cvxpy", "cd", "greedy", "threshold"])
def test_a_device_in_outage_is_left_alone(backend: str, gains: list[float], optimum: float) -> None:
    found = qmectk.solve(problem(len(gains)).instance(gains), backend)
    assert found.quality is qmectk.Quality.OPTIMAL
    assert found.objective == pytest.approx(optimum, rel=1e-9, abs=1e-15)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), backend=st.sampled_from(["dual", "exhaustive", "cd", "greedy"]))
def test_answers_are_those_of_enumeration(data: Any, backend: str) -> None:
    n = data.draw(st.integers(1, 4))
    gains = data.draw(st.lists(GAINS, min_size=n, max_size=n))
    weights = data.draw(st.lists(st.sampled_from([0, 1, 1.5]), min_size=n, max_size=n))
    one = problem(n, weights).instance(gains)
    assert np.isfinite(one.alone).all()
    best = enumerated(one)
    found = qmectk.solve(one, backend, reference=False)
    assert found.feasible
    assert found.objective is not None
    assert found.objective <= best * (1 + 1e-9)
    if backend in ("dual", "exhaustive"):
        assert found.objective >= best * (1 - 2e-6)


def test_cells_that_are_too_large_have_answers() -> None:
    """At 50 to 100 m with an exponent of 4 the rate of half of the devices is below what floats can add."""
    text = "problem: p1\ndevices: 5\nframes: 3\nchannel: {distance: {between: [50 m, 100 m]}, path_loss_exponent: 4}\n"
    found = qmectk.solve(parse(text), "dual")
    assert found.quality is qmectk.Quality.OPTIMAL


def test_what_policies_see_of_a_device_in_outage_is_finite() -> None:
    view = problem(3).instance([0.0, 1e-300, 1e-6]).binary().view
    assert np.isfinite(view.features()).all()
    assert np.isfinite(view.context(2)).all()
