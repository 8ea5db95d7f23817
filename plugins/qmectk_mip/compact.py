"""FactoredQuadratic -> Algebraic: the squares' arguments become variables, and no product of bits is ever written out.

    min  sum_r s_r y_r^2 + u.x + l1 c^2 + sum_a c_a z_a
    s.t. y = B^T x - t,   c = sum x - k,   z_a >= x_a + x_{a+1} - 1,   x in {0,1}^n

has n bits, d + 1 squares and n - 1 chain variables that are integral by themselves (a chain is a path: its
linearisation is tight), where the dense form has n (n - 1) / 2 products. Outer approximation then cuts on d + 1
squares of one variable each. A chain with a negative coefficient needs z_a <= x_a and z_a <= x_{a+1} instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from qmectk import Budget, Reply
from qmectk.language import Variable
from qmectk.language.atoms import ATOMS
from qmectk.lowerings import Lowering
from qmectk.options import NoOptions
from qmectk.views import Algebraic, FactoredQuadratic, Fidelity, Lowered
from qmectk.views.algebraic import CurvedConstraint, Term

from .start import first_bits

#: A solver of Algebraic views, as :func:`solved_compactly` takes it.
Solve = Callable[[Algebraic, Budget, np.random.Generator, Any], Reply]


class Compact(Lowering):
    """Exact: the optimal value and the bits are the same."""

    name = "compact form (Pyomo)"
    source, target, fidelity = FactoredQuadratic, Algebraic, Fidelity.EXACT
    requires, extra = ("pyomo",), "qmectk[mip]"

    def apply(self, view: FactoredQuadratic, options: Any, max_bits: int | None) -> Lowered:
        made = compact(view)
        note = f"{view.d + (view.penalty > 0.0)} squares of one variable each"
        return Lowered(
            made,
            lambda values: np.round(np.atleast_1d(values["x"])).astype(np.int8),
            Fidelity.EXACT,
            note,
            view.objective,
        )


def compact(view: FactoredQuadratic) -> Algebraic:
    """The model, to be minimised whatever the sense of the declared problem."""
    from qmectk.readings.pyomo import LinearExpression, pyo

    n, d = view.n, view.d
    model = pyo.ConcreteModel()
    # bounds of its own, which a relaxation keeps when it takes the domain away
    model.x = pyo.Var(range(n), domain=pyo.Binary, bounds=(0.0, 1.0))
    x = [model.x[i] for i in range(n)]
    variables: dict[str, tuple[Variable, list[Any]]] = {
        "x": (Variable("x", n, np.zeros(n), np.ones(n), "binary"), x),
    }
    linear = view.linear.copy()
    parts: list[Any] = []
    terms: list[Term] = []

    def square(name: str, coefficient: float, weights: Any, constant: float) -> None:
        """A variable that equals ``weights.x - constant``, and its square in the objective."""
        low, high = np.minimum(weights, 0.0).sum() - constant, np.maximum(weights, 0.0).sum() - constant
        variable = pyo.Var(bounds=(float(low), float(high)))
        model.add_component(name, variable)
        sum_of = LinearExpression(
            constant=-constant, linear_coefs=[*map(float, weights), -1.0], linear_vars=[*x, variable]
        )
        model.add_component(f"{name}_is", pyo.Constraint(expr=sum_of == 0.0))
        variables[name] = (Variable(name, None, np.asarray(low), np.asarray(high), "continuous"), [variable])
        terms.append(Term(float(coefficient), ATOMS["square"], (variable,), {}))

    for r in range(d):
        square(f"y{r}", view.signs[r], view.factors[:, r], float(view.target[r]))
    if view.penalty > 0.0:
        square("c", view.penalty, np.ones(n), view.count)
    if view.cardinality is not None:
        ones = LinearExpression(constant=-float(view.cardinality), linear_coefs=[1.0] * n, linear_vars=x)
        model.cardinality = pyo.Constraint(expr=ones == 0.0)
    links = np.flatnonzero(view.chain)
    if len(links):
        model.z = pyo.Var(range(len(links)), bounds=(0.0, 1.0))
        model.link = pyo.ConstraintList()
        z = [model.z[a] for a in range(len(links))]
        for a, i in enumerate(links):
            if view.chain[i] > 0.0:
                model.link.add(z[a] - x[i] - x[i + 1] >= -1.0)
            else:
                model.link.add(z[a] - x[i] <= 0.0)
                model.link.add(z[a] - x[i + 1] <= 0.0)
        parts.append(_dot(view.chain[links], z))
        ones_of = np.ones(len(links))
        variables["z"] = (Variable("z", len(links), 0.0 * ones_of, ones_of, "continuous"), z)
    affine: Any = LinearExpression(constant=view.constant, linear_coefs=list(map(float, linear)), linear_vars=x)
    for part in parts:
        affine = affine + part
    full = affine
    for term in terms:
        full = full + term.coefficient * term.arguments[0] ** 2
    model.objective = pyo.Objective(expr=full, sense=pyo.minimize)
    objective = CurvedConstraint("objective", None, affine, tuple(terms), view.convex)
    return Algebraic(model, variables, [], objective, view.convex, -1, _complete(view, variables))


def _dot(weights: Any, variables: list[Any]) -> Any:
    from qmectk.readings.pyomo import LinearExpression

    return LinearExpression(constant=0.0, linear_coefs=list(map(float, weights)), linear_vars=variables)


def _complete(view: FactoredQuadratic, variables: dict[str, Any]) -> Any:
    """Everything else from the bits, in O(n d)."""
    links = np.flatnonzero(view.chain)

    def complete(values: Any) -> dict[str, Any]:
        x = np.round(np.atleast_1d(values["x"]))
        made: dict[str, Any] = {"x": x}
        for r, y in enumerate(x @ view.factors - view.target):
            made[f"y{r}"] = float(y)
        if "c" in variables:
            made["c"] = float(x.sum() - view.count)
        if len(links):
            made["z"] = (x[:-1] * x[1:])[links]
        return made

    return complete


def solved_compactly(view: FactoredQuadratic, budget: Budget, rng: np.random.Generator, solve: Solve) -> Reply:
    """The reply to `view` of a solver for Algebraic views, from the compact form.

    Backends that accept it directly get it before the declaration's own, larger one.

    Parameters
    ----------
    solve
        ``solve(algebraic view, budget, rng, known values or None)``.
    """
    with budget.compiling():
        lowered = Compact().apply(view, NoOptions(), None)
    made, found, known = lowered.view, first_bits(view), budget.start()
    start = None if found is None else {"x": found[0]}
    if known is not None and found is not None:
        bits = (np.asarray(known) > 0.5).astype(np.int8)
        fits = view.cardinality in (None, int(bits.sum()))
        start = {"x": bits} if fits and view.value(bits[None, :])[0] < found[1] else start

    def declared(value: float | None) -> float | None:
        return None if value is None else view.objective(value)

    def record(objective: float | None, bound: float | None, point: Any) -> None:
        lifted = None if point is None else lowered.lift(point)
        budget.incumbent(declared(objective), declared(bound), point=lifted)

    part = budget.within(budget.limit)
    part.report = budget.report
    part.starts = budget.starts
    part.recorder = record
    reply = solve(made, part, rng, start)
    return replace(
        reply,
        point=None if reply.point is None else lowered.lift(reply.point),
        bound=declared(reply.bound),
        objective=declared(reply.objective),
    )


__all__ = ["Compact", "compact", "solved_compactly"]
