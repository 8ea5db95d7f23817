"""Measuring a point on a declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..language import Declares
from .numeric import Measurement, NumericReading
from .weighed import Weighed


def measure(declaration: Declares, values: Mapping[str, Any]) -> Measurement:
    """Objective and violations of `values` on a declaration.

    Raises
    ------
    InputError
        When a variable is missing, unknown, of the wrong shape or not numeric.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"a point maps variable names to numbers, and this is a {type(values).__name__}")
    m = NumericReading(values)
    with np.errstate(all="ignore"):
        declaration.declare(m)
    extra = [name for name in values if name not in m.variables]
    if extra:
        raise InputError(f"the point has values for unknown variables: {', '.join(sorted(map(str, extra)))}")
    return weigh(declaration, values) if m.doubtful else _measured(m)


def weigh(declaration: Declares, values: Mapping[str, Any]) -> Measurement:
    """The measurement with the terms of every row weighed, and with what rounding does to the objective."""
    m = Weighed(values)
    with np.errstate(all="ignore"):
        declaration.declare(m)
    return _measured(m, float(m.rounding))


def _measured(m: NumericReading, rounding: float | None = None) -> Measurement:
    violation = max(m.relative.values(), default=0.0) if np.isfinite(m.objective) else float("inf")
    return Measurement(m.objective, violation, m.violations, m.constraints, m.sense, m.relative, rounding, m.variables)


__all__ = ["measure", "weigh"]
