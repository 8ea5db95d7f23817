"""Lowerings that read the declaration: instance -> algebraic, convex, quadratic."""

from __future__ import annotations

from typing import Any

from ..errors import NotExpressible
from ..instance import Instance
from ..views import RELAXATION, Algebraic, Convex, Fidelity, Lowered, Quadratic
from ..views.base import identity
from .base import Lowering
from .binary import best_rounding, completion


class ReadAlgebraic(Lowering):
    """The Pyomo reading: exact, whatever the declaration says."""

    name = "algebraic reading"
    source, target, fidelity = Instance, Algebraic, Fidelity.EXACT
    requires, extra = ("pyomo",), "qmectk[mip]"

    def apply(self, view: Instance, options: Any, max_bits: int | None) -> Lowered:
        from ..readings.algebraic import read_algebraic

        model = read_algebraic(view, "instance")
        model.complete = completion(view)
        return Lowered(model, lower=identity)


class ReadConvex(Lowering):
    """The CVXPY reading of a problem without integer variables: exact."""

    name = "convex reading"
    source, target, fidelity = Instance, Convex, Fidelity.EXACT
    requires, extra = ("cvxpy",), "qmectk[convex]"

    def refuses(self, view: Instance) -> str | None:
        discrete = [v.name for v in view.signature.variables.values() if v.kind != "continuous"]
        return f"{', '.join(discrete)} must be integer" if discrete else None

    def apply(self, view: Instance, options: Any, max_bits: int | None) -> Lowered:
        from ..readings.convex import read_convex

        return Lowered(read_convex(view))


class RelaxIntegrality(Lowering):
    """The CVXPY reading with integrality dropped: its optimum is a bound; points come back rounded
    at the best threshold and completed."""

    name = "continuous relaxation"
    source, target, fidelity = Instance, Convex, RELAXATION
    requires, extra = ("cvxpy",), "qmectk[convex]"

    def refuses(self, view: Instance) -> str | None:
        return None if view.signature.discrete else "it has no integer variables to relax"

    def apply(self, view: Instance, options: Any, max_bits: int | None) -> Lowered:
        from ..readings.convex import read_convex

        return Lowered(read_convex(view), lambda values: best_rounding(view, values), RELAXATION)


class ReadQuadratic(Lowering):
    """The quadratic reading: exact where every operator is quadratic."""

    name = "quadratic reading"
    source, target, fidelity = Instance, Quadratic, Fidelity.EXACT

    def refuses(self, view: Instance) -> str | None:
        others = sorted(view.signature.atoms - {"square", "product", "power"})
        return f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} not quadratic" if others else None

    def apply(self, view: Instance, options: Any, max_bits: int | None) -> Lowered:
        from ..readings.quadratic import read_quadratic

        reason = self.refuses(view)
        if reason:
            raise NotExpressible(reason)
        return Lowered(read_quadratic(view))
