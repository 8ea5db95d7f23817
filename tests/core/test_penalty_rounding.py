"""Bounds on penalised energies where numbers cancel, are huge, or leave nothing to bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Fidelity, Instance, Quality
from qmectk.errors import NotExpressible, Refused
from qmectk.language import Language
from qmectk.testing.instances import Knapsack, all_actions

from .test_penalty_bounds import lowered_of

HUGE = {
    "tiny beside 1e12": (lambda m, x, y: m.le(1e-5 * x[0] + 1e12, 1e12, "c"), "c"),
    "units beside 1e16": (lambda m, x, y: m.le(m.sum(x) + 1e16, 1e16 + 1, "c"), "c"),
    "coefficients": (lambda m, x, y: m.le((1e12 * y + 1e-5 * x[0]) - 1e12 * y, 0, "c"), "c"),
    "a product": (lambda m, x, y: m.le(1e-5 * x[0] + 1e12 * (1e4 - y * 0) - 1e16, 0, "c"), "c"),
    "a matrix": (lambda m, x, y: m.le(np.full((2, 3), 1e-5) @ x + 1e12, 1e12, "c"), "c"),
}


class Three(Instance):
    """Three bits, one more that is called as the test wants, and what a test states of them."""

    label = "three"

    def __init__(self, state: Any, name: str = "y") -> None:
        self.state, self.name = state, name

    def declare(self, m: Language) -> None:
        x, y = m.var("x", 3, kind="binary"), m.var(self.name, kind="binary")
        m.maximize(m.dot([3, 2, 1], x) + 5 * y)
        self.state(m, x, y)

    def best(self) -> float:
        """By brute force over what the core measures."""
        points = ({"x": bits[:3].astype(float), self.name: float(bits[3])} for bits in all_actions(4))
        return max(m.objective for m in map(self.measure, points) if m.violation <= 1e-6)


def holds_for_tree(instance: Three) -> Any:
    """What tree finds, after its bound was held against brute force."""
    pytest.importorskip("dwave.samplers")
    found = qmectk.solve(instance, "tree", reference=False)
    assert found.faults == ()
    assert found.bound is None or found.bound >= instance.best()
    return found


def test_a_row_of_zeros_is_no_constraint() -> None:
    instance = Three(lambda m, x, y: m.le(x[0] * (x[1] - x[1]), 0, "c"))
    assert set(lowered_of(instance).view.model.variables) == {"x[0]", "x[1]", "x[2]", "y"}
    found = holds_for_tree(instance)
    assert (found.objective, found.quality) == (11.0, Quality.OPTIMAL)


@pytest.mark.parametrize("name", ["slack_c[0]_0", "slack_c[0]_1", "slack_c[0]'_0", "y"])
def test_slack_bits_are_bits_of_their_own(name: str) -> None:
    instance = Three(lambda m, x, y: m.le(m.sum(x) + 0 * y, 2, "c"), name)
    assert instance.best() == 10.0
    assert lowered_of(instance).view.n == 4 + 2
    found = holds_for_tree(instance)
    assert found.bound == pytest.approx(10.0, rel=1e-9)


def test_two_bits_of_one_name_are_refused() -> None:
    with pytest.raises(NotExpressible, match=r"two of its variables are called 'x\[0\]'"):
        lowered_of(Three(lambda m, x, y: m.le(m.sum(x), 1, "c"), "x[0]"))


@pytest.mark.parametrize("case", HUGE)
def test_no_bound_where_what_cancels_hides_what_the_core_rounds(case: str) -> None:
    state, name = HUGE[case]
    instance = Three(state)
    lowered = lowered_of(instance)
    assert lowered.fidelity is Fidelity.NOTHING
    assert f"the penalty of {name} may punish feasible points" in lowered.note
    assert holds_for_tree(instance).bound is None


def test_an_equation_beside_a_huge_constant_pays_in_its_allowance() -> None:
    instance = Three(lambda m, x, y: m.eq(1e-5 * x[0] + 1e12, 1e12, "c"))
    assert instance.best() == 11.0  # the core cannot see x[0]
    lowered = lowered_of(instance)
    assert lowered.fidelity is Fidelity.BOUNDS
    holds_for_tree(instance)


def test_moderate_numbers_keep_their_bound() -> None:
    instance = Three(lambda m, x, y: m.le(1e6 * m.sum(x) + 1e9, 1e9 + 2e6, "c"))
    assert lowered_of(instance).fidelity is Fidelity.BOUNDS
    assert holds_for_tree(instance).bound == pytest.approx(10.0, rel=1e-9)


@pytest.mark.parametrize("penalty", [1e308, 1.7976931348623157e308])
def test_penalties_that_make_energies_that_are_no_numbers_are_refused(penalty: float) -> None:
    """A sampler that compares inf with inf never ends."""
    with pytest.raises(Refused, match="too large to be numbers"):
        lowered_of(Knapsack.drawn(4, 1), penalty)
