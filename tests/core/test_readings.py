"""One declaration, many readings: they agree on the objective and on every constraint at every point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.errors import NotExpressible
from qmectk.language import Language
from qmectk.problem import Instance
from qmectk.readings.algebraic import read_algebraic
from qmectk.readings.batched import measure_frames
from qmectk.readings.convex import read_convex
from qmectk.readings.quadratic import read_quadratic
from qmectk.testing.instances import Congestion, Knapsack, Parity, Squares, Switch, TooLittle, WaterFilling

Found = tuple[float, dict[str, Any]]


# ---- every reading, evaluated at a point ----------------------------------------------------------


def by_numpy(instance: Instance, values: dict[str, Any]) -> Found:
    measured = instance.measure(values)
    return measured.objective, {name: np.atleast_1d(v) for name, v in measured.constraints.items()}


def by_pyomo(instance: Instance, values: dict[str, Any]) -> Found:
    from pyomo.environ import value

    view = read_algebraic(instance)
    for name, (_, data) in view.variables.items():
        for variable, number in zip(data, np.atleast_1d(values[name]), strict=True):
            variable.set_value(float(number), skip_validation=True)
    constraints = {}
    for name in instance.signature.constraints:
        component = view.model.component(name.replace(" ", "_"))
        constraints[name] = np.array([value(component[i].body) - value(component[i].upper) for i in component])
    return value(view.model.objective.expr), constraints


def by_terms(instance: Instance, values: dict[str, Any]) -> Found:
    """The algebraic reading again, from the structure it keeps beside the model: affine part plus terms."""
    from pyomo.environ import value

    view = read_algebraic(instance)
    for name, (_, data) in view.variables.items():
        for variable, number in zip(data, np.atleast_1d(values[name]), strict=True):
            variable.set_value(float(number), skip_validation=True)

    def height(curved: Any) -> float:
        total = value(curved.affine)
        for term in curved.terms:
            arguments = [np.float64(value(argument)) for argument in term.arguments]
            total += term.coefficient * float(term.atom.value(*arguments, **term.parameters))
        return float(total)

    constraints: dict[str, Any] = {}
    for curved in view.curved:
        if curved.convex:
            constraints.setdefault(curved.name, []).append(height(curved))
    return height(view.objective), {name: np.array(v) for name, v in constraints.items()}


def by_cvxpy(instance: Instance, values: dict[str, Any]) -> Found:
    view = read_convex(instance)
    for name, variable in view.variables.items():
        variable.value = np.asarray(values[name], dtype=float)
    return float(view.problem.objective.args[0].value), {
        name: np.atleast_1d(expression.value) for name, expression in view.constraints.items()
    }


def by_cvxpy_parameters(instance: Instance, values: dict[str, Any]) -> Found:
    """The same with the binary variables fixed from outside, as the default Binary view reads it."""
    view = read_convex(instance, parameters={v.name for v in instance.signature.binary})
    for name, variable in view.variables.items():
        variable.value = np.asarray(values[name], dtype=float)
    return float(view.problem.objective.args[0].value), {
        name: np.atleast_1d(expression.value) for name, expression in view.constraints.items()
    }


def by_coefficients(instance: Instance, values: dict[str, Any]) -> Found:
    view = read_quadratic(instance)
    z = view.join(values)
    assert {k: np.asarray(v).tolist() for k, v in view.split(z).items()} == {
        k: np.asarray(v, float).tolist() for k, v in values.items()
    }
    return float(view.objective.value(z)[0]), {c.name: c.form.value(z) for c in view.constraints}


def by_expanded_coefficients(instance: Instance, values: dict[str, Any]) -> Found:
    """The quadratic reading multiplied out to linear and pairwise coefficients."""
    view = read_quadratic(instance)
    z = view.join(values)

    def value(form: Any, row: int) -> float:
        constant, linear, pairs = form.expanded(row)
        return float(
            constant + sum(w * z[i] for i, w in linear.items()) + sum(w * z[i] * z[j] for (i, j), w in pairs.items())
        )

    constraints = {c.name: np.array([value(c.form, r) for r in range(c.form.rows)]) for c in view.constraints}
    return value(view.objective, 0), constraints


def agree(truth: Found, other: Found, *, partly: bool = False) -> None:
    """Equal to 1e-9, relative to the size of the numbers."""
    objective, constraints = truth
    assert other[0] == pytest.approx(objective, rel=1e-9, abs=1e-9)
    assert partly or set(other[1]) == set(constraints)
    for name, residual in other[1].items():
        expected = np.broadcast_to(constraints[name], residual.shape)
        np.testing.assert_allclose(residual, expected, rtol=1e-9, atol=1e-9, err_msg=name)


# ---- P1 -------------------------------------------------------------------------------------------

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


# ---- generated declarations -----------------------------------------------------------------------


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


# ---- atoms ----------------------------------------------------------------------------------------


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
