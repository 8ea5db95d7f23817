"""The Algebraic view: a Pyomo model and what is known of its convexity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .base import View

if TYPE_CHECKING:
    from ..language import Atom, Variable


@dataclass(frozen=True)
class Term:
    """``coefficient * atom(arguments)`` with affine Pyomo arguments."""

    coefficient: float
    atom: Atom
    arguments: tuple[Any, ...]
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class CurvedConstraint:
    """``affine + sum of terms <= 0`` beside the Pyomo constraint that states it; `convex` when that is proved."""

    name: str
    constraint: Any
    affine: Any
    terms: tuple[Term, ...]
    convex: bool


@dataclass
class Algebraic(View):
    """A Pyomo ConcreteModel.

    Attributes
    ----------
    model
        The model, with one component a declared variable and constraint.
    variables
        Name -> (declared variable, its Pyomo variables).
    curved
        The constraints that are not affine.
    objective
        The objective as affine part and terms (its `constraint` is None).
    convex_objective
        Whether the objective is concave when maximised, convex when minimised.
    sense
        +1 to maximise, -1 to minimise.
    complete
        ``complete(values) -> values``: the best continuous part for the integer part of `values`, when
        the problem can say; None otherwise.
    """

    model: Any
    variables: dict[str, tuple[Variable, list[Any]]]
    curved: list[CurvedConstraint]
    objective: CurvedConstraint
    convex_objective: bool
    sense: int
    complete: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    title = "Algebraic (Pyomo)"

    @property
    def linear(self) -> bool:
        """Whether HiGHS can take it as it stands."""
        return not self.curved and not self.objective.terms

    @property
    def convex(self) -> bool:
        """Whether its continuous relaxation is convex by the disciplined rules."""
        return self.convex_objective and all(constraint.convex for constraint in self.curved)

    def values(self, primal: Callable[[Any], float]) -> dict[str, Any]:
        """Values by declared name; `primal` gives the number of one Pyomo variable."""
        out: dict[str, Any] = {}
        for name, (variable, data) in self.variables.items():
            numbers = np.array([primal(v) for v in data], dtype=float)
            if variable.kind != "continuous":
                numbers = np.round(numbers)
            out[name] = float(numbers[0]) if variable.size is None else numbers
        return out
