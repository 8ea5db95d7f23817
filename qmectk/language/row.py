"""A stated constraint, as a reading gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .expression import Expression


@dataclass(frozen=True)
class Row:
    """``left <= right`` or ``left == right``, element by element.

    Attributes
    ----------
    name
        How violations, penalties and exports call it.
    redundant
        Whether the other constraints imply it at integer points.
    scale
        Violations are measured at least against this, in the constraint's unit; 0 when none is declared.
    """

    left: Expression
    right: Expression
    relation: Literal["<=", "=="]
    name: str
    redundant: bool = False
    scale: Any = 0.0

    @property
    def difference(self) -> Expression:
        """left - right, made anew each time."""
        return self.left - self.right
