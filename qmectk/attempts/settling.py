"""What is left of a solver's noise in a point is taken out before the point counts.

A solver returns 1e-11 for a server that is not used, and 1 - 1e-9 for a bit. The core rounds values of binary and
integer variables, and where a point breaks a row it tries the same point with values that are nearly on a bound, or
nearly zero, put there. Whatever it settles on is what is returned and what is measured, in full; a point that is
feasible as it is stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..instance import Instance
from ..judging.feasibility import rounded
from ..language import Variable
from ..readings.measuring import measure
from ..readings.numeric import Measurement
from ..status import FEASIBILITY_TOLERANCE

#: How near a value counts as on its bound or zero, relative to the largest value and bound of its variable: what
#: interior-point and simplex methods leave at their tolerances, and at most what a bound may be violated by anyway. The
#: least that helps is taken.
NEAR = (1e-9, 1e-7, FEASIBILITY_TOLERANCE)

#: Most that the objective may change, relative, where a variable has neither a value nor a bound to compare with and
#: nearness is taken in its own unit.
MOST_CHANGE = 1e-6


def settled(instance: Instance, values: Mapping[str, Any]) -> tuple[dict[str, Any], Measurement]:
    """The point that counts in the place of `values`, and its measurement.

    Raises
    ------
    InputError
        When the point does not fit the problem.
    """
    found = instance.measure(values)
    point = whole(values, found.variables)
    if found.feasible or not np.isfinite(found.objective):
        return point, found
    variables = found.variables.items()
    last = point
    for near, unit in itertools.product(NEAR, (0.0, 1.0)):
        moved = {
            name: _moved(variable, np.asarray(point[name], dtype=float), near, unit) for name, variable in variables
        }
        if all(np.array_equal(moved[name], last[name]) for name, _ in variables):
            continue
        last, there = moved, measure(instance, moved)
        change = abs(there.objective - found.objective)
        kept = change <= MOST_CHANGE * max(abs(there.objective), abs(found.objective))
        if there.feasible and (kept or not unit):
            return moved, there
    return point, found


def whole(values: Mapping[str, Any], variables: Mapping[str, Variable]) -> dict[str, Any]:
    """The point with values of binary and integer variables rounded; the same objects where nothing changes."""
    out = dict(values)
    for name, variable in variables.items():
        if variable.kind != "continuous":
            value = np.asarray(values[name], dtype=float)
            counted = rounded(value) + 0.0  # no bit is -0
            if counted.tobytes() != value.tobytes():
                out[name] = counted if variable.size is not None else float(counted)
    return out


def _moved(variable: Variable, value: np.ndarray, near: float, unit: float) -> Any:
    if variable.kind == "continuous":
        bounds = [np.where(np.isfinite(bound), np.abs(bound), 0.0) for bound in (variable.lower, variable.upper)]
        size = max(unit, *(float(np.max(part, initial=0.0)) for part in (np.abs(value), *bounds)))
        value = np.where(np.abs(value) <= near * size, 0.0, value)
        for bound in (variable.lower, variable.upper):
            value = np.where(np.abs(value - bound) <= near * size, bound, value)
    return value if variable.size is not None else float(value)
