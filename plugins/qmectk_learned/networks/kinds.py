"""What a network of a policy is: a name, a way to build it from a shape, and what it sees of a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import nn


@dataclass(frozen=True)
class Shape:
    """What decides the arrays of a network.

    Attributes
    ----------
    network
        Name of its kind.
    bits
        n, the width of the output.
    features
        d, the width of one frame of input.
    history
        T, how many frames it sees: this one and the T - 1 before it.
    dropout
        Share of units silenced in training, where the network has any.
    circuit
        Name of the circuit, where the network has one.
    """

    network: str
    bits: int
    features: int
    history: int = 1
    dropout: float = 0.0
    circuit: str = "published"


@dataclass(frozen=True)
class Network:
    """A kind of network.

    Attributes
    ----------
    name
        What users type.
    make
        ``make(shape)`` -> a module from contexts (B, T, d) and an optional generator to logits (B, n).
    summary
        One line of help.
    sees
        "frame": the features of a frame, and of those before it. "devices": the features of each device alone, laid
        side by side; such a network works for any number of devices.
    columns
        How many features of a device it needs; None for any number.
    """

    name: str
    make: Callable[[Shape], nn.Module]
    summary: str
    sees: Literal["frame", "devices"] = "frame"
    columns: int | None = None


__all__ = ["Network", "Shape"]
