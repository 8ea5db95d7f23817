"""The SharedBudget view: on/off items with a concave response that share one budget.

    max  sum_{x_i = 0} passive_i a^(1/3) + sum_{x_i = 1} scale_i tau_i ln(1 + snr_i a / tau_i)
    s.t. a + sum tau_i <= 1,  a, tau >= 0,  x binary

An item that is off earns a cube root of the common share `a`; one that is on turns its own share
tau_i into a logarithmic return. P1 has this shape (Huang, Bi & Zhang, IEEE TMC 19(11), 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import View

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SharedBudget(View):
    """Arrays of one instance, all of shape (n,).

    Attributes
    ----------
    passive
        Return per a^(1/3) of an item that is off, in the problem's unit.
    scale
        Return per share and nat of an item that is on, in the problem's unit.
    snr
        Signal-to-noise ratio at a = tau = 1, dimensionless.
    point
        ``point(action, a, tau) -> values`` of the declared problem.
    """

    passive: Array
    scale: Array
    snr: Array
    point: Callable[[Any, float, Array], dict[str, Any]]
    title = "SharedBudget (one budget, on/off items)"

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.passive)
