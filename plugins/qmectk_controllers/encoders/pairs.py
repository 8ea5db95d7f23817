"""Networks over pairs of device and column that do not know one device or server from another.

Their outputs move with the devices and servers when these are renumbered, so they take any number of both without
training again.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from qmectk_learned.networks.perceptron import dense

from ..seeing import Seen

#: Units of the layers over a pair, and of those behind its pools.
UNITS = 32

#: Sharpness of the choice at the beginning: a gain of a tenth of the mean value is worth a factor e.
SHARP = 10.0


def spread(gain: Tensor, sharpness: Tensor) -> Tensor:
    """y from what every column wins, (B, D, C): softmax over the columns and idling, which wins nothing."""
    logits = gain * torch.exp(sharpness)
    idle = torch.zeros_like(logits[..., :1])
    return torch.softmax(torch.cat([logits, idle], dim=-1), dim=-1)[..., :-1]


class PriceNet(nn.Module):
    """A price nu_s a task of every server, from what all devices look like to it.

    y = softmax((value - nu c) e^t), idling 0, with nu = softplus(f(mean over devices of e(pair))): the Lagrangian of
    the server's limit, whose best price is not computed. The price is 0 where there is no limit.

    Parameters
    ----------
    encoder
        e: features of a pair (..., p) to (..., q).
    width
        q.
    """

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.price = nn.Sequential(*dense([width, UNITS]), nn.Linear(UNITS, 1))
        self.sharpness = nn.Parameter(torch.tensor(SHARP).log())

    def forward(self, seen: Seen) -> Tensor:
        pooled = self.encoder(seen.pair).mean(dim=1)
        price = nn.functional.softplus(self.price(pooled)[..., 0])
        paid = torch.where(torch.isfinite(seen.room), price, torch.zeros_like(price))
        return spread(seen.value - paid[:, None, :] * seen.load, self.sharpness)


class PairNet(nn.Module):
    """What every column wins a device, from the pair and the means over devices, over columns and over both."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.score = nn.Sequential(*dense([4 * width, UNITS]), nn.Linear(UNITS, 1))
        self.sharpness = nn.Parameter(torch.tensor(SHARP).log())

    def forward(self, seen: Seen) -> Tensor:
        each = self.encoder(seen.pair)
        means = [each.mean(dim=axes, keepdim=True).expand_as(each) for axes in ((1,), (2,), (1, 2))]
        score: Tensor = self.score(torch.cat([each, *means], dim=-1))[..., 0]
        return spread(score, self.sharpness)


def pair_encoder(features: int) -> nn.Module:
    """Two layers over the features of a pair."""
    return nn.Sequential(*dense([features, UNITS, UNITS]))


__all__ = ["UNITS", "PairNet", "PriceNet", "pair_encoder", "spread"]
