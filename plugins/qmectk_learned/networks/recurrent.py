"""QAROO's recurrent network."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from .kinds import Network, Shape

#: Units of the recurrent layers: two of 128 (Yao et al., arXiv 2604.25740).
LAYERS = ((128, 128),)


class Recurrent(nn.Module):
    """Two GRU layers of 128, dropout between and after them, batch norm, linear (Yao et al. 2026)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        (units,) = shape.units(LAYERS)
        self.dropout = shape.dropout
        widths = pairwise((shape.features, *units))
        self.recurrent = nn.ModuleList(nn.GRU(before, after, batch_first=True) for before, after in widths)
        self.norm = nn.BatchNorm1d(units[-1])
        self.head = nn.Linear(units[-1], shape.bits)

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d), oldest frame first; `generator` draws the dropout masks in training."""
        *lower, upper = self.recurrent
        for layer in lower:
            context = self._drop(layer(context)[0], generator)
        state = self._drop(upper(context)[0][:, -1], generator)
        logits: Tensor = self.head(self.norm(state))
        return logits

    def _drop(self, values: Tensor, generator: torch.Generator | None) -> Tensor:
        if not self.training or self.dropout == 0.0:
            return values
        keep = 1.0 - self.dropout
        return values * (torch.empty_like(values).bernoulli_(keep, generator=generator) / keep)


GRU = Network("gru", Recurrent)
