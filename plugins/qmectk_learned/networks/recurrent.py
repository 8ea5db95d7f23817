"""QAROO's recurrent network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .kinds import Network, Shape

#: Units of each of the two recurrent layers (Yao et al., arXiv 2604.25740).
UNITS = 128


class Recurrent(nn.Module):
    """Two GRU layers of 128, dropout between and after them, batch norm, linear (Yao et al. 2026)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.dropout = shape.dropout
        self.lower = nn.GRU(shape.features, UNITS, batch_first=True)
        self.upper = nn.GRU(UNITS, UNITS, batch_first=True)
        self.norm = nn.BatchNorm1d(UNITS)
        self.head = nn.Linear(UNITS, shape.bits)

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d), oldest frame first; `generator` draws the dropout masks in training."""
        below: Tensor = self._drop(self.lower(context)[0], generator)
        state: Tensor = self._drop(self.upper(below)[0][:, -1], generator)
        logits: Tensor = self.head(self.norm(state))
        return logits

    def _drop(self, values: Tensor, generator: torch.Generator | None) -> Tensor:
        if not self.training or self.dropout == 0.0:
            return values
        keep = 1.0 - self.dropout
        return values * (torch.empty_like(values).bernoulli_(keep, generator=generator) / keep)


GRU = Network("gru", Recurrent, "QAROO's recurrent network, two GRU layers of 128")
