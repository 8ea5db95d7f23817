"""How the numerical code of this package is compiled, and the type names it shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qmectk.compiling.compiled import SourceGroup

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.int8]

EPS = 2.220446049250313e-16

_together = SourceGroup(__file__)
compiled, inner, merged = _together.compiled, _together.inner, _together.merged

__all__ = ["EPS", "Bits", "Floats", "Integers", "compiled", "inner", "merged"]
