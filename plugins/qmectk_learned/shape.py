"""What decides the arrays of a network, and which frames it is for. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass

from .layers import Layers, layers_of


@dataclass(frozen=True)
class Shape:
    """What decides the arrays of a network, and which frames it is for.

    Attributes
    ----------
    network
        Name of its kind.
    bits
        n, the width of the output; of a network over devices the largest n it is for.
    features
        d, the width of one frame of input; of a network over devices q, the numbers it sees of each.
    history
        T, how many frames it sees: this one and the T - 1 before it.
    dropout
        Share of units silenced in training, where the network has any.
    circuit, qubits, heads
        Of the networks that have them.
    layers
        Units of its layers as :func:`~qmectk_learned.layers.layers_of` reads them; "" for its own.
    sharpness
        Logarithm of the factor from margins to logits at the start, where the network has one.
    least
        The smallest n that a network over devices is for.
    scaling
        Name of what is done to the features before the network sees them.
    """

    network: str
    bits: int
    features: int
    history: int = 1
    dropout: float = 0.0
    circuit: str = "published"
    qubits: int = 8
    heads: int = 4
    layers: str = ""
    sharpness: float = 2.3
    least: int = 1
    scaling: str = "plain"

    def units(self, usual: Layers) -> Layers:
        """Units of the layers, group by group; `usual` where the user has not said."""
        return layers_of(self.layers, usual)


__all__ = ["Shape"]
