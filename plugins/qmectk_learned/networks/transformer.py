"""A set transformer: devices attend to each other, without any place (Lee et al., ICML 2019).

Blocks of self-attention and dense layers, each added to what came in; without positions the logits move with the
devices. The cost grows with the square of their number.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from qmectk.errors import InputError

from .kinds import Network, Shape

#: Two blocks of 32 units.
LAYERS = ((32, 32),)


class Block(nn.Module):
    """x + attention(norm x), then x + dense(norm x)."""

    def __init__(self, units: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.behind = nn.LayerNorm(units), nn.LayerNorm(units)
        self.project, self.gather = nn.Linear(units, 3 * units), nn.Linear(units, units)
        self.dense = nn.Sequential(nn.Linear(units, 2 * units), nn.ReLU(), nn.Linear(2 * units, units))

    def forward(self, x: Tensor, hidden: Tensor | None) -> Tensor:
        split = self.project(self.before(x)).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(1, 2) for part in split.unbind(2))  # (B, heads, n, units / heads)
        weight = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        if hidden is not None:
            weight = weight.masked_fill(hidden[:, None, None, :], -math.inf)
        x = x + self.gather((weight.softmax(-1) @ value).transpose(1, 2).flatten(2))
        added: Tensor = x + self.dense(self.behind(x))
        return added


class SetTransformer(nn.Module):
    """Devices -> 32 -> two blocks -> one logit each; ln n is a feature of every device."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        (units,) = shape.units(LAYERS)
        if len(set(units)) > 1 or units[0] % shape.heads:
            raise InputError(
                f"the blocks of a transformer have one number of units, a multiple of its {shape.heads} heads, "
                f"not {', '.join(map(str, units))}"
            )
        self.embed = nn.Linear(shape.features + 1, units[0])
        self.blocks = nn.ModuleList(Block(units[0], shape.heads) for _ in units)
        self.head = nn.Sequential(nn.LayerNorm(units[0]), nn.Linear(units[0], 1))

    def forward(
        self, devices: Tensor, generator: torch.Generator | None = None, present: Tensor | None = None
    ) -> Tensor:
        """Logits (B, n) of devices (B, n, q)."""
        if present is None:
            count = devices.new_full((devices.shape[0], 1), devices.shape[1])
        else:
            count = present.sum(1, keepdim=True).to(devices.dtype)
        many = count.log()[:, None, :].expand(-1, devices.shape[1], -1)
        x = self.embed(torch.cat([devices, many], dim=-1))
        for block in self.blocks:
            x = block(x, None if present is None else ~present)
        logits: Tensor = self.head(x)[..., 0]
        return logits


TRANSFORMER = Network("transformer", SetTransformer, "devices")
