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

    @property
    def labels(self) -> list[Any]:
        """Names of the bits, in the model's order."""
        return list(self.model.variables)

    @property
    def interactions(self) -> int:
        """Number of couplings."""
        return int(self.model.num_interactions)

    def energies(self, states: NDArray[np.int8]) -> NDArray[np.float64]:
        """Values of the model, shape (K, n) -> (K,)."""
        found: NDArray[np.float64] = self.model.energies((states, self.labels))
        return found

    def sample(self, bits: NDArray[np.int8]) -> dict[Any, int]:
        """A dimod sample from bits in the model's variable order."""
        return {label: int(bit) for label, bit in zip(self.labels, bits, strict=True)}
