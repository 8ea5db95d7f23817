"""Views: the shapes of a problem that backends accept."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class View:
    """Base of every view. A backend names the view types it accepts; a lowering turns one into another."""

    #: one line for people, used by ``qmectk explain``
    title = "view"


class Fidelity(enum.Flag):
    """What travels back along a lowering."""

    NOTHING = 0
    POINTS = enum.auto()  #: a feasible point of the target is a feasible point of the source
    BOUNDS = enum.auto()  #: a bound on the target's optimum bounds the source's
    EXACT = POINTS | BOUNDS

    @property
    def label(self) -> str:
        """The name the field uses."""
        return _LABELS[self]


RELAXATION = Fidelity.BOUNDS
RESTRICTION = Fidelity.POINTS

_LABELS = {
    Fidelity.EXACT: "exact",
    Fidelity.BOUNDS: "relaxation",
    Fidelity.POINTS: "restriction",
    Fidelity.NOTHING: "heuristic",
}


def identity(value: Any) -> Any:
    """Points and bounds that need no translation."""
    return value


@dataclass(frozen=True)
class Lowered:
    """A view made from another one, and the way back.

    Attributes
    ----------
    view
        The target.
    lift
        Translates a point of the target into a point of the source.
    fidelity
        What that translation preserves.
    note
        What the lowering chose (a grid, a penalty); printed by ``explain`` and kept in the solution.
    lift_bound
        Translates a bound on the target's own value into one on the source's value.
    lower
        Translates a point of the source into one of the target, for searches that begin at a point that is known; None
        where the view does not say how.
    """

    view: Any
    lift: Callable[[Any], Any] = identity
    fidelity: Fidelity = Fidelity.EXACT
    note: str = ""
    lift_bound: Callable[[float], float] = identity
    lower: Callable[[Any], Any] | None = None
