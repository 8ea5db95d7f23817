"""What a declaration may say, and the sentence it gets when it may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qmectk.errors import InputError, NotExpressible
from qmectk.instance import Instance
from qmectk.language import Language
from qmectk.language.atoms import ATOMS, Curvature
from qmectk.readings.algebraic import read_algebraic
from qmectk.readings.convex import read_convex
from qmectk.readings.quadratic import read_quadratic
from qmectk.testing.instances import Knapsack, Switch


class Declared(Instance):
    """An instance from a function."""

    def __init__(self, body: Callable[[Language, Any, Any], None]) -> None:
        self.body = body

    def declare(self, m: Language) -> None:
        x, y = m.var("x", 3, upper=4), m.var("y", 2)
        m.minimize(m.sum(x))
        self.body(m, x, y)


POINT = {"x": [1.0, 2.0, 3.0], "y": [4.0, 5.0]}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (lambda m, x, y: m.le(x, y, "c"), "vectors of 3 and 2 elements do not combine"),
        (lambda m, x, y: m.le(x + np.ones(2), 0, "c"), "vectors of 3 and 2 elements do not combine"),
        (lambda m, x, y: m.perspective_log1p(x, y), "perspective_log1p of vectors of 2 and 3 elements"),
        (lambda m, x, y: m.mul(x, y), "vectors of 3 and 2 elements do not combine"),
        (lambda m, x, y: np.ones((3, 3)) * x, "write matrix @ x"),
        (lambda m, x, y: m.le(x, np.ones((3, 1)), "c"), "constants are numbers or vectors"),
        (lambda m, x, y: x / y, "divides by numbers only"),
        (lambda m, x, y: x <= 3, "'<=' not supported"),
        (lambda m, x, y: np.ones((2, 2)) @ x, "a matrix of 2 columns times a vector of 3 elements"),
        (lambda m, x, y: np.ones(4) @ x, "a matrix of 4 columns times a vector of 3 elements"),
        (lambda m, x, y: m.var("x", 3), "the variable 'x' is declared twice"),
        (lambda m, x, y: (m.le(x, 1, "c"), m.ge(y, 0, "c")), "the constraint 'c' is declared twice"),
        (lambda m, x, y: m.maximize(m.sum(y)), "the objective 'objective' is declared twice"),
    ],
)
def test_mistakes_have_a_sentence(body: Any, sentence: str) -> None:
    with pytest.raises((NotExpressible, TypeError), match=sentence):
        Declared(body).measure(POINT)


def test_a_vector_is_no_objective() -> None:
    class Vector(Instance):
        def declare(self, m: Language) -> None:
            m.minimize(m.var("x", 3))

    with pytest.raises(NotExpressible, match=r"the objective is a vector of 3 elements; use m\.sum"):
        Vector().measure({"x": [1, 2, 3]})


def test_an_expression_has_no_truth_value() -> None:
    def body(m: Language, x: Any, y: Any) -> None:
        if x:
            pass

    with pytest.raises(NotExpressible, match=r"no truth value; state constraints with m\.le"):
        Declared(body).measure(POINT)


def test_python_s_operators_are_element_by_element() -> None:
    def body(m: Language, x: Any, y: Any) -> None:
        m.le(2 * x, 0, "left")
        m.le(np.array([1.0, 2.0, 3.0]) * x, 0, "array")
        m.le(10 - x, 0, "minus")
        m.le(-x / 2, 0, "half")
        m.le(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]) @ x, y, "matrix")
        m.le(np.array([1.0, 0.0, -1.0]) @ x, 0, "vector")
        m.le(x[1:], y, "slice")
        m.le(x[-1], 0, "last")
        m.le(m.dot([1.0, 2.0], y), 0, "dot")
        m.eq(len(x), 3, "length")

    found = Declared(body).measure(POINT).constraints
    assert found["left"].tolist() == [2, 4, 6]
    assert found["array"].tolist() == [1, 4, 9]
    assert found["minus"].tolist() == [9, 8, 7]
    assert found["half"].tolist() == [-0.5, -1, -1.5]
    assert found["matrix"].tolist() == [2, 1]
    assert found["vector"] == -2
    assert found["slice"].tolist() == [-2, -2]
    assert found["last"] == 3
    assert found["dot"] == 14
    assert found["length"] == 0


def test_a_scalar_has_no_length() -> None:
    with pytest.raises(TypeError, match="no length"):
        Declared(lambda m, x, y: len(m.sum(x))).measure(POINT)


@pytest.mark.parametrize("read", [read_algebraic, read_convex, read_quadratic])
def test_mistakes_are_the_same_in_every_reading(read: Any) -> None:
    with pytest.raises(NotExpressible, match="vectors of 3 and 2 elements do not combine"):
        read(Declared(lambda m, x, y: m.le(x, y, "c")))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"x": [0, 1, 2], "z": [0, 0]}, "the point has no value for 'y'"),
        ({"x": [0, 1, 2], "yy": [0, 0]}, "the point has no value for 'y'; it has 'yy'"),
        ({"x": [0, 1], "y": [0, 0]}, r"'x' has shape \(2,\); the problem declares \(3,\)"),
        ({"x": [[0, 1, 2]], "y": [0, 0]}, r"'x' has shape \(1, 3\)"),
        ({"x": [0, 1, 2], "y": [0, 0], "z": 1}, "values for unknown variables: z"),
        ({"x": ["a", "b", "c"], "y": [0, 0]}, "'x' is not numeric"),
        ({"x": [[0], [1, 2]], "y": [0, 0]}, "'x' is not numeric"),
        ([0, 1, 2], "a point maps variable names to numbers, and this is a list"),
        ({0: [0, 1, 2]}, "the point has no value for 'x'"),
        ({"x": [0, 1, 2], "y": [0, 0], 7: 1}, "values for unknown variables: 7"),
    ],
)
def test_points_that_do_not_fit_are_refused(values: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Declared(lambda m, x, y: None).measure(values)


def test_violations_are_named() -> None:
    switch = Switch()
    assert switch.measure({"x": 1, "y": 2}).violation == 0
    found = switch.measure({"x": 0.25, "y": 2.5})
    assert found.violations == {
        "x: bounds": 0,
        "x: integrality": 0.25,
        "y: bounds": 0.5,
        "only when on": 2.0,
    }
    # of the largest term of each: y = 2.5 over 2 and over 0.5; a bit is a bit
    assert found.relative == {"x: bounds": 0, "x: integrality": 0.25, "y: bounds": 0.2, "only when on": 0.8}
    assert found.violation == 0.8
    knapsack = Knapsack(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([5.0]))
    assert knapsack.measure({"x": [1, 1]}).violations["capacity"] == 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_never_feasible(bad: float) -> None:
    assert Switch().measure({"x": 1, "y": bad}).violation == float("inf")


def test_outside_a_domain_is_never_feasible() -> None:
    class Log(Instance):
        def declare(self, m: Language) -> None:
            x = m.var("x", lower=-5)
            m.maximize(m.log1p(x))

    assert Log().measure({"x": 1.0}).violation == 0
    assert Log().measure({"x": -2.0}).violation == float("inf")


def test_the_signature_has_names_and_shapes() -> None:
    found = Switch().signature
    assert (found.bits, found.discrete, found.sense) == (1, True, 1)
    assert [v.name for v in found.binary] == ["x"]
    assert found.variables["x"].size is None
    assert float(found.variables["x"].upper) == 1
    assert found.constraints == ["only when on"]
    assert found.atoms == set()
    assert Declared(lambda m, x, y: m.le(m.square(m.log1p(x)), 1, "c")).signature.atoms == {"log1p", "square"}


@pytest.mark.parametrize("name", sorted(ATOMS))
def test_gradients_and_curvatures_are_right(name: str) -> None:
    """Against central differences, and against chords between random points."""
    atom = ATOMS[name]
    rng = np.random.default_rng(3)
    exponents: list[dict[str, float]] = [{}]
    if name == "power":
        exponents = [{"exponent": 1 / 3}, {"exponent": 2.0}, {"exponent": 3.5}]
    elif name == "perspective_power":
        exponents = [{"exponent": 0.25}]
    two = name in ("perspective_log1p", "perspective_power", "rel_entr")
    for parameters in exponents:
        points = rng.uniform(0.1, 4.0, (2 if two else 1, 50))
        gradient = atom.gradient(*points, **parameters)
        for k, slope in enumerate(gradient):
            step = np.zeros_like(points)
            step[k] = 1e-6
            numeric = (atom.value(*(points + step), **parameters) - atom.value(*(points - step), **parameters)) / 2e-6
            np.testing.assert_allclose(slope, numeric, rtol=1e-6, atol=1e-8)
        others = rng.uniform(0.1, 4.0, points.shape)
        chord = 0.5 * (atom.value(*points, **parameters) + atom.value(*others, **parameters))
        bend = chord - atom.value(*(0.5 * (points + others)), **parameters)
        sign = 1 if atom.curvature(**parameters) is Curvature.CONVEX else -1
        assert (sign * bend >= -1e-12).all()


def test_atoms_are_finite_on_the_boundary() -> None:
    zero, one = np.zeros(1), np.ones(1)
    assert ATOMS["perspective_log1p"].value(zero, one) == 0
    assert ATOMS["perspective_log1p"].value(one, zero) == 0
    assert ATOMS["perspective_power"].value(zero, one, exponent=1 / 3) == 0
    assert ATOMS["rel_entr"].value(zero, zero) == 0
    assert ATOMS["rel_entr"].value(one, zero) == np.inf
    assert ATOMS["power"].value(-1e-12 * one, exponent=1 / 3) == 0
