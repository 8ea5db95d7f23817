"""Canonicalisation is charged as compilation; the answers are those of ``problem.solve``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Budget, Termination
from qmectk.lowerings.readings import ReadConvex, RelaxIntegrality
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.testing.instances import Knapsack, Switch, TooLittle, WaterFilling
from qmectk_convex.cvxpy_backend import Cvxpy

cp = pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")

SETTINGS: dict[str, dict[str, Any]] = {
    "clarabel": {"solver": "CLARABEL", "tol_gap_rel": 1e-8, "tol_gap_abs": 1e-8, "tol_feas": 1e-8, "max_threads": 1},
    "scs": {"solver": "SCS", "eps": 1e-7},
}


def view(instance: Any) -> Any:
    lowering = ReadConvex() if ReadConvex().refuses(instance) is None else RelaxIntegrality()
    return lowering.apply(instance, None, None).view


@pytest.mark.parametrize("solver", ["clarabel", "scs"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: WaterFilling.drawn(5),
        Switch,
        lambda: Knapsack.drawn(8, 2),
        lambda: qmectk.load("p1", devices=3, frames=1, training_frames=0).instances()[0],
    ],
    ids=["water filling", "switch", "knapsack", "p1"],
)
def test_answers_are_those_of_one_call(make: Any, solver: str) -> None:
    if solver == "scs":
        pytest.importorskip("scs")
    plain, ours = view(make()), view(make())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain.problem.solve(**SETTINGS[solver])
    budget = Budget()
    reply = Cvxpy(Cvxpy.Options(solver=solver)).solve(ours, budget, np.random.default_rng(0))
    assert ours.problem.status == plain.problem.status
    assert ours.problem.value == plain.problem.value
    for name, value in plain.values().items():
        np.testing.assert_array_equal(reply.point[name], value)
    assert 0.0 < budget.compilation_seconds <= budget.elapsed


def test_compilation_is_told_of_the_solution() -> None:
    found = qmectk.solve(WaterFilling.drawn(5), "cvxpy", reference=False)
    assert 0.0 < found.compilation_seconds <= found.seconds


def test_a_proof_of_infeasibility_survives() -> None:
    reply = Cvxpy().solve(view(TooLittle(np.array([1.0, 2.0]))), Budget(), np.random.default_rng(0))
    assert (reply.point, reply.termination) == (None, Termination.PROVED)


@pytest.mark.parametrize("solver", ["clarabel", "scs"])
def test_out_of_time_ends_with_a_rounded_point_and_says_so(solver: str) -> None:
    """The limit is what canonicalisation left of the time, and at least a millisecond."""
    if solver == "scs":
        pytest.importorskip("scs")
    instance = qmectk.load("p1", devices=40, frames=1, training_frames=0).instances()[0]
    route = find_route(instance, Cvxpy, registry())
    # asked directly: qmectk.solve would end it in canonicalisation, which takes longer than that
    reply = Cvxpy(Cvxpy.Options(solver=solver)).solve(route.view, Budget(1e-3), np.random.default_rng(0))
    assert instance.measure(route.lift(reply.point)).feasible
    assert reply.termination is Termination.BUDGET
    assert reply.bound is None
