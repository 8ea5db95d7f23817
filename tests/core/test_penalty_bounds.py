"""A penalised QUBO bounds the constrained optimum, and where it would not, none is claimed. By enumeration."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import QUBO, Backend, Budget, Fidelity, Instance, Quality, Reply, Termination
from qmectk.language import Language
from qmectk.lowerings.penalty import Penalise
from qmectk.lowerings.readings import ReadQuadratic
from qmectk.lowerings.whole import reaches_all, same_bits
from qmectk.testing.instances import Knapsack, all_actions

pytest.importorskip("dimod")

seeds = st.integers(0, 2**32 - 1)


@dataclass(eq=False)
class Drawn(Instance):
    """Four bits, a quadratic objective, and one to three constraints of every form that a penalty takes."""

    rng: Any
    label = "drawn"

    def __post_init__(self) -> None:
        rng = self.rng
        self.scale = float(10.0 ** rng.integers(-2, 6))
        self.linear = (self.scale * rng.normal(size=4)).round(3)
        self.columns = (np.sqrt(self.scale) * rng.normal(size=(2, 4))).round(3)
        self.sense = int(rng.choice((-1, 1)))
        self.forms = [
            str(rng.choice(("whole", "decimal", "equal", "tenths", "one"))) for _ in range(rng.integers(1, 4))
        ]
        self.weights = rng.integers(-4, 6, (3, 4)).astype(float)
        self.right = rng.integers(-1, 7, 3).astype(float)

    def declare(self, m: Language) -> None:
        x = m.var("x", 4, kind="binary")
        value = m.dot(self.linear, x) - self.sense * m.sum(m.square(self.columns @ x - 0.5))
        if self.sense > 0:
            m.maximize(value)
        else:
            m.minimize(value)
        for i, form in enumerate(self.forms):
            weights, right = self.weights[i], self.right[i]
            if form == "whole":
                m.le(m.dot(weights, x), right, f"c{i}")
            elif form == "decimal":
                m.le(m.dot(0.125 * weights, x), 0.125 * right, f"c{i}")
            elif form == "tenths":
                m.le(m.dot(0.1 * weights, x), 0.1 * right, f"c{i}")
            elif form == "equal":
                m.eq(m.dot(0.1 * np.abs(weights), x), 0.1 * right, f"c{i}")
            else:
                m.le(m.sum(x), 1, f"c{i}")


def lowered_of(instance: Instance, penalty: float = 1.0) -> Any:
    view = ReadQuadratic().apply(instance, None, None).view
    return Penalise().apply(view, Penalise.Options(penalty=penalty), None)


def energies(lowered: Any) -> dict[tuple[int, ...], float]:
    """The least energy of every x over its slack bits, each energy rounded once."""
    model = lowered.view.model
    labels = list(model.variables)
    least: dict[tuple[int, ...], float] = {}
    for state in itertools.product((0, 1), repeat=len(labels)):
        sample = dict(zip(labels, state, strict=True))
        terms = [model.offset, *(w for v, w in model.linear.items() if sample[v])]
        terms += [w for (u, v), w in model.quadratic.items() if sample[u] and sample[v]]
        x = tuple(int(bit) for bit in lowered.lift(sample)["x"])
        least[x] = min(least.get(x, math.inf), math.fsum(terms))
    return least


def feasible_values(instance: Instance, n: int = 4) -> dict[tuple[int, ...], float]:
    """Objective of every x that the core calls feasible."""
    found = {tuple(map(int, x)): instance.measure({"x": x.astype(float)}) for x in all_actions(n)}
    return {x: m.objective for x, m in found.items() if m.violation <= 1e-6}


@settings(max_examples=60, deadline=None)
@given(seed=seeds, penalty=st.sampled_from([1e-3, 0.3, 1.0, 50.0]))
def test_the_least_energy_never_cuts_the_optimum(seed: int, penalty: float) -> None:
    instance = Drawn(np.random.default_rng(seed))
    lowered = lowered_of(instance, penalty)
    assert lowered.fidelity is Fidelity.BOUNDS
    least, values, sense = energies(lowered), feasible_values(instance), instance.sense
    for x, value in values.items():  # the penalty of a feasible point vanishes, whatever the multiplier
        assert sense * lowered.lift_bound(least[x]) >= sense * value
        assert -sense * least[x] == pytest.approx(value, rel=1e-9, abs=1e-9 * max(instance.scale, penalty))
    if values:
        bound = lowered.lift_bound(min(least.values()))
        assert sense * bound >= max(sense * value for value in values.values())


@settings(max_examples=40, deadline=None)
@given(seed=seeds, penalty=st.sampled_from([1e-3, 0.3, 1.0, 50.0]))
@example(seed=15862, penalty=1.0)
def test_tree_certifies_what_enumeration_finds(seed: int, penalty: float) -> None:
    pytest.importorskip("dwave.samplers")
    instance = Drawn(np.random.default_rng(seed))
    found = qmectk.solve(instance, "tree", options={"penalty": penalty}, reference=False)
    values = feasible_values(instance).values()
    assert found.faults == ()
    assert found.bound is not None
    if not values:
        assert found.quality is Quality.INFEASIBLE
        return
    best = instance.sense * max(instance.sense * value for value in values)
    assert instance.sense * found.bound >= instance.sense * best
    # the proof of an optimum is complete as soon as the ground state is feasible and the rounding of the energies,
    # which is taken off the bound, leaves no gap
    model = lowered_of(instance, penalty).view.model
    size = abs(model.offset) + sum(map(abs, [*model.linear.values(), *model.quadratic.values()]))
    closed = found.certificate is not None and found.certificate.gap(found.objective or 0.0, instance.sense) <= 1e-6
    broken = any("only within rounding" in note for note in found.notes)  # a point that its decimals break
    closed = closed and not broken
    assert (found.termination is Termination.PROVED) == (found.feasible and closed)
    if found.feasible:
        assert found.objective == pytest.approx(best, rel=1e-12, abs=1e-12 * size)
        assert found.bound == pytest.approx(best, rel=1e-12, abs=1e-12 * size)
        near = instance.sense * (found.bound - found.objective) <= 1e-6 * abs(found.bound)
        assert found.quality is (Quality.OPTIMAL if near and not broken else Quality.FEASIBLE)
    else:
        assert found.quality is Quality.INFEASIBLE


def test_a_weak_penalty_leaves_a_bound_and_no_optimum() -> None:
    pytest.importorskip("dwave.samplers")
    instance = Knapsack(np.array([3.0, 4.0, 5.0, 2.0]), np.array([[2.0, 3.0, 4.0, 1.0]]), np.array([5.0]))
    weak = qmectk.solve(instance, "tree", options={"penalty": 0.05}, reference=False)
    assert (weak.quality, weak.termination) == (Quality.INFEASIBLE, Termination.CONVERGED)
    # all but the second: worth 10 and 2 over the capacity, so 10 - 0.25 * 2^2 with a multiplier of 0.05 * 5
    assert weak.bound == pytest.approx(9.0)
    strong = qmectk.solve(instance, "tree", reference=False)
    assert (strong.quality, strong.objective) == (Quality.OPTIMAL, 7.0)
    assert strong.bound == pytest.approx(7.0, rel=1e-9)
    assert strong.bound >= 7.0
    assert [step["fidelity"] for step in strong.route] == ["exact", "exact", "relaxation"]


class Tiny(Instance):
    """Everything is over the capacity by less than a millionth of the declared scale, so all of it is feasible."""

    label = "tiny"

    def declare(self, m: Language) -> None:
        x = m.var("x", 4, kind="binary")
        m.maximize(m.dot(np.array([1.0, 2.0, 3.0, 4.0]), x))
        m.le(m.dot(np.array([1e-7, 2e-7, 3e-7, 1e-7]), x), 3e-7, "tiny", scale=1.0)


def test_no_bound_where_a_feasible_point_is_punished() -> None:
    instance = Tiny()
    lowered = lowered_of(instance)
    assert lowered.fidelity is Fidelity.NOTHING
    assert "no bounds, because the penalty of tiny may punish feasible points" in lowered.note
    # it would have been wrong
    assert max(feasible_values(instance).values()) == 10.0
    assert lowered.lift_bound(min(energies(lowered).values())) < 9.0
    if qmectk.plugins.registry().backends["tree"].missing():
        return
    found = qmectk.solve(instance, "tree", reference=False)
    assert (found.bound, found.termination, found.quality) == (None, Termination.CONVERGED, Quality.FEASIBLE)


def test_explain_says_what_travels_back() -> None:
    pytest.importorskip("dwave.samplers")
    route = qmectk.explain(Knapsack.drawn(4, 1), "tree")
    assert [row["fidelity"] for row in route.describe()] == ["exact", "exact", "relaxation"]
    assert route.fidelity is Fidelity.BOUNDS
    # a bound on a restriction is none on the problem, and penalties do not change that
    grid = qmectk.explain(qmectk.load("p1", devices=3, frames=3), "tree")
    assert [row["fidelity"] for row in grid.describe()] == ["exact", "restriction", "relaxation"]
    assert grid.fidelity is Fidelity.NOTHING


class Boaster(Backend):
    """Claims a better bound than it has."""

    name, accepts, proves = "boaster", (QUBO,), True

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        import dimod

        found = dimod.ExactSolver().sample(view.model)
        return Reply(dict(found.first.sample), Termination.PROVED, found.first.energy + 1.0, "boast")


def test_the_judge_refuses_a_bound_that_a_point_refutes() -> None:
    found = qmectk.solve(Knapsack.drawn(5, 1), Boaster, reference=False)
    assert found.feasible
    assert (found.bound, found.quality, found.termination) == (None, Quality.FEASIBLE, Termination.CONVERGED)
    assert "is refuted by its own point" in found.faults[0]


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.integers(1, 9), max_size=6), most=st.integers(0, 30))
def test_slack_reaches_every_whole_number(steps: list[int], most: int) -> None:
    sums = {sum(s for s, bit in zip(steps, bits, strict=True) if bit) for bits in all_actions(len(steps))}
    if reaches_all(steps, most):
        assert set(range(most + 1)) <= sums
    elif sums == set(range(sum(steps) + 1)):  # no gap at all: then only their sum can be too small
        assert most > sum(steps)


def test_rounded_coefficients_stand_for_thesame_bits() -> None:
    assert same_bits([1, 2, -3], [0.1, 0.2, -0.3])
    assert same_bits([1, 1, -1], [5e-4, 5e-4, -5e-4])
    assert same_bits([1, 1, -1], [1e-6, 1e-6, -1e-6])
    assert not same_bits([1, 1, -1], [1e-6, 1e-6, -1e-6], 1e-6)  # a whole unit may be violated
    assert not same_bits([1, 1, -1], [1.0, 0.4, -1.0])
    assert not same_bits([2**53, 1, -1], [2.0**53, 1.0, -1.0])
