"""What proves an answer: a bound on the original problem, and where it came from."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Certificate:
    """A proved bound on the optimal value of the declared problem.

    Attributes
    ----------
    bound
        No feasible point has a better objective than this, in the declared unit: an upper bound
        when maximising, a lower bound when minimising.
    kind
        The argument behind it ("enumeration", "branch and bound", "outer approximation",
        "convex duality", ...).
    source
        The backend that produced it, with its route.
    tolerance
        Relative floating-point and solver tolerance the bound is stated up to.
    """

    bound: float
    kind: str
    source: str
    tolerance: float

    def gap(self, objective: float, sense: int) -> float:
        """Relative gap of `objective` to the bound, >= 0 unless the bound is refuted.

        Parameters
        ----------
        objective
            Measured objective of a feasible point, in the declared unit.
        sense
            +1 when the problem maximises, -1 when it minimises.
        """
        return relative_gap(objective, self.bound, sense)

    def refuted_by(self, objective: float, sense: int) -> bool:
        """Whether a feasible point beats the bound by more than the stated tolerance."""
        return self.gap(objective, sense) < -2.0 * self.tolerance - 1e-9

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def relative_gap(objective: float, bound: float, sense: int) -> float:
    """``(bound - objective) / |bound|`` when maximising, mirrored when minimising.

    With a bound of exactly zero the gap is absolute, as in HiGHS and SCIP.
    """
    difference = sense * (bound - objective)
    scale = abs(bound)
    if not math.isfinite(difference):
        return math.inf
    return difference / scale if scale > 1e-12 else difference
