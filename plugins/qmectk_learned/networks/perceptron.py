"""DROO's perceptron."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .kinds import Network, Shape

#: Layers of DROO's network (Huang, Bi & Zhang, IEEE TMC 19(11), 2020, section V): N-120-80-N.
WIDTHS = (120, 80)


class Perceptron(nn.Module):
    """d-120-80-n with ReLU (Huang, Bi & Zhang 2020). With a history the frames are laid side by side."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        first, second = WIDTHS
        self.layers = nn.Sequential(
            nn.Linear(shape.features * shape.history, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, shape.bits),
        )

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d)."""
        logits: Tensor = self.layers(context.flatten(1))
        return logits


MLP = Network("mlp", Perceptron, "DROO's perceptron, N-120-80-N")
