"""One declaration, many readings: they agree on the objective and on every constraint at every point of P1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.errors import NotExpressible
from qmectk.readings.algebraic import read_algebraic
from qmectk.readings.batched import measure_frames
from qmectk.readings.quadratic import read_quadratic

from .evaluated import agree, by_cvxpy, by_cvxpy_parameters, by_numpy, by_pyomo, by_terms

gains = st.lists(st.floats(1e-8, 1e-4), min_size=1, max_size=6)
seeds = st.integers(0, 2**32 - 1)


def p1_instance(h: list[float]) -> Any:
    problem: Any = qmectk.load("p1", devices=len(h), frames=1, training_frames=0)
    return problem.instance(np.array(h))


def interior(instance: Any, rng: np.random.Generator) -> dict[str, Any]:
    n = instance.n
    return {
        "a": float(rng.uniform(0.01, 1)),
        "tau": rng.uniform(0.01, 1, n),
        "x": rng.uniform(0.01, 0.99, n),
        "local": rng.uniform(0, 3, n),
        "offload": rng.uniform(0, 3, n),
    }


@settings(max_examples=25, deadline=None)
@given(h=gains, seed=seeds)
def test_p1_reads_the_same_everywhere(h: list[float], seed: int) -> None:
    instance = p1_instance(h)
    values = interior(instance, np.random.default_rng(seed))
    truth = by_numpy(instance, values)
    agree(truth, by_pyomo(instance, values))
    agree(truth, by_terms(instance, values), partly=True)
    agree(truth, by_cvxpy(instance, values))
    agree(truth, by_cvxpy_parameters(instance, values))


def test_p1_is_known_to_be_convex_and_not_quadratic() -> None:
    instance = p1_instance([1e-6, 2e-6])
    view = read_algebraic(instance)
    assert view.convex
    assert not view.linear
    assert {c.name for c in view.curved} == {"local rate", "offloading rate"}
    with pytest.raises(NotExpressible, match=r"^perspective_power is not quadratic$"):
        read_quadratic(instance)


@settings(max_examples=25, deadline=None)
@given(frames=st.integers(2, 6), devices=st.integers(1, 5), seed=seeds)
def test_measuring_frames_together_is_measuring_them_one_by_one(frames: int, devices: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    instances = [p1_instance(list(rng.uniform(1e-7, 1e-5, devices))) for _ in range(frames)]
    points = [interior(instance, rng) for instance in instances]
    points[0]["a"] = float("nan")
    points[-1]["tau"][0] = -0.5
    together = measure_frames(instances, points)
    assert together is not None
    for one, instance, point in zip(together, instances, points, strict=True):
        alone = instance.measure(point)
        assert one.sense == alone.sense
        assert one.objective == pytest.approx(alone.objective, rel=1e-12, nan_ok=True)
        assert one.violation == pytest.approx(alone.violation, rel=1e-12, abs=1e-15)
