"""The QUBO view: a dimod binary quadratic model to be minimised, and the penalties it carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import View


@dataclass
class QUBO(View):
    """An unconstrained binary quadratic model.

    Attributes
    ----------
    model
        ``dimod.BinaryQuadraticModel`` over BINARY variables, to be minimised.
    penalties
        Constraint name -> the multiplier it was added with.
    feasible
        ``feasible(sample) -> bool``: whether a sample meets every constraint that became a penalty.
    """

    model: Any
    penalties: dict[str, float]
    feasible: Callable[[dict[Any, int]], bool]
    title = "QUBO (dimod)"

    @property
    def n(self) -> int:
        """Number of bits, slack bits included."""
        return int(self.model.num_variables)

    def sample(self, bits: NDArray[np.int8]) -> dict[Any, int]:
        """A dimod sample from bits in the model's variable order."""
        return {label: int(bit) for label, bit in zip(self.model.variables, bits, strict=True)}
