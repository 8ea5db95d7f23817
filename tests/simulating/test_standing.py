"""When a controller stands over a horizon, and when not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qmectk
from qmectk.documents import parse
from qmectk.simulating.standing import NEGLIGIBLE, STABLE, fall
from qmectk.simulating.trajectory import smooth

GOOD = {"slots": 100, "done": 100, "violation": 0.0, "unmet": "", "queues": {}}


def marks(quarter: float, half: float, end: float) -> dict:
    return {**GOOD, "queues": {"work": {"last": 1.0, "quarter": quarter, "half": half, "end": end}}}


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (GOOD, ""),
        ({**GOOD, "done": 99}, "it reached 99 of 100 slots"),
        ({**GOOD, "violation": 1e-6}, ""),
        ({**GOOD, "violation": 2e-6}, "violates a constraint, by up to 2e-06"),
        ({**GOOD, "unmet": "the share is too small"}, "the share is too small"),
        (marks(0.2, 0.1, STABLE), ""),
        (marks(0.2, 0.1, 1.01 * STABLE), "above 0.05"),
        (marks(0.03, 0.04, 0.03), "rising"),
        (marks(0.04, 0.02, 0.03), "rising"),
        (marks(0.0116, 0.0081, 0.0097), ""),
        (marks(0.0, 0.4 * NEGLIGIBLE * STABLE, NEGLIGIBLE * STABLE), ""),
        (marks(0.0, 0.0, 0.0), ""),
    ],
)
def test_each_condition(facts, says):
    assert says in fall(facts)
    assert bool(says) == bool(fall(facts))


@given(
    growth=st.floats(0.06, 10.0),
    start=st.floats(0.0, 100.0),
    slots=st.integers(40, 10_000).map(lambda n: 4 * n),
)
def test_a_queue_that_grows_never_stands(growth, start, slots):
    """Q(t) = start + growth t is above the threshold at T, however slowly Q(t)/t falls."""
    length = [start + growth * t for t in (slots // 4, slots // 2, slots)]
    assert fall(marks(length[0] / (slots // 4), length[1] / (slots // 2), length[2] / slots)) != ""


@given(level=st.floats(0.0, 100.0), slots=st.integers(500, 10_000).map(lambda n: 4 * n))
def test_a_queue_that_stays_stands_once_the_horizon_is_long_enough(level, slots):
    reported = fall(marks(level / (slots // 4), level / (slots // 2), level / slots))
    assert (reported == "") == (level / slots <= STABLE)


def test_a_share_that_the_printed_queue_does_not_see_is_said():
    """The queue as printed stays empty under a share of next to nothing; the corrected one keeps its promise."""
    for queue, keeps in (("corrected", True), ("printed", False)):
        problem = parse(f"{{problem: meqc-ye, devices: 3, Delta: 0.9, queue: {queue}}}")
        run = qmectk.simulate(problem, "random", slots=24, reference=False)
        share, z = run.means()["share"], run.rates()["virtual_backlog"]
        assert (share >= 0.9 - z - 1e-9) == (run.unmet == "") == (keeps or share >= 0.9 - z - 1e-9)
        if not keeps:
            assert "below Delta - z(R)/R" in run.unmet


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300), st.integers(1, 50))
def test_thinned_records_keep_the_mean_and_their_number(series, most):
    places, means = smooth(series, most)
    assert 1 <= len(means) == len(places) <= most
    used = len(series) // -(-len(series) // most) * -(-len(series) // most)
    assert np.mean(means) == pytest.approx(np.mean(series[:used]), abs=1e-6)
