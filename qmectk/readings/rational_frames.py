"""The reading in fractions for many frames at once: which of them rounding may decide, so that the others are not read.

Nothing is worked out in fractions here. A frame of which some row is closer to being broken than rounding goes is one
to be read alone (:func:`qmectk.readings.rational.tie`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..language import Declares, Row, Variable
from ..language.atoms import Array
from .rational import RationalReading
from .rational_parts import Part


class RationalFrames(RationalReading):
    """Reads a stacked declaration at stacked values, shapes as in :class:`~qmectk.readings.batched.BatchedReading`.

    Attributes
    ----------
    near : (frames,)
        Whether a row or bound of the frame has to be read in fractions.
    """

    batched = True

    def __init__(self, values: Mapping[str, Any], frames: int) -> None:
        super().__init__(values)
        self.frames = frames
        self.near = np.zeros(frames, dtype=bool)

    def valued(self, variable: Variable) -> Array:
        return super().valued(variable).reshape(self.frames, -1)

    def picked(self, value: Any, key: Any) -> Any:
        return value[:, int(key), None] if isinstance(key, (int, np.integer)) else value[:, key]

    def added(self, value: Any) -> Any:
        return np.sum(value, axis=-1, keepdims=True)

    def product(self, matrix: Array, vector: Any, scalar: bool, exact: bool) -> Any:
        return vector @ matrix.T

    def decide(self, row: Row, part: Part, near: Any) -> None:
        self.near |= np.any(near, axis=-1)

    def hold_bound(self, variable: Variable, whole: Array, bound: Array, sign: int) -> None:
        self.near |= np.any(sign * (whole - bound) > 0.0, axis=-1)


def near_ties(stacked: Declares, values: Mapping[str, Any], frames: int) -> NDArray[np.bool_]:
    """Which frames of a stacked declaration may hold within rounding only at these points, shape (frames,)."""
    m = RationalFrames(values, frames)
    with np.errstate(all="ignore"):
        stacked.declare(m)
    return m.near


__all__ = ["RationalFrames", "near_ties"]
