"""A policy: a network, what it sees, and how it is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qmectk.errors import Refused

from .networks import NETWORKS, Shape, build

Contexts = NDArray[np.float32]

#: Frames per forward pass, always exactly this many (a short batch is filled up): matrix products of one shape treat
#: every row alike, so a frame's relaxed action does not depend on which frames it is evaluated with.
BLOCK = 16


def contexts_of(shape: Shape, views: Sequence[Any]) -> Contexts:
    """What a policy of this shape sees of each view, (F, T, d).

    Raises
    ------
    Refused
        When a view has another number of bits or features, or features that are not finite.
    """
    by_device = NETWORKS[shape.network].sees == "devices"
    seen = np.empty((len(views), shape.history, shape.features), np.float32)
    for row, view in zip(seen, views, strict=True):
        context = np.asarray(view.device_features().reshape(1, -1) if by_device else view.context(shape.history))
        if view.n != shape.bits or context.shape != row.shape:
            raise Refused(
                f"the policy is for {shape.bits} bits and {shape.features} features, and a frame has "
                f"{view.n} bits and {context.shape[-1]} features"
            )
        row[:] = context
    if not np.isfinite(seen).all():
        raise Refused("a frame has features that are not finite, and a network cannot read those")
    return seen


def shape_for(options: Any, view: Any) -> Shape:
    """The shape of a policy with these options for frames like `view`; Refused where its network cannot read them."""
    kind = NETWORKS[options.network]
    if kind.sees == "frame":
        return shaped(options, view.n, np.asarray(view.context(1)).shape[-1])
    seen = np.asarray(view.device_features())
    if kind.columns not in (None, seen.shape[1]):
        raise Refused(
            f"network '{kind.name}' reads {kind.columns} features of each device, this problem gives {seen.shape[1]}",
            "choose network=set, or mlp",
        )
    return shaped(options, view.n, seen.size)


def shaped(options: Any, bits: int, features: int) -> Shape:
    """The shape of a policy with these options, bits and features a frame."""
    history = 1 if NETWORKS[options.network].sees == "devices" else options.history
    return Shape(options.network, bits, features, history, options.dropout, options.circuit)


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
        self.network = build(shape, seed)
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
