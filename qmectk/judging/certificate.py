"""What proves an answer: a bound on the original problem, its own or that of a reference, and where it came from.

Bounds and points are held to the same measure. A bound speaks of points that meet every constraint, so only such a
point refutes it; what a point gains by being feasible to the tolerance only is not held against a bound, and is no
optimum, either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Largest relative tolerance a bound may be stated up to: ten times the usual accuracy of a first-order solver, 1e-4.
#: Beyond it, who states a tolerance chooses what refutes him.
MOST_TOLERANCE = 1e-3

#: Most of a tolerance that counts as a closed gap: a point that much below its bound may be called optimal.
MOST_CLOSED = 1e-4

#: Relative difference of a bound and a point that the arithmetic of two programs explains, whatever they state.
ARITHMETIC = 1e-9

#: Largest relative violation of a point that refutes bounds: what simplex and interior-point methods reach at best.
EXACTLY = 1e-9

#: What a point's violation counts at least where it meets a row of whole numbers within rounding only: too much for it
#: to refute a bound, and feasible all the same.
WITHIN_ROUNDING = 2.0 * EXACTLY

#: Most that a relative violation of 1 is taken to be worth, relative to the objective, so that a point within
#: :data:`EXACTLY` refutes a bound that it beats by more than 1e-5 of it, and a point without a violation any.
MOST_WORTH = 1e4


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
    claimed
        That it is the word of a backend that qmectk does not ship, with nothing beside it: it makes no point optimal.

    In all methods `objective` is what a point measures, `sense` is +1 when the problem maximises and -1 when it
    minimises, and `rounding` is what rounding can have done to the objective, in its unit: with terms that cancel to
    something near zero it is all that is left of it.
    """

    bound: float
    kind: str
    source: str
    tolerance: float
    claimed: bool = False

    def gap(self, objective: float, sense: int) -> float:
        """Relative gap of `objective` to the bound, >= 0 unless the bound is beaten."""
        return relative_gap(objective, self.bound, sense)

    def beaten_by(self, objective: float, sense: int, rounding: float = 0.0) -> bool:
        """Whether the objective is better than the bound by more than its tolerance."""
        return self._excess(objective, sense, rounding) > self._forgiven * abs(self.bound)

    def refuted_by(self, objective: float, sense: int, *, violation: float = 0.0, rounding: float = 0.0) -> bool:
        """Whether a point that beats the bound refutes it: its relative `violation` must be too small to explain it."""
        worth = MOST_WORTH * violation * max(abs(self.bound), abs(objective))
        excess = self._excess(objective, sense, rounding)
        return violation <= EXACTLY and excess > self._forgiven * abs(self.bound) + worth

    def met_by(self, objective: float, sense: int, gap: float, rounding: float = 0.0) -> bool:
        """Whether a feasible point of this objective is as good as the bound, to `gap` or to the tolerance; not better.

        A bound of exactly 0 is met by 0 only, and by what rounding explains. Rounding explains everything where neither
        the bound nor the point differs from 0; in other cases it closes no more of a gap than a tolerance may, so that
        51 is no optimum below a bound of 84, however large the terms are that cancel to them.
        """
        if self.beaten_by(objective, sense, rounding):
            return False
        size = abs(self.bound)
        if max(size, abs(objective)) > rounding:
            rounding = min(rounding, MOST_CLOSED * size)
        allowed = max(gap, min(self.tolerance, MOST_CLOSED)) * size
        return -self._excess(objective, sense, 0.0) <= allowed + rounding

    def outermost(self, sense: int) -> float:
        """The bound moved outwards by what it is forgiven: only points beyond it refute the bound."""
        return self.bound + sense * self._forgiven * abs(self.bound)

    def _excess(self, objective: float, sense: int, rounding: float) -> float:
        """By how much the objective is better than the bound, less what rounding explains."""
        excess = sense * (objective - self.bound)
        return excess - rounding if math.isfinite(excess) else -math.inf

    @property
    def _forgiven(self) -> float:
        """The relative amount by which a point may beat the bound: its tolerance and the measurement's."""
        return 2.0 * self.tolerance + ARITHMETIC

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `claimed` where it is true."""
        out = asdict(self)
        if not self.claimed:
            del out["claimed"]
        return out


@dataclass(frozen=True)
class Reference:
    """What another backend made of the same instance, as far as an answer is judged by it.

    Attributes
    ----------
    backend, via
        Who was asked, and the backend that it asked in turn (the same one otherwise).
    objective
        What its point measures, in the declared unit; None where it has no feasible one, and for a stream.
    certificate
        What it proves; None without a proof, and for a stream.
    proved
        Whether its point is certified optimal; of a stream, on every frame.
    seconds
        What it took; of a stream, altogether.
    violation, rounding
        How exactly the objective is known; see :class:`~qmectk.readings.numeric.Measurement`.
    frames
        Frames of a stream that have one; None for a single instance.
    """

    backend: str
    via: str
    objective: float | None
    certificate: Certificate | None
    proved: bool
    seconds: float
    violation: float = 0.0
    rounding: float = 0.0
    frames: int | None = None

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Reference:
        """The one that ``dataclasses.asdict`` made plain values of; older stores know less of how exact it is."""
        said: dict[str, Any] = {name: kept[name] for name in ("backend", "via", "objective", "proved", "seconds")}
        exactness: dict[str, Any] = {name: kept.get(name) or 0.0 for name in ("violation", "rounding")}
        return cls(certificate=Certificate(**kept["certificate"]), **said, **exactness)

    @property
    def bound(self) -> float | None:
        """The certificate's bound, in the declared unit."""
        return None if self.certificate is None else self.certificate.bound

    def as_dict(self) -> dict[str, Any]:
        """What an answer says of it: plain values, ready for JSON; `frames` of a stream only."""
        names = ("backend", "via", "objective", "bound", "proved", "seconds", "frames")
        out = {name: getattr(self, name) for name in names}
        if self.frames is None:
            del out["frames"]
        return out


def relative_gap(objective: float, bound: float, sense: int) -> float:
    """``(bound - objective) / |bound|`` when maximising, mirrored when minimising.

    To a bound of exactly 0 it is relative to the objective, so that it is 0 there or 1 (or -1 beyond the bound): no
    unit makes a gap small. inf where either is not finite.
    """
    gap = float(relative_gaps(objective, bound, sense))
    return gap if math.isfinite(gap) else math.inf


def relative_gaps(objective: Any, bound: Any, sense: Any) -> NDArray[np.float64]:
    """:func:`relative_gap` element by element; nan where either is missing."""
    objective, bound = np.asarray(objective, dtype=float), np.asarray(bound, dtype=float)
    size = np.where(bound != 0.0, np.abs(bound), np.where(objective != 0.0, np.abs(objective), 1.0))
    with np.errstate(all="ignore"):
        return np.asarray(np.asarray(sense) * (bound - objective) / size)


def tighter(own: Certificate | None, other: Certificate | None, sense: int) -> Certificate | None:
    """The one that says more for certain: a coarse tolerance must not win over a fine proof."""
    if own is None or other is None:
        return own or other
    return own if sense * own.outermost(sense) <= sense * other.outermost(sense) else other


__all__ = ["Certificate", "Reference", "relative_gap", "relative_gaps", "tighter", "tolerance_fault"]
