"""When a point counts as feasible: the one rule, for all callers.

A violation is measured against the size of what is violated, so that the unit of a constraint does not matter:

* A row ``left <= right`` (or ``==``) against the largest of its terms at the point. Terms are what the row adds up once
  it is written out: numbers (those of both sides taken together), multiples of variables, products, and functions.
* A bound of a variable alike, against the bound or the value; so a bound of 0 is met or broken.
* At least against the ``scale`` that the declaration states, if it states one.

Such a relative violation may be up to :data:`~qmectk.status.FEASIBILITY_TOLERANCE`, for solvers work in floating point.
Whole numbers need no such allowance: values of binary and integer variables are rounded before anything is measured,
and a row or a bound of nothing but them is met or broken. What rounding of the measurement itself can amount to never
counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..status import FEASIBILITY_TOLERANCE

Array = NDArray[np.float64]

#: What a broken row or bound of whole numbers counts at least, however little it is broken by.
BROKEN = 2.0 * FEASIBILITY_TOLERANCE

#: Unit roundoff of double precision.
UNIT = 2.0**-53


def row_violation(amount: Any, largest: Any, *, rounding: Any = 0.0, scale: Any = 0.0, whole: bool = False) -> Array:
    """Relative violations of rows, >= 0; inf where anything is undefined.

    Parameters
    ----------
    amount
        By how much each row is broken, in its own unit; <= 0 when it is met.
    largest
        Largest absolute term of each row at the point.
    rounding
        What rounding explains of the amounts.
    scale
        Declared scale, 0 when none is.
    whole
        Whether the rows hold nothing but variables that are whole numbers.
    """
    amount, size = np.asarray(amount, dtype=float), np.maximum(largest, scale)
    with np.errstate(all="ignore"):
        relative = np.where(amount > rounding, amount / size, 0.0)
    if whole:
        forgiven = FEASIBILITY_TOLERANCE * np.asarray(scale)
        relative = np.where((amount > rounding) & (amount > forgiven), np.maximum(relative, BROKEN), relative)
    known = np.isfinite(amount) & np.isfinite(size) & np.isfinite(rounding)
    return np.where(known, relative, np.where(amount <= 0.0, 0.0, np.inf))


def bound_violation(value: Any, lower: Any, upper: Any, *, scale: Any = 0.0, whole: bool = False) -> Array:
    """Relative violations of bounds, element by element; see :func:`row_violation`."""

    def beyond(amount: Any, bound: Any) -> Array:
        size = np.maximum(np.where(np.isfinite(bound), np.abs(bound), 0.0), np.abs(value))
        return row_violation(amount, size, rounding=4.0 * UNIT * size, scale=scale, whole=whole)

    return np.maximum(beyond(np.subtract(lower, value), lower), beyond(np.subtract(value, upper), upper))


def whole_bounds(lower: Array, upper: Array, scale: Any = 0.0) -> tuple[Array, Array]:
    """Least and most whole numbers that count as within the bounds."""
    forgiven = FEASIBILITY_TOLERANCE * np.asarray(scale)
    below, above = (
        np.where(np.isfinite(bound), np.maximum(4.0 * UNIT * np.abs(bound), forgiven), 0.0) for bound in (lower, upper)
    )
    return np.ceil(lower - below), np.floor(upper + above)


def rounded(value: Any) -> Array:
    """Values of whole variables as the whole numbers that they stand for; others unchanged."""
    value = np.asarray(value, dtype=float)
    whole = np.round(value)
    return np.where(np.abs(value - whole) <= FEASIBILITY_TOLERANCE, whole, value)
