"""Tangent planes of the curved constraints of a Pyomo model (Duran & Grossmann, Math. Programming 36, 1986).

Every term of a convex constraint is ``coefficient * atom(affine arguments)`` with the sign that makes it convex,
so its linearisation anywhere underestimates it and a cut holds at every feasible point: cuts never remove one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qmectk.views.algebraic import Algebraic, CurvedConstraint, Term

#: Violation below which a constraint needs no further cut, in its own unit.
CUT_TOLERANCE = 1e-9


class OuterApproximation:
    """The linear outer approximation of a convex model, made in place.

    The curved constraints are deactivated and replaced by cuts; a curved objective moves into a constraint
    on a new variable. ``restore`` undoes it.
    """

    def __init__(self, view: Algebraic) -> None:
        import pyomo.environ as pyo

        self.view = view
        self.curved = list(view.curved)
        model = view.model
        for constraint in self.curved:
            constraint.constraint.deactivate()
        model.outer_cuts = pyo.ConstraintList()
        self.cuts = 0
        if view.objective.terms:
            model.outer_value = pyo.Var()
            model.objective.deactivate()
            sense = pyo.maximize if view.sense > 0 else pyo.minimize
            model.outer_objective = pyo.Objective(expr=model.outer_value, sense=sense)
            sign = float(view.sense)
            terms = tuple(Term(-sign * t.coefficient, t.atom, t.arguments, t.parameters) for t in view.objective.terms)
            affine = sign * model.outer_value - sign * view.objective.affine
            self.curved.append(CurvedConstraint("objective", None, affine, terms, True))

    def restore(self) -> None:
        """Leave the model as it was found."""
        model = self.view.model
        for constraint in self.view.curved:
            constraint.constraint.activate()
        for name in ("outer_cuts", "outer_objective", "outer_value"):
            if model.component(name) is not None:
                model.del_component(name)
        model.objective.activate()

    def add_cuts(self, value: Callable[[Any], float], *, always: bool = False) -> int:
        """Cut off the point given by ``value(expression)`` where it violates; everywhere when `always`."""
        added = 0
        for constraint in self.curved:
            points = [np.array([value(argument) for argument in t.arguments]) for t in constraint.terms]
            with np.errstate(over="ignore", invalid="ignore"):
                heights = [
                    float(t.atom.value(*p, **t.parameters)) for t, p in zip(constraint.terms, points, strict=True)
                ]
            violation = value(constraint.affine) + sum(
                t.coefficient * h for t, h in zip(constraint.terms, heights, strict=True)
            )
            if always or violation > CUT_TOLERANCE:
                with np.errstate(over="ignore", invalid="ignore"):
                    tangent = _tangent(constraint, points)
                if tangent is not None:
                    self.view.model.outer_cuts.add(tangent <= 0)
                    added += 1
        self.cuts += added
        return added


def _tangent(constraint: CurvedConstraint, points: list[np.ndarray]) -> Any:
    """The constraint's left side, linear; None too far out for numbers (an exponential overflows)."""
    expression = constraint.affine
    for term, point in zip(constraint.terms, points, strict=True):
        # at the boundary a gradient is infinite; a tangent at a nearby interior point is just as valid
        inside = np.maximum(point, term.atom.interior)
        gradient = term.atom.gradient(*inside, **term.parameters)
        height = float(term.atom.value(*inside, **term.parameters))
        constant = height - float(np.dot(gradient, inside))
        if not np.isfinite([constant, *np.ravel(gradient)]).all():
            return None
        expression = expression + term.coefficient * constant
        for slope, argument in zip(gradient, term.arguments, strict=True):
            expression = expression + term.coefficient * float(slope) * argument
    return expression
