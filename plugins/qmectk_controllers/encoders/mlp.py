"""Layers over the last axis, one network for all agents or one for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class Dense(nn.Module):
    """A linear layer of so many agents: (B, D, i) to (B, D, o); with one agent of anything that ends in i.

    Weights are drawn as those of ``torch.nn.Linear``.
    """

    def __init__(self, inputs: int, outputs: int, agents: int = 1) -> None:
        super().__init__()
        bound = 1.0 / math.sqrt(max(inputs, 1))
        self.weight = nn.Parameter(torch.empty(agents, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(agents, outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        if len(self.weight) == 1:
            return x @ self.weight[0] + self.bias[0]
        return torch.einsum("bdi,dio->bdo", x, self.weight) + self.bias


class Mlp(nn.Sequential):
    """Dense layers of these units, each behind it a ReLU."""

    def __init__(self, inputs: int, units: Sequence[int], agents: int = 1) -> None:
        layers: list[nn.Module] = []
        for before, after in pairwise([inputs, *units]):
            layers += [Dense(before, after, agents), nn.ReLU()]
        super().__init__(*layers)


__all__ = ["Dense", "Mlp"]
