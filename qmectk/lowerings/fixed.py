"""Bits that the bounds of a binary variable fix, by the core's own measure.

A binary variable may be declared with bounds inside [0, 1]; what takes bits only would not see them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..language import Variable

#: What :func:`fixed_bits` says of a bit that may be both, and of one whose bounds leave neither.
FREE, NEITHER = -1, -2


def fixed_bits(variables: Iterable[Variable]) -> NDArray[np.int8]:
    """For every element of the variables, in order: the bit its bounds fix it to, else FREE or NEITHER."""
    parts: list[NDArray[np.int8]] = [np.zeros(0, np.int8)]
    for variable in variables:
        # as the core measures it, so that no point that it calls feasible is lost, and none that it does not kept
        lower, upper = (np.atleast_1d(bound) for bound in variable.whole_bounds)
        zero, one = (lower <= 0.0) & (upper >= 0.0), (lower <= 1.0) & (upper >= 1.0)
        parts.append(np.where(zero & one, FREE, np.where(one, 1, np.where(zero, 0, NEITHER))).astype(np.int8))
    return np.concatenate(parts)


def within_bounds(variable: Variable, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """The whole numbers of a discrete variable nearest to `value` that its bounds allow, where they allow any."""
    least, most = variable.whole_bounds
    return np.minimum(np.maximum(np.round(value), least), most)


__all__ = ["FREE", "NEITHER", "fixed_bits", "within_bounds"]
