"""What a network of a policy is: a name, a way to build it from a shape, and what it sees of a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import nn

from ..shape import Shape


@dataclass(frozen=True)
class Network:
    """A kind of network.

    Attributes
    ----------
    name
        What users type.
    make
        ``make(shape)`` -> a module. One that sees frames is called with contexts (B, T, d) and a generator of dropout
        or None, and gives logits (B, n). One that sees devices is called with devices (B, n, q), a generator or None,
        and which of them are there, (B, n) bool, or None for all; it gives logits (B, n), and what it says of a device
        must not depend on those that are not there.
    sees
        "frame": the features of a frame, and of those before it. "devices": the features of each device alone; such a
        network works for any number of devices.
    columns
        How many features of a device it needs; None for any number.
    """

    name: str
    make: Callable[[Shape], nn.Module]
    sees: Literal["frame", "devices"] = "frame"
    columns: int | None = None


__all__ = ["Network", "Shape"]
