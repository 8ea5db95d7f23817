"""The two networks: DROO's perceptron and QAROO's recurrent network. Importing this module imports torch.

Both end in logits; the relaxed action is their sigmoid and the loss is binary cross-entropy on the logits.
Dropout masks come from a generator of their own, so the global random state of torch is neither read nor changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor, nn

Kind = Literal["mlp", "gru"]

#: Layers of DROO's network (Huang, Bi & Zhang, IEEE TMC 19(11), 2020, section V): N-120-80-N.
MLP_WIDTHS = (120, 80)

#: Units of each of the two recurrent layers (Yao et al., arXiv 2604.25740).
GRU_UNITS = 128


class Perceptron(nn.Module):
    """d-120-80-n with ReLU (Huang, Bi & Zhang 2020). With a history the frames are laid side by side."""

    def __init__(self, features: int, history: int, bits: int) -> None:
        super().__init__()
        first, second = MLP_WIDTHS
        self.layers = nn.Sequential(
            nn.Linear(features * history, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, bits),
        )

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d)."""
        logits: Tensor = self.layers(context.flatten(1))
        return logits


class Recurrent(nn.Module):
    """Two GRU layers of 128, dropout between and after them, batch norm, linear (Yao et al. 2026)."""

    def __init__(self, features: int, bits: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.lower = nn.GRU(features, GRU_UNITS, batch_first=True)
        self.upper = nn.GRU(GRU_UNITS, GRU_UNITS, batch_first=True)
        self.norm = nn.BatchNorm1d(GRU_UNITS)
        self.head = nn.Linear(GRU_UNITS, bits)

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


def build(kind: Kind, features: int, history: int, bits: int, dropout: float, seed: int) -> nn.Module:
    """A network with torch's own initial weights, drawn from `seed`; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        if kind == "mlp":
            return Perceptron(features, history, bits)
        return Recurrent(features, bits, dropout)


@contextmanager
def one_thread() -> Iterator[None]:
    """torch on one thread: sums in one order, and no waiting for threads on networks this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
