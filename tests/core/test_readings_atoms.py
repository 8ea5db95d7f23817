"""The readings of single atoms, and declarations at the edge of what a reading can say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import qmectk
from qmectk.errors import NotExpressible
from qmectk.instance import Instance
from qmectk.language import Language
from qmectk.readings.algebraic import read_algebraic
from qmectk.readings.convex import read_convex
from qmectk.readings.quadratic import read_quadratic
from qmectk.testing.instances import Squares

from .evaluated import agree, by_cvxpy, by_numpy, by_pyomo, by_terms


@dataclass(eq=False)
class OneAtom(Instance):
    """One atom of affine arguments, as a constraint and as an objective."""

    atom: str

    def declare(self, m: Language) -> None:
        t, y = m.var("t", 3), m.var("y", 3)
        made = {
            "log1p": lambda: m.log1p(2 * y),
            "square": lambda: m.square(y - t),
            "root": lambda: m.power(y, 1 / 3),
            "cube": lambda: m.power(y, 3),
            "perspective_log1p": lambda: m.perspective_log1p(t, 3 * y),
            "perspective_power": lambda: m.perspective_power(t, y, 1 / 3),
            "rel_entr": lambda: m.rel_entr(y, t),
        }[self.atom]()
        concave = self.atom in ("log1p", "root", "perspective_log1p", "perspective_power")
        sign = -1.0 if concave else 1.0
        m.le(sign * made, 7, "one")
        m.minimize(m.sum(sign * made))


@pytest.mark.parametrize(
    "atom", ["log1p", "square", "root", "cube", "perspective_log1p", "perspective_power", "rel_entr"]
)
def test_every_atom_reads_the_same_everywhere(atom: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        instance, values = OneAtom(atom), {"t": rng.uniform(0.1, 3, 3), "y": rng.uniform(0.1, 3, 3)}
        truth = by_numpy(instance, values)
        agree(truth, by_pyomo(instance, values))
        agree(truth, by_cvxpy(instance, values))
        agree(truth, by_terms(instance, values))
        assert read_algebraic(instance).convex


@pytest.mark.parametrize("atom", ["log1p", "root", "cube", "perspective_log1p", "perspective_power", "rel_entr"])
def test_what_is_not_quadratic_says_so(atom: str) -> None:
    name = "power" if atom in ("root", "cube") else atom
    with pytest.raises(NotExpressible, match=f"^{name} is not quadratic$"):
        read_quadratic(OneAtom(atom))


def test_quadratics_stay_factored() -> None:
    """A least-squares objective over n elements keeps its r rows; nothing of size n x n is made."""
    rng = np.random.default_rng(0)
    instance = Squares(rng.normal(size=(3, 500)), rng.normal(size=3))
    (factor,) = read_quadratic(instance).objective.factors
    assert factor.left.linear.shape == (3, 500)
    assert factor.left.linear.nnz == 1500


def test_a_row_without_variables_is_a_constraint_all_the_same() -> None:
    """Zero coefficients leave 0 <= c: always or never true, in every reading."""

    @dataclass(eq=False)
    class ZeroRow(Instance):
        right: float

        def declare(self, m: Language) -> None:
            x = m.var("x", 2, upper=1)
            m.maximize(m.sum(x))
            m.le(np.array([[1.0, 1.0], [0.0, 0.0]]) @ x, np.array([1.0, self.right]), "rows")

    for right, feasible in ((0.5, True), (-0.5, False)):
        instance = ZeroRow(right)
        measured = instance.measure({"x": [0.5, 0.5]})
        assert (measured.violation == 0.0) is feasible
        assert read_convex(instance).problem.is_dcp()
        view = read_algebraic(instance)
        solution = qmectk.solve(instance, "highs", reference=False)
        assert solution.feasible is feasible
        assert view.linear


def test_names_of_variables_and_constraints_may_be_the_same() -> None:
    class Load(Instance):
        def declare(self, m: Language) -> None:
            load = m.var("load", 2, upper=3)
            m.maximize(m.sum(load))
            m.le(load, 1, "load")
            m.le(m.sum(load), 1.5, "the objective")
            m.le(load, 2, "the_objective")

    assert qmectk.solve(Load(), "highs", reference=False).objective == pytest.approx(1.5)
