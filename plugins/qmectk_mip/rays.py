"""Points far out along the unbounded variables, whose tangents bound what only a curve bounds.

A tangent in the middle of the box says little of a square whose minimum is at 1e4. With one on either side along every
unbounded variable, ever farther out, the linear approximation of such a model becomes bounded.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qmectk import Algebraic

from .cuts import OuterApproximation
from .evaluate import middle, reader

#: How far out tangents are put, one after the other while the approximation is unbounded.
RADII = (1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7)


class Farther:
    """Cuts ever farther out; each call adds those of one radius."""

    def __init__(self, view: Algebraic, outer: OuterApproximation) -> None:
        self._view, self._outer = view, outer
        self._radii = iter(RADII)

    def cut(self) -> bool:
        """Whether there was a cut left to add."""
        for radius in self._radii:
            points = list(_beyond(self._view, radius))
            if sum(self._outer.add_cuts(reader(point), always=True) for point in points):
                return True
        return False


def _beyond(view: Algebraic, radius: float) -> Iterator[dict[int, float]]:
    centre = middle(view)
    for variable, data in view.variables.values():
        lower, upper = np.atleast_1d(variable.lower), np.atleast_1d(variable.upper)
        for v, low, high in zip(data, lower, upper, strict=True):
            if np.isinf(high):
                yield {**centre, id(v): centre[id(v)] + radius}
            if np.isinf(low):
                yield {**centre, id(v): centre[id(v)] - radius}


__all__ = ["Farther"]
