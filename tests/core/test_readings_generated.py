"""The readings agree on generated declarations, and on the instances of the conformance suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk.errors import NotExpressible
from qmectk.instance import Instance
from qmectk.language import Language
from qmectk.readings.algebraic import read_algebraic
from qmectk.readings.convex import read_convex
from qmectk.testing.instances import Congestion, Knapsack, Parity, Squares, Switch, TooLittle, WaterFilling

from .evaluated import agree, by_coefficients, by_cvxpy, by_expanded_coefficients, by_numpy, by_pyomo, by_terms

seeds = st.integers(0, 2**32 - 1)


@dataclass(eq=False)
class Generated(Instance):
    """A declaration out of the pieces that `kinds` names, with random numbers."""

    n: int
    seed: int
    sense: int
    kinds: frozenset[str]

    def declare(self, m: Language) -> None:
        rng = np.random.default_rng(self.seed)
        n = self.n

        def draw(*shape: int) -> Any:
            numbers = rng.integers(-8, 9, shape) / 4
            return np.where(rng.random(shape) < 0.3, 0.0, numbers)

        x = m.var("x", n, lower=-2, upper=3)
        y = m.var("y", lower=-5)
        b = m.var("b", n, kind="binary")
        k = m.var("k", kind="integer", upper=9)
        total = m.dot(draw(n), x) + float(draw()) * y + 1.5 - k / 2
        m.le(draw(3, n) @ x + draw(3) * y, draw(3) + 0.25, "rows")
        m.eq(m.sum(x) - 2 * y, 0.5, "balance")
        if "slices" in self.kinds:
            m.le(x[0] - x[-1], m.sum(b[1:]), "ends")
            m.ge(x[:1] + y, -1, "first")
        if "vector of scalars" in self.kinds:
            m.le(y, x + 3, "broadcast")
        if "matrix of a scalar" in self.kinds:
            m.le(draw(2, 1) @ x[:1], 4, "one column")
        if "squares" in self.kinds:
            total = total - self.sense * 0.5 * m.sum(m.square(draw(2, n) @ x - draw(2)))
        if "curved constraint" in self.kinds:
            m.le(m.square(x) + m.square(y), 9, "balls")
        if "power two" in self.kinds:
            m.le(m.power(y + 6, 2), 40, "power")
        if "products" in self.kinds:
            total = total + m.sum(m.mul(x, b)) + y * k
            m.le(x * y, 5, "bilinear")
        if self.sense > 0:
            m.maximize(total)
        else:
            m.minimize(total)


pieces = ["slices", "vector of scalars", "matrix of a scalar", "squares", "curved constraint", "power two", "products"]
declarations = st.builds(
    Generated,
    n=st.integers(1, 4),
    seed=seeds,
    sense=st.sampled_from([1, -1]),
    kinds=st.frozensets(st.sampled_from(pieces)),
)


@settings(max_examples=60, deadline=None)
@given(instance=declarations, seed=seeds)
def test_generated_declarations_read_the_same_everywhere(instance: Generated, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {
        "x": rng.normal(size=instance.n),
        "y": float(rng.normal()),
        "b": rng.integers(0, 2, instance.n).astype(float),
        "k": float(rng.integers(0, 10)),
    }
    truth = by_numpy(instance, values)
    agree(truth, by_pyomo(instance, values))
    agree(truth, by_coefficients(instance, values))
    agree(truth, by_expanded_coefficients(instance, values))
    if "products" in instance.kinds:
        with pytest.raises(NotExpressible, match="not convex by the disciplined rules"):
            read_convex(instance)
        assert not read_algebraic(instance).convex
    else:
        agree(truth, by_cvxpy(instance, values))
        agree(truth, by_terms(instance, values), partly=True)
        assert read_algebraic(instance).convex


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_the_suite_s_own_instances_read_the_same_everywhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for instance in (
        Knapsack.drawn(4, 2),
        Squares.drawn(3, 3),
        Switch(),
        Parity(),
        WaterFilling.drawn(3),
        TooLittle(np.array([1.0, 2.0])),
        Congestion(np.array([1.0, 2.0]), np.array([0.5, 0.25]), 1),
    ):
        values = {
            name: float(rng.random()) if v.size is None else rng.random(v.size)
            for name, v in instance.signature.variables.items()
        }
        truth = by_numpy(instance, values)
        agree(truth, by_pyomo(instance, values))
        agree(truth, by_cvxpy(instance, values))
        if "log1p" not in instance.signature.atoms:
            agree(truth, by_coefficients(instance, values))
