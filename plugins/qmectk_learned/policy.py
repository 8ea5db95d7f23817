"""A policy: a network, what it sees, and how it is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qmectk.errors import Refused

from .networks import Kind, build

Contexts = NDArray[np.float32]

#: Frames per forward pass, always exactly this many (a short batch is filled up): matrix products of one shape treat
#: every row alike, so a frame's relaxed action does not depend on which frames it is evaluated with.
BLOCK = 16


@dataclass(frozen=True)
class Shape:
    """What decides the arrays of a network.

    Attributes
    ----------
    bits
        n, the width of the output.
    features
        d, the width of one frame of input.
    history
        T, how many frames it sees: this one and the T - 1 before it.
    """

    network: Kind
    bits: int
    features: int
    history: int
    dropout: float

    def contexts(self, views: Sequence[Any]) -> Contexts:
        """What the policy sees of each view, shape (F, T, d)."""
        seen = np.empty((len(views), self.history, self.features), np.float32)
        for row, view in zip(seen, views, strict=True):
            context = np.asarray(view.context(self.history))
            if view.n != self.bits or context.shape != row.shape:
                raise Refused(
                    f"the policy is for {self.bits} bits and {self.features} features, and a frame has "
                    f"{view.n} bits and {context.shape[-1]} features"
                )
            row[:] = context
        if not np.isfinite(seen).all():
            raise Refused("a frame has features that are not finite, and a network cannot read those")
        return seen


class Policy:
    """A network in evaluation mode unless it is being trained.

    Parameters
    ----------
    shape
        Its arrays.
    seed
        Draws the initial weights.
    """

    def __init__(self, shape: Shape, seed: int = 0) -> None:
        self.shape = shape
        self.network = build(shape.network, shape.features, shape.history, shape.bits, shape.dropout, seed)
        self.network.eval()

    def relaxed(self, contexts: Contexts) -> NDArray[np.float64]:
        """Relaxed actions m in [0, 1], shape (F, n), of contexts (F, T, d).

        The sigmoid is taken in double precision: in single precision logits beyond 17 all become 1, and the order of
        |m - 1/2| is lost.
        """
        frames = len(contexts)
        padded = np.zeros((-(-frames // BLOCK) * BLOCK, *contexts.shape[1:]), np.float32)
        padded[:frames] = contexts
        with torch.inference_mode():
            whole = torch.from_numpy(padded)
            parts = [self.network(whole[start : start + BLOCK]) for start in range(0, len(padded), BLOCK)]
            answer: NDArray[np.float64] = torch.cat(parts).double().sigmoid().numpy()[:frames]
        return answer

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Weights and running statistics by name (copies)."""
        return {name: value.detach().numpy().copy() for name, value in self.network.state_dict().items()}

    def load(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take over weights and statistics.

        Raises
        ------
        ValueError
            When a name, shape or type differs, or a number is not finite.
        """
        own = self.network.state_dict()
        if own.keys() != arrays.keys():
            raise ValueError("its arrays are those of another network")
        for name, value in own.items():
            given = arrays[name]
            if tuple(value.shape) != given.shape or value.numpy().dtype != given.dtype:
                raise ValueError(f"its array '{name}' has another shape or type")
            if not np.isfinite(given).all():
                raise ValueError(f"its array '{name}' holds numbers that are not finite")
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(torch.from_numpy(arrays[name].copy()))
