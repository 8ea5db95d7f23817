"""DROO's perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from qmectk.memory import check_memory

from .kinds import Network, Shape

#: Layers of DROO's network (Huang, Bi & Zhang, IEEE TMC 19(11), 2020, section V): N-120-80-N.
LAYERS = ((120, 80),)

#: Bytes of a weight in training: itself, its gradient and two moments of Adam, in 32 bits.
TRAINED = 16.0


def dense(widths: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> list[nn.Module]:
    """Linear layers from each width to the next, an activation behind every one.

    Raises
    ------
    InputError
        When there is no memory for their weights.
    """
    check_memory(TRAINED * sum(a * b for a, b in pairwise(widths)), "a network of layers " + ",".join(map(str, widths)))
    return [layer for pair in pairwise(widths) for layer in (nn.Linear(*pair), activation())]


class Perceptron(nn.Module):
    """d-120-80-n with ReLU (Huang, Bi & Zhang 2020). With a history the frames are laid side by side."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        (hidden,) = shape.units(LAYERS)
        self.layers = nn.Sequential(
            *dense([shape.features * shape.history, *hidden]), nn.Linear(hidden[-1], shape.bits)
        )

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d)."""
        logits: Tensor = self.layers(context.flatten(1))
        return logits


MLP = Network("mlp", Perceptron)
