"""Points far out along the unbounded variables, whose tangents bound what only a curve bounds.

A tangent in the middle of the box says little of a square whose minimum is at 1e4. With one on either side along every
unbounded variable, ever farther out, the linear approximation of such a model becomes bounded.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .arrays import Array, Linear
from .cuts import OuterApproximation, middle

#: How far out tangents are put, one after the other while the approximation is unbounded.
RADII = (1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7)


class Farther:
    """Cuts ever farther out; each call adds those of one radius."""

    def __init__(self, outer: OuterApproximation) -> None:
        self._outer = outer
        self._radii = iter(RADII)

    def cut(self) -> bool:
        """Whether there was a cut left to add."""
        for radius in self._radii:
            if sum(self._outer.add_cuts(x, always=True) for x in _beyond(self._outer.model.linear, radius)):
                return True
        return False


def _beyond(model: Linear, radius: float) -> Iterator[Array]:
    centre = middle(model)
    for side, sign in ((model.upper, 1.0), (model.lower, -1.0)):
        for j in np.flatnonzero(np.isinf(side)):
            x = centre.copy()
            x[j] += sign * radius
            yield x


__all__ = ["Farther"]
