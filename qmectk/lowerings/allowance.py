"""How far rounding, and points that are feasible only to a tolerance, can lift a penalised model above its source.

The least energy of a model whose penalties vanish at feasible points is a bound on the optimum, in exact numbers. Its
coefficients are sums of rounded numbers, so the bound is moved outwards by what they can be off in all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..views.quadratic import UNIT, QuadraticForm


@dataclass
class Allowance:
    """How far the least energy of a model may lie above what the best feasible point of its source is worth.

    Rounding in the reading of the declaration is not in it; certificates state a relative tolerance for that.

    Attributes
    ----------
    magnitude
        Sum of the magnitudes of all that is added up into the coefficients, in units of the energy.
    steps
        Most roundings that one of these numbers goes through; 16 for the products and what else is beside the sums.
    near
        Penalty of points that the core still calls feasible although they are off by its tolerance.
    unproved
        Constraints whose penalty need not vanish at every feasible point: there is no bound then.
    """

    magnitude: float = 0.0
    steps: int = 16
    near: float = 0.0
    unproved: tuple[str, ...] = ()

    @property
    def energy(self) -> float:
        """The allowance in units of the energy: gamma_k times the magnitude, and `near`.

        Higham, Accuracy and Stability of Numerical Algorithms, 2002, lemma 3.1.

        >>> Allowance(magnitude=1e6, steps=900).energy < 1e-7
        True
        """
        return self.near + self.magnitude * self.steps * UNIT / (1.0 - self.steps * UNIT)


def magnitude(form: QuadraticForm) -> float:
    """Sum of the magnitudes of all that multiplying out a form of one row adds up."""
    total = float(abs(form.constant[0])) + float(np.abs(form.linear.data).sum())
    for factor in form.factors:
        left, right = (np.abs(side.constant) + abs(side.linear).sum(axis=1) for side in (factor.left, factor.right))
        total += float((abs(factor.select) @ (left * right))[0])
    return total


__all__ = ["UNIT", "Allowance", "magnitude"]
