"""What the branch and bound over one shared budget found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .price import Floats, Integers
from .state import (
    Bits,
)


@dataclass(frozen=True)
class SharedBudgetResult:
    """Solution and certificate.

    Attributes
    ----------
    action : (N,) int8, 1 = on (offload)
    a : shared resource (share of the frame for power transfer), in [0, 1]
    tau : (N,) budget of each item; 0 where off
    value : objective, in the unit of `passive` and `scale`
    bound : proved upper bound of the optimum
    nodes : nodes of the search
    root_bound : bound before any branching
    proved : bound <= value (1 + gap)
    """

    action: Bits
    a: float
    tau: Floats
    value: float
    bound: float
    nodes: int
    root_bound: float
    proved: bool

    @property
    def gap(self) -> float:
        """Certified relative gap (bound - value)/value."""
        return (self.bound - self.value) / self.value if self.value > 0.0 else self.bound - self.value


@dataclass(frozen=True)
class ManySharedBudgetResult:
    """`SharedBudgetResult` of each of F instances, as arrays with leading dimension F."""

    action: Bits
    a: Floats
    tau: Floats
    value: Floats
    bound: Floats
    nodes: Integers
    root_bound: Floats
    proved: NDArray[np.bool_]
