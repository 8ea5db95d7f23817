"""The core's own lowerings against enumeration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Fidelity, Instance
from qmectk.errors import Infeasible, NoRoute, NotExpressible, Refused
from qmectk.language import Language
from qmectk.lowerings.binary import FixBits, FixedBits, binary_view, completion
from qmectk.lowerings.penalty import Penalise
from qmectk.lowerings.readings import ReadConvex, ReadQuadratic, RelaxIntegrality
from qmectk.testing.instances import (
    Congestion,
    Knapsack,
    OneBit,
    Parity,
    Squares,
    Switch,
    TooMany,
    WaterFilling,
    all_actions,
    true_optimum,
)

seeds = st.integers(0, 2**32 - 1)


@dataclass(eq=False)
class Facility(Instance):
    """Bits and a continuous part: open sites at a cost, serve a demand from them."""

    cost: Any
    worth: Any

    def declare(self, m: Language) -> None:
        n = len(self.cost)
        sites, served = m.var("sites", n, kind="binary"), m.var("served", n, upper=1)
        m.maximize(m.dot(self.worth, served) - m.dot(self.cost, sites))
        m.le(served, sites, "only from open sites")
        m.le(m.sum(served), 1.5, "demand")


# ---- fixing the bits ------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_fixed_bits_score_what_the_completed_point_measures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    instance = Facility(rng.uniform(0.1, 0.5, 3), rng.uniform(0.2, 2.0, 3))
    view = FixedBits(instance)
    assert (view.n, view.sense) == (3, 1)
    actions = all_actions(3)
    for action, score in zip(actions, view.score(actions), strict=True):
        point = view.complete(action)
        measured = instance.measure(point)
        assert measured.violation < 1e-6
        assert measured.objective == pytest.approx(score, abs=1e-6)
        assert point["sites"].tolist() == action.tolist()


def test_fixed_bits_equal_a_view_that_the_problem_hands_over() -> None:
    """P1's one-root solution of P2 against a conic solver, for every action of 4 devices."""
    (instance,) = qmectk.load("p1", devices=4, frames=1, training_frames=0).instances()
    own: Any = binary_view(instance)
    assert type(own).__name__ == "P1Binary"
    np.testing.assert_allclose(FixedBits(instance).score(all_actions(4)), own.score(all_actions(4)), rtol=1e-6)


def test_actions_without_a_completion_score_minus_infinity() -> None:
    view = FixedBits(Parity())
    assert np.isneginf(view.score(all_actions(2))).all()
    with pytest.raises(Infeasible, match="no feasible completion"):
        view.complete(np.array([1, 0]))


def test_scores_of_a_minimisation_are_negated() -> None:
    instance = Squares.drawn(3, 4)
    view = FixedBits(instance)
    scores = view.score(all_actions(4))
    assert -scores.max() == pytest.approx(true_optimum(instance), abs=1e-6)
    assert view.sense == -1


def test_features_tell_the_effect_of_each_bit() -> None:
    view = FixedBits(Knapsack(np.array([1.0, 4.0, 9.0]), np.array([[1.0, 1.0, 9.0]]), np.array([2.0])))
    np.testing.assert_allclose(view.features(), [0.25, 1.0, 0.0], atol=1e-6)  # the third alone does not fit
    assert view.context(3).shape == (3, 3)


def test_what_cannot_be_fixed_says_so() -> None:
    class Whole(Instance):
        def declare(self, m: Language) -> None:
            m.maximize(m.sum(m.var("k", 2, kind="integer", upper=3)) + m.var("x", kind="binary"))

    assert FixBits().refuses(Whole()) == "k is integer, not binary"
    assert FixBits().refuses(WaterFilling.drawn(2)) == "it has no binary variables"
    assert binary_view(Whole()) is None


def test_completion_is_for_points_with_both_kinds_of_variables() -> None:
    assert completion(Knapsack.drawn(3, 1)) is None
    assert completion(WaterFilling.drawn(3)) is None
    complete = completion(Switch())
    assert complete is not None
    assert complete({"x": 0.9, "y": 0.1}) == {"x": 1.0, "y": pytest.approx(2.0, abs=1e-6)}


# ---- penalties ------------------------------------------------------------------------------------


def best_sample(lowered: Any) -> dict[str, Any]:
    """The feasible ground state; one that breaks a constraint may have the same energy, but none a lower one."""
    import dimod

    found = dimod.ExactSolver().sample(lowered.view.model)
    ground = [dict(d.sample) for d in found.data() if d.energy <= found.first.energy + 1e-9]
    feasible = [sample for sample in ground if lowered.view.feasible(sample) is True]
    assert feasible
    values: dict[str, Any] = lowered.lift(feasible[0])
    return values


def penalised(instance: Instance, max_bits: int | None = None, **options: Any) -> Any:
    quadratic = ReadQuadratic().apply(instance, None, None)
    return Penalise().apply(quadratic.view, Penalise.Options(**options), max_bits)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_lowest_energy_is_the_optimum(seed: int) -> None:
    """With the automatic multipliers, on knapsacks with whole weights, by enumeration of both.

    A state that is v over the capacity pays at least v multipliers, and dropping v items, worth a multiplier each at
    most, makes it feasible: breaking the capacity never pays, but it may cost nothing.
    """
    rng = np.random.default_rng(seed)
    instance = Knapsack(
        rng.integers(1, 9, 4).astype(float),
        rng.integers(1, 5, (1, 4)).astype(float),
        np.array([float(rng.integers(4, 9))]),
    )
    lowered = penalised(instance)
    measured = instance.measure(best_sample(lowered))
    assert measured.violation == 0
    assert measured.objective == pytest.approx(true_optimum(instance))
    bits = np.array(all_actions(lowered.view.n))
    lowest = float(lowered.view.model.energies((bits, list(lowered.view.model.variables))).min())
    assert lowest == pytest.approx(-measured.objective)
    assert lowered.lift_bound(lowest) == pytest.approx(measured.objective, rel=1e-9)
    assert lowered.fidelity is Fidelity.BOUNDS  # and nothing more: a sample may violate the capacity
    assert set(lowered.view.penalties) == {"capacity"}


@pytest.mark.parametrize(
    "instance",
    [Squares.drawn(3, 4), OneBit(), Congestion(np.array([2.0, 1.0, 3.0]), np.array([0.5, 1.0, 1.0]), 1)],
    ids=["squares", "one bit", "congestion"],
)
def test_quadratic_objectives_keep_their_value(instance: Any) -> None:
    lowered = penalised(instance)
    measured = instance.measure(best_sample(lowered))
    assert measured.violation == 0
    assert measured.objective == pytest.approx(true_optimum(instance))


def test_energies_are_objectives_where_nothing_is_violated() -> None:
    instance = Knapsack.drawn(4, 1)
    lowered = penalised(instance)
    for bits in all_actions(lowered.view.n):
        sample = lowered.view.sample(bits)
        measured = instance.measure(lowered.lift(sample))
        energy = float(lowered.view.model.energy(sample))
        assert energy >= -measured.objective - 1e-9  # a penalty only ever adds
        assert lowered.view.feasible(sample) is (measured.violation == 0)


def test_an_infeasible_problem_still_has_a_qubo() -> None:
    lowered = penalised(TooMany(np.array([1.0, 2.0])))
    assert not lowered.view.feasible(lowered.view.sample(np.ones(lowered.view.n, int)))


def test_what_a_qubo_cannot_express_says_so() -> None:
    with pytest.raises(NotExpressible, match="'y' is continuous, and a QUBO has bits only"):
        penalised(Switch())
    with pytest.raises(NotExpressible, match="not multiples of one number"):
        penalised(Knapsack(np.ones(2), np.array([[1.0, np.pi]]), np.array([2.0])))
    with pytest.raises(Refused, match=r"has at least [0-9]+ bits and this backend takes at most 3"):
        penalised(Knapsack.drawn(4, 1), max_bits=3)

    class Round(Instance):
        def declare(self, m: Language) -> None:
            x = m.var("x", 2, kind="binary")
            m.maximize(m.sum(x))
            m.le(m.square(m.sum(x)), 1, "ball")

    with pytest.raises(NotExpressible, match="constraint 'ball' is quadratic"):
        penalised(Round())


# ---- relaxations ----------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_a_relaxation_bounds_and_its_point_comes_back_integer(seed: int) -> None:
    instance = Knapsack.drawn(5, 2, seed)
    lowered = RelaxIntegrality().apply(instance, None, None)
    lowered.view.problem.solve()
    optimum = true_optimum(instance)
    assert optimum is not None
    assert lowered.view.problem.value >= optimum - 1e-6
    assert lowered.fidelity is Fidelity.BOUNDS
    x = lowered.lift(lowered.view.values())["x"]
    assert np.isin(x, (0.0, 1.0)).all()


def test_relaxing_and_reading_exclude_each_other() -> None:
    assert ReadConvex().refuses(Switch()) == "x must be integer"
    assert ReadConvex().refuses(WaterFilling.drawn(2)) is None
    assert RelaxIntegrality().refuses(WaterFilling.drawn(2)) == "it has no integer variables to relax"
    assert RelaxIntegrality().refuses(Switch()) is None
    assert ReadQuadratic().refuses(WaterFilling.drawn(2)) == "log1p is not quadratic"


def test_a_convex_problem_is_solved_to_its_closed_form() -> None:
    instance = WaterFilling.drawn(6)
    found = qmectk.solve(instance, "cvxpy", reference=False)
    assert found.objective == pytest.approx(instance.known_optimum(), rel=1e-6)
    with pytest.raises(NoRoute, match="sa"):
        qmectk.solve(instance, "sa")
