"""What the certified searches tell while they run: better points, tighter bounds, and nothing that is not so."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, FactoredQuadratic, Reply, SharedBudget, Termination
from qmectk.views.capacity import Capacity
from qmectk_exact import exact
from qmectk_exact.capacity.backend import CapacitySolver
from qmectk_exact.dual import Dual
from qmectk_exact.improving import Improvements, improvements
from qmectk_exact.options import SearchOptions
from qmectk_lowrank.backends import LowRank, LowRankExact
from qmectk_lowrank.options import AnnealerOptions


def subset_sum(n: int) -> SharedBudget:
    """Items that all cross at nearly the same point, with different sizes: thousands of nodes."""
    rng = np.random.default_rng(17)
    gain = rng.uniform(0.1, 1.0, n) * 5 / n
    passive = 0.7 * gain * (1.0 + 1e-3 * rng.random(n))
    return SharedBudget(passive, np.full(n, 2.6), gain, lambda *point: {"x": point})


def tight_slot() -> Capacity:
    """One server a device, and servers that are full."""
    problem = qmectk.load("drift", devices=30, servers=4, one_server=True, server_cpu="8 GHz", frames=1, seed=2)
    return problem.instances()[0].slots().view  # type: ignore[attr-defined]


def signed(n: int = 40) -> FactoredQuadratic:
    """Squares of both signs and a chain: a search of some hundred nodes."""
    rng = np.random.default_rng(3)
    blocks, target, linear = rng.normal(size=(n, 4)), rng.normal(size=4), rng.normal(size=n)
    return FactoredQuadratic(blocks, target, linear, 0.5, 10, 0.25, signs=[1, 1, -1, 1])


def concave(n: int = 40) -> FactoredQuadratic:
    rng = np.random.default_rng(4)
    return FactoredQuadratic(
        rng.normal(size=n), linear=5.0 * rng.normal(size=n), signs=-1.0, penalty=1.0, count=10, chain=1.0
    )


def maximised() -> FactoredQuadratic:
    """The same numbers in a problem that maximises minus the value."""
    one = signed()
    return FactoredQuadratic(
        one.factors, one.target, one.linear, one.penalty, one.count, one.chain, signs=one.signs, sense=1
    )


def listened(backend: Backend, view: Any) -> tuple[Reply, list[tuple[float | None, float | None]]]:
    """The reply and what was told; the same reply comes without a listener."""
    reported: list[tuple[float | None, float | None]] = []

    def record(objective: float | None, bound: float | None, point: Any) -> None:
        assert point is None
        reported.append((objective, bound))

    reply = backend.solve_many([view], Budget(recorder=record), [np.random.default_rng(0)])[0]
    silent = type(backend)(backend.options).solve_many([view], Budget(), [np.random.default_rng(0)])[0]
    assert silent.termination is reply.termination
    assert silent.objective == pytest.approx(reply.objective, rel=1e-12)
    assert (silent.bound is None) == (reply.bound is None)
    assert reply.bound is None or silent.bound == pytest.approx(reply.bound, rel=1e-9)
    return reply, reported


CASES = [
    pytest.param(Dual(), subset_sum(18), 1, 4, id="dual"),
    pytest.param(CapacitySolver(), tight_slot(), 1, 2, id="capacity"),
    pytest.param(LowRankExact(SearchOptions(threads=1)), signed(), -1, 1, id="lowrank-exact"),
    pytest.param(LowRankExact(SearchOptions(threads=1)), maximised(), 1, 1, id="lowrank-exact, maximised"),
    pytest.param(LowRankExact(SearchOptions(threads=1)), concave(), -1, 3, id="lowrank-exact, concave"),
]


@pytest.mark.parametrize(("backend", "view", "sense", "points"), CASES)
def test_a_search_tells_of_better_points_and_tighter_bounds(
    backend: Backend, view: Any, sense: int, points: int
) -> None:
    reply, reported = listened(backend, view)
    assert reply.termination is Termination.PROVED
    assert reply.objective is not None
    assert reply.bound is not None
    objectives = [sense * objective for objective, _ in reported if objective is not None]
    bounds = [sense * bound for _, bound in reported if bound is not None]
    assert len(objectives) >= points
    assert len(bounds) >= 2
    assert all(late > early for early, late in itertools.pairwise(objectives))
    assert all(late < early for early, late in itertools.pairwise(bounds))
    # nothing is told that the end takes back: the sums of the end are made afresh, so rounding is allowed for
    rounding = 1e-12 * abs(reply.objective)
    assert objectives[-1] <= sense * reply.objective + rounding
    assert bounds[-1] >= sense * reply.bound - rounding
    assert bounds[-1] >= objectives[-1] - rounding
    # the last one is the answer
    assert objectives[-1] == pytest.approx(sense * reply.objective, rel=1e-9)


def test_an_annealer_tells_of_better_points_and_of_no_bound() -> None:
    rng = np.random.default_rng(5)
    blocks = np.abs(rng.normal(size=(300, 4)))
    view = FactoredQuadratic(blocks, 9.0 * rng.normal(size=4), rng.normal(size=300), 0.5, 30, 0.25)
    for threads in (1, 2):
        reply, reported = listened(LowRank(AnnealerOptions(reads=3, sweeps=3000, threads=threads)), view)
        values = [objective for objective, bound in reported if bound is None and objective is not None]
        assert len(values) == len(reported) >= 3
        assert all(late < early for early, late in itertools.pairwise(values))
        assert reply.objective is not None
        assert values[-1] == pytest.approx(reply.objective, rel=1e-12)
        assert values[0] > values[-1]


def test_every_value_of_a_small_search_is_that_of_a_point() -> None:
    view = signed(12)
    everything = ((np.arange(2**12)[:, None] >> np.arange(12)) & 1).astype(np.int8)
    attained = np.sort(view.value(everything))
    options = AnnealerOptions(reads=4, sweeps=40, threads=1)
    for backend in (LowRank(options), LowRankExact(SearchOptions(threads=1))):
        _, reported = listened(backend, view)
        values = np.array([objective for objective, _ in reported if objective is not None])
        nearest = attained[np.clip(np.searchsorted(attained, values - 1e-9), 0, len(attained) - 1)]
        np.testing.assert_allclose(values, nearest, rtol=1e-12)
        assert all(bound <= attained[0] + 1e-12 for _, bound in reported if bound is not None)


def test_of_several_instances_nothing_is_told() -> None:
    heard: list[Any] = []
    many: list[tuple[Backend, Any]] = [
        (Dual(), subset_sum(10)),
        (CapacitySolver(), tight_slot()),
        (LowRankExact(SearchOptions(threads=1)), signed()),
        (LowRank(AnnealerOptions(sweeps=5, threads=1)), signed()),
    ]
    for backend, view in many:
        generators = [np.random.default_rng(k) for k in range(2)]
        replies = backend.solve_many([view, view], Budget(recorder=lambda *event: heard.append(event)), generators)
        assert len(replies) == 2
    assert heard == []


def test_exact_passes_on_what_its_delegate_tells() -> None:
    blocks = {"model": "generator", "kind": "abs-normal", "n": 40, "d": 1}
    instance = qmectk.load("attention", blocks=blocks, k=10, variant="concave", frames=1).instances()[0]
    reply, reported = listened(exact.Exact(), instance)
    assert reply.info["via"] == "lowrank-exact"
    _, straight = listened(LowRankExact(), instance.factored().view)  # type: ignore[attr-defined]
    assert reported == straight
    assert len(reported) >= 4


class Pointer(Backend):
    """Tells of a point of its own view, and of one that has no values."""

    name, accepts = "pointer", (Binary,)
    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        point = np.ones(view.n, np.int8)
        budget.incumbent(point=point)
        budget.incumbent(bound=1e9, point=point)
        return Reply(point, Termination.CONVERGED)


def test_points_of_a_delegate_arrive_as_values_of_the_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "provers", lambda instance: iter([Pointer]))
    instance = qmectk.load("p1", devices=3, frames=1).instances()[0]
    heard: list[Any] = []
    budget = Budget(recorder=lambda *event: heard.append(event))
    recorder = budget.recorder
    exact.Exact().solve(instance, budget, np.random.default_rng(0))
    assert budget.recorder is recorder
    assert [(objective, bound) for objective, bound, _ in heard] == [(None, None), (None, 1e9)]
    for _, _, values in heard:
        measured = instance.measure(values)
        assert measured.violation <= 1e-9
        np.testing.assert_array_equal(values["x"], np.ones(3))


def test_filling_the_model_of_highs_is_compilation() -> None:
    budget = Budget()
    CapacitySolver(CapacitySolver.Options(method="highs")).solve(tight_slot(), budget, np.random.default_rng(0))
    assert 0.0 < budget.compilation_seconds < budget.elapsed
    without = Budget()
    Dual().solve(subset_sum(8), without, np.random.default_rng(0))
    assert without.compilation_seconds == 0.0


def test_improvements_only() -> None:
    assert improvements(Budget(), 1) is None
    heard: list[Any] = []
    reported = Improvements(Budget(recorder=lambda *event: heard.append(event)), -1)
    reported(np.inf, -np.inf)
    reported(3.0, -np.inf)
    reported(4.0, 1.0)
    reported(3.0, 0.5)
    reported(2.0)
    reported(2.0, 1.5)
    assert heard == [(3.0, None, None), (None, 1.0, None), (2.0, None, None), (None, 1.5, None)]


def test_a_search_that_nodes_end_says_so_and_how_far_its_bound_is():
    reply = Dual(SearchOptions(nodes=3)).solve(subset_sum(20), Budget(), np.random.default_rng(0))
    assert reply.termination is Termination.BUDGET
    assert re.fullmatch(r"the search ended after 3 nodes by .*, and its bound is [0-9.e-]+ above it", reply.message)
