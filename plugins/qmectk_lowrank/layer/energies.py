"""The energies a hard attention may minimise over masks of n blocks, as factored quadratic views.

``published`` is eq. (7) of Zhao, "QAHAN: A Quantum Annealing Hard Attention Network", arXiv 2412.20930: it minimises
the square of what the mask keeps, so it keeps the least. The others keep the most in one sense or another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.presenting.names import unknown
from qmectk.views import FactoredBatch, FactoredQuadratic

Variant = Literal["published", "salient", "concave", "residual", "general"]

#: Variant -> its energy; B is n x d, S = B^T 1, h the number of neighbouring pairs in the mask.
VARIANTS: dict[str, str] = {
    "published": "|B^T x|^2 + l1 (sum x - k)^2 + l2 h",
    "salient": "-sum_a |B_a| x_a + l2 h with sum x = k",
    "concave": "-|B^T x|^2 + l1 (sum x - k)^2 + l2 h",
    "residual": "|S - B^T x|^2 + l1 (sum x - k)^2 + l2 h",
    "general": "|B^T x - beta S|^2 - alpha sum_a |B_a|^2 x_a + l1 (sum x - k)^2 + l2 h",
}


@dataclass(frozen=True)
class Energy:
    """Which energy, and its numbers.

    Attributes
    ----------
    k
        How many blocks the mask keeps (softly, unless `exact_count`).
    l1, l2
        Weights of the cardinality and of the chain; the paper has 1 and 1.
    alpha, beta
        Of ``general``: reward of a block's own energy, and the share of S to reach.
    exact_count
        Demand sum x = k instead of charging l1 (sum x - k)^2; None: as the variant is defined.
    """

    variant: str = "published"
    k: int = 100
    l1: float = 1.0
    l2: float = 1.0
    alpha: float = 1.0
    beta: float = 0.0
    exact_count: bool | None = None

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise unknown("variant of hard attention", self.variant, VARIANTS)
        if self.k < 0:
            raise InputError(f"k must be at least 0, not {self.k}")
        for name in ("l1", "l2"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise InputError(f"{name} must be a finite number and at least 0, not {getattr(self, name)}")
        for name in ("alpha", "beta"):
            if not np.isfinite(getattr(self, name)):
                raise InputError(f"{name} must be a finite number, not {getattr(self, name)}")
        if self.variant == "salient" and self.exact_count is False:
            raise InputError("variant 'salient' is defined with sum x = k", "leave exact_count out")

    @property
    def pinned(self) -> bool:
        """Whether sum x = k is demanded."""
        return self.variant == "salient" if self.exact_count is None else self.exact_count

    def parts(self, blocks: Any) -> tuple[Any, Any, Any, float]:
        """(factors, target, linear, sign of the squares) of blocks (..., n, d), of numpy arrays and tensors alike."""
        power = (blocks * blocks).sum(-1)
        if self.variant == "salient":
            saliency = abs(blocks[..., 0]) if blocks.shape[-1] == 1 else _root(power)
            return blocks[..., :0], blocks[..., 0, :0], -saliency, 1.0
        nothing = 0.0 * power
        if self.variant == "residual":
            return blocks, blocks.sum(-2), nothing, 1.0
        if self.variant == "general":
            return blocks, self.beta * blocks.sum(-2), -self.alpha * power, 1.0
        return blocks, 0.0 * blocks.sum(-2), nothing, -1.0 if self.variant == "concave" else 1.0

    def views(self, blocks: NDArray[np.float64]) -> FactoredBatch:
        """The problems of a batch of feature maps.

        Parameters
        ----------
        blocks : (batch, n, d)

        Raises
        ------
        InputError
            For features that are not finite, or k > n where k is demanded.
        """
        n = blocks.shape[1]
        if not np.isfinite(blocks).all():
            raise InputError("the feature map has entries that are not finite", "lower the learning rate")
        if self.k > n:
            raise InputError(f"k = {self.k} blocks cannot be chosen out of {n}")
        factors, target, linear, sign = self.parts(blocks)
        shared = FactoredQuadratic(
            np.zeros((n, factors.shape[2])),
            penalty=0.0 if self.pinned else self.l1,
            count=0.0 if self.pinned else self.k,
            chain=self.l2,
            cardinality=self.k if self.pinned else None,
            signs=sign,
        )
        return FactoredBatch(factors, target, linear, shared)


def _root(power: Any) -> Any:
    """Square roots whose gradient at 0 is 0."""
    if isinstance(power, np.ndarray):
        return np.sqrt(power)
    positive = power > 0.0
    return power.where(positive, power.new_ones(())).sqrt() * positive
