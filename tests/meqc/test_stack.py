"""A stream measured at once is the stream measured slot by slot, whatever the rules and the points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.readings.batched import measure_frames

XU = [
    {"preset": preset, "allow_none": alone, **extra}
    for preset in ("published", "calibrated")
    for alone in (False, True)
    for extra in ({}, {"latency": "parallel"}, {"sharing": "bandwidth"}, {"sharing": "cpu"})
    if "sharing" not in extra or alone or preset == "calibrated"
]
YE: list[dict[str, Any]] = [
    {"preset": preset, "cost_form": form, **extra}
    for preset in ("published", "calibrated")
    for form in ("published", "serial", "parallel")
    for extra in ({}, {"qpu_slots": 1, "backlog": 3.0})
]


def compare(instances: Any, rng: np.random.Generator) -> None:
    """Anything may be a point: numbers in and out of the bounds, whole and broken, in every variable."""
    points = []
    for one in instances:
        sizes = {name: variable.size for name, variable in one.signature.variables.items()}
        scale = 10.0 ** rng.uniform(-1, 1)
        points.append(
            {
                name: rng.integers(0, 2, size) if rng.random() < 0.5 else scale * rng.normal(size=size)
                for name, size in sizes.items()
            }
        )
    together = measure_frames(instances, points)
    assert together is not None
    for one, point, both in zip(instances, points, together, strict=True):
        alone = one.measure(point)
        assert both.objective == pytest.approx(alone.objective, rel=1e-9, abs=1e-9)
        assert both.violation == pytest.approx(alone.violation, rel=1e-9, abs=1e-9)
        assert both.sense == alone.sense


@pytest.mark.parametrize("rules", XU, ids=lambda rules: "-".join(map(str, rules.values())))
@settings(max_examples=6, deadline=None)
@given(users=st.integers(1, 5), servers=st.integers(1, 4), slots=st.integers(1, 2), seed=st.integers(0, 2**32 - 1))
def test_the_servers_of_xu(rules: dict[str, Any], users: int, servers: int, slots: int, seed: int) -> None:
    problem = qmectk.load(
        "meqc", users=users, servers=servers, qpu_slots=slots, seed=seed % 1000, frames=5, training_frames=0, **rules
    )
    compare(problem.instances(), np.random.default_rng(seed))


@pytest.mark.parametrize("rules", YE, ids=lambda rules: "-".join(map(str, rules.values())))
@settings(max_examples=6, deadline=None)
@given(devices=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_the_cloud_of_ye(rules: dict[str, Any], devices: int, seed: int) -> None:
    problem = qmectk.load("meqc-ye", devices=devices, seed=seed % 1000, frames=5, training_frames=0, **rules)
    compare(problem.instances(), np.random.default_rng(seed))


def test_slots_that_are_not_alike_do_not_stack() -> None:
    def first(**rules: Any) -> Any:
        return qmectk.load("meqc", users=3, servers=2, frames=1, training_frames=0, **rules).instances()[0]

    kind = type(first())
    assert kind.stack([first(), first(seed=1)]) is not None
    assert kind.stack([first(), first(allow_none=True)]) is None
    assert kind.stack([first(), first(weights={"time": 1.0, "energy": 0.0})]) is None
    other = qmectk.load("meqc", users=4, servers=2, frames=1, training_frames=0).instances()[0]
    assert kind.stack([first(), other]) is None


def test_frames_of_other_shapes_are_measured_one_by_one() -> None:
    for name, few, many in (
        ("p1", {"devices": 3}, {"devices": 4}),
        ("drift", {"devices": 3}, {"devices": 4}),
        ("attention", {"k": 2, "blocks": {"n": 5}}, {"k": 2, "blocks": {"n": 6}}),
        ("meqc-ye", {"devices": 3}, {"devices": 4}),
    ):
        one, other = (qmectk.load(name, frames=1, training_frames=0, **sizes).instances()[0] for sizes in (few, many))
        assert type(one).stack([one, one]) is not None
        assert type(one).stack([one, other]) is None
