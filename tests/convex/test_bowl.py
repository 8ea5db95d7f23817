"""The box of a conic program holds every feasible point below the ceiling, wherever its parabolas have their bottom."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("cvxpy")

from qmectk_convex.conic import Conic

NO_CONES = {"zero": 0, "soc": [], "exp": 0, "psd": [], "p3d": [], "pnd": []}


@pytest.mark.parametrize("seed", range(40))
def test_no_point_below_the_ceiling_is_cut_off(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    curvature = 10.0 ** rng.uniform(-3, 6, n) * (rng.random(n) < 0.8)
    cost = rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-3, 8, n)  # bottoms far outside of [0, 1] and within
    box = sp.vstack([sp.eye_array(n), -sp.eye_array(n)])
    data = {"A": box, "b": np.r_[np.ones(n), np.zeros(n)], "c": cost, "P": sp.diags_array(curvature)}
    program = Conic({**data, "dims": SimpleNamespace(nonneg=2 * n, **NO_CONES)}, 0.0)
    points = np.r_[rng.random((200, n)), rng.integers(0, 2, (20, n))]
    values = np.array([program.value(x) for x in points])
    best = np.array([min((0.0, 1.0, min(max(-c / d, 0.0), 1.0) if d else 0.0), key=lambda x: 0.5 * d * x * x + c * x)
                     for c, d in zip(cost, curvature, strict=True)])  # fmt: skip
    ceiling = float(np.quantile(values, rng.random()))
    with np.errstate(all="ignore"):
        low, high = program._box(ceiling)
    for x in [*points[values <= ceiling], best]:
        assert (low <= x).all()
        assert (x <= high).all()
    dual = np.r_[np.maximum(-(cost + curvature * best), 0.0), np.maximum(cost + curvature * best, 0.0)]
    assert program.bound(points[0], dual) <= program.value(best) + 1e-9 * abs(program.value(best))
