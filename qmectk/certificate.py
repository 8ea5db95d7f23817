"""What proves an answer: a bound on the original problem, and where it came from."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

#: Largest relative tolerance a bound may be stated up to. The coarsest one of qmectk's own backends is that of a
#: first-order conic solver, ten times its accuracy of 1e-4. Beyond it, who states a tolerance chooses what refutes him.
MOST_TOLERANCE = 1e-3

#: Most of a tolerance that counts as a closed gap: a point that much below its bound may be called optimal.
MOST_CLOSED = 1e-4

#: Bounds below this are zero, and gaps to them absolute.
ABSOLUTE = 1e-12


def tolerance_fault(tolerance: float) -> str:
    """Why a bound stated up to this tolerance is not believed; "" when it may be."""
    if 0.0 <= tolerance <= MOST_TOLERANCE:  # not a number is outside, too
        return ""
    return (
        f"its bound is stated up to a tolerance of {tolerance:.3g}, which must be from 0 to {MOST_TOLERANCE:g}; ignored"
    )


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
        return self.gap(objective, sense) < -self._forgiven

    def met_by(self, objective: float, sense: int, gap: float) -> bool:
        """Whether a feasible point of this objective is as good as the bound, to `gap` or to the tolerance."""
        return self.gap(objective, sense) <= max(gap, min(self.tolerance, MOST_CLOSED))

    def outermost(self, sense: int) -> float:
        """The bound moved outwards by what it is forgiven: only points beyond it refute the bound."""
        scale = abs(self.bound)
        return self.bound + sense * self._forgiven * (scale if scale > ABSOLUTE else 1.0)

    @property
    def _forgiven(self) -> float:
        """The relative amount by which a point may beat the bound: its tolerance and the measurement's."""
        return 2.0 * self.tolerance + 1e-9

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
    return difference / scale if scale > ABSOLUTE else difference
