"""The bounds of ``tree`` hold against exact arithmetic, rounding included."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk import QUBO, Budget, FactoredQuadratic
from qmectk_annealing.couplings import Couplings
from qmectk_annealing.dense import DenseOptions, WriteOut
from qmectk_annealing.tree import Tree, rounding

dimod = pytest.importorskip("dimod")
pytest.importorskip("dwave.samplers")

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, scale=st.sampled_from([1.0, 1e6, 1e12]))
def test_a_bound_is_never_above_the_least_energy(seed: int, scale: float) -> None:
    """With weights that cancel to a small rest, so that the rounding of the sums shows."""
    rng = np.random.default_rng(seed)
    n = 7
    model = dimod.BinaryQuadraticModel("BINARY")
    for i in range(n):
        model.add_linear(i, scale * rng.normal() + rng.normal())
    for i, j in itertools.combinations(range(n), 2):
        model.add_quadratic(i, j, scale * rng.normal() / 3.0)
    model.offset = -scale * rng.normal() / 7.0
    least = min(_energy(model, state) for state in itertools.product((0, 1), repeat=n))
    reply = Tree().solve(QUBO(model, {}, lambda sample: True), Budget(), np.random.default_rng(0))
    assert reply.bound is not None
    assert Fraction(reply.bound) <= least
    assert least - Fraction(reply.bound) <= Fraction(2.0 * rounding(Couplings.of(model)))
    assert rounding(Couplings.of(model)) < 1e-12 * scale * 100


def _energy(model, state) -> Fraction:
    total = Fraction(model.offset) + sum(Fraction(w) for v, w in model.linear.items() if state[v])
    return total + sum(Fraction(w) for (u, v), w in model.quadratic.items() if state[u] and state[v])


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_written_out_couplings_never_cut_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d = 6, int(rng.integers(0, 3))
    view = FactoredQuadratic(
        1e3 * rng.normal(size=(n, d)),
        rng.normal(size=d),
        rng.normal(size=n),
        float(rng.uniform(0.0, 5.0)),
        float(rng.uniform(0.0, 6.0)),
        rng.normal(size=n - 1),
        int(rng.integers(0, n + 1)) if rng.random() < 0.7 else None,
        sense=int(rng.choice((-1, 1))),
    )
    lowered = WriteOut().apply(view, DenseOptions(), None)
    reply = Tree().solve(lowered.view, Budget(), rng)
    assert reply.bound is not None
    best = view.objective(float(view.value(np.array(list(itertools.product((0, 1), repeat=n)))).min()))
    assert view.sense * lowered.lift_bound(reply.bound) >= view.sense * best
    assert lowered.lift_bound(reply.bound) == pytest.approx(best, rel=1e-9, abs=1e-4)
