"""The Convex view: a CVXPY problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .base import View


@dataclass
class Convex(View):
    """A disciplined convex problem.

    Attributes
    ----------
    problem
        ``cvxpy.Problem``, always continuous.
    variables
        Declared name -> ``cvxpy.Variable`` or, where fixed from outside, ``cvxpy.Parameter``.
    discrete
        Names of the variables whose integrality was dropped; empty for a plain convex problem.
    constraints
        Constraint name -> the CVXPY expression that must be <= 0 (or == 0).
    sense
        +1 to maximise, -1 to minimise.
    """

    problem: Any
    variables: dict[str, Any]
    discrete: tuple[str, ...]
    constraints: dict[str, Any]
    sense: int
    title = "Convex (CVXPY)"

    def values(self) -> dict[str, Any]:
        """Current values by declared name."""
        out: dict[str, Any] = {}
        for name, variable in self.variables.items():
            value = np.asarray(variable.value, dtype=float)
            out[name] = float(value) if variable.shape == () else value
        return out
