"""A policy: a network, what it sees, and how it is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qmectk.errors import Refused
from qmectk.plugins import registry

from .networks import Shape, build, kind_of

Contexts = NDArray[np.float32]

#: Frames per forward pass, always exactly this many (a short batch is filled up): matrix products of one shape treat
#: every row alike, so a frame's relaxed action does not depend on which frames it is evaluated with. Of many devices
#: fewer frames are a batch, about DEVICES of them; how many depends on n alone.
BLOCK, DEVICES = 16, 512

#: The same on a graphics card, where a call costs what thousands of frames cost.
WIDE = 4096


def contexts_of(shape: Shape, views: Sequence[Any]) -> Contexts:
    """What a policy of this shape sees of views of one n: (F, T, d), or of each device (F, n, q).

    Raises
    ------
    Refused
        When a view has a number of bits or features that the policy is not for, or features that are not finite.
    """
    by_device = kind_of(shape.network).sees == "devices"
    n = views[0].n
    observed = np.empty((len(views), n if by_device else shape.history, shape.features))
    for row, view in zip(observed, views, strict=True):
        context = np.asarray(view.device_features() if by_device else view.context(shape.history))
        refuse_other(shape, view.n, context.shape[-1])
        row[:] = context
    seen = scaled(shape, observed)
    if not np.isfinite(seen).all():
        raise Refused("a frame has features that are not finite, and a network cannot read those")
    return seen


def scaled(shape: Shape, features: Any) -> Contexts:
    """Features as the network sees them, from those that a problem states."""
    scale: Callable[[Any], Any] = registry().part("features", shape.scaling).load(Callable)  # type: ignore[arg-type]
    return np.asarray(scale(features), np.float32)


def refuse_other(shape: Shape, bits: int, features: int) -> None:
    """Refuse a frame that the policy is not for; which n a network over devices is for, its training has shown."""
    if not shape.least <= bits <= shape.bits or features != shape.features:
        many = f"{shape.bits}" if shape.least == shape.bits else f"{shape.least} to {shape.bits}"
        raise Refused(
            f"the policy is for {many} bits and {shape.features} features, and a frame has {bits} bits and "
            f"{features} features",
            "train a policy on frames like this one",
        )


def shape_for(options: Any, views: Sequence[Any]) -> Shape:
    """The shape of a policy with these options for frames like `views`; Refused where its network cannot read them."""
    kind = kind_of(options.network)
    sizes = {view.n for view in views}
    least, most = min(sizes), max(sizes)
    if kind.sees == "frame":
        if least < most:
            raise Refused(
                f"network '{kind.name}' reads frames of one size, and these have {least} to {most} bits",
                "choose a network over devices: network=set, or price",
            )
        return shaped(options, most, np.asarray(views[0].context(1)).shape[-1], most)
    seen = np.asarray(views[0].device_features())
    if kind.columns not in (None, seen.shape[1]):
        raise Refused(
            f"network '{kind.name}' reads {kind.columns} features of each device, this problem gives {seen.shape[1]}",
            "choose network=set, or mlp",
        )
    return shaped(options, most, seen.shape[1], least)


def shaped(options: Any, bits: int, features: int, least: int) -> Shape:
    """The shape of a policy with these options, for frames of `least` to `bits` bits and so many features."""
    return Shape(
        options.network,
        bits,
        features,
        1 if kind_of(options.network).sees == "devices" else options.history,
        options.dropout,
        options.circuit,
        options.qubits,
        options.heads,
        options.layers,
        options.sharpness,
        least,
        options.features,
    )


def place(device: str) -> torch.device:
    """A device by its name, "cpu" or "cuda".

    Raises
    ------
    Refused
        When this machine or this torch has none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise Refused(
            f"there is no CUDA device that torch {torch.__version__} can use here",
            "choose device=cpu, or another machine",
        )
    return torch.device(device)


class Policy:
    """A network in evaluation mode unless it is being trained.

    Parameters
    ----------
    shape
        Its arrays.
    seed
        Draws the initial weights, the same on every device.
    device
        Where it computes, "cpu" or "cuda".
    """

    def __init__(self, shape: Shape, seed: int = 0, device: str = "cpu") -> None:
        self.shape, self.device = shape, place(device)
        self.by_device = kind_of(shape.network).sees == "devices"
        self.network = build(shape, seed).to(self.device)
        self.network.eval()

    def logits(self, seen: Tensor, generator: torch.Generator | None = None, present: Tensor | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d), or of devices (B, n, q) of which those `present` are there."""
        found: Tensor = self.network(seen, generator, present) if self.by_device else self.network(seen, generator)
        return found

    def values(self, contexts: Contexts) -> NDArray[np.float32]:
        """Logits (F, n) of contexts (F, T, d), or of devices (F, n, q)."""
        frames = len(contexts)
        block = BLOCK if self.device.type == "cpu" else WIDE
        if self.by_device:
            block = max(1, min(block, block * DEVICES // BLOCK // contexts.shape[1]))
        padded = np.zeros((-(-frames // block) * block, *contexts.shape[1:]), np.float32)
        padded[:frames] = contexts
        with torch.inference_mode():
            whole = torch.from_numpy(padded).to(self.device)
            parts = [self.logits(whole[start : start + block]) for start in range(0, len(padded), block)]
            found: NDArray[np.float32] = torch.cat(parts).cpu().numpy()[:frames]
        return found

    def relaxed(self, contexts: Contexts) -> NDArray[np.float64]:
        """Relaxed actions m in [0, 1], shape (F, n), of contexts (F, T, d), or of devices (F, n, q).

        The sigmoid is taken in double precision: in single precision logits beyond 17 all become 1, and the order of
        |m - 1/2| is lost.
        """
        return np.asarray(torch.from_numpy(self.values(contexts)).double().sigmoid().numpy())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Weights and running statistics by name (copies)."""
        return {name: value.detach().cpu().numpy().copy() for name, value in self.network.state_dict().items()}

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
            if tuple(value.shape) != given.shape or value.cpu().numpy().dtype != given.dtype:
                raise ValueError(f"its array '{name}' has another shape or type")
            if not np.isfinite(given).all():
                raise ValueError(f"its array '{name}' holds numbers that are not finite")
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(torch.from_numpy(arrays[name].copy()))
