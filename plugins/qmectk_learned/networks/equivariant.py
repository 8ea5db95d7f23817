"""Networks over devices: what they say of a device depends on it and on a summary of all, not on its place.

Both are sums over devices in the sense of DeepSets (Zaheer et al., NeurIPS 2017), so they take any number of devices.

``set`` gives every device a logit of its own. ``price`` gives two numbers, the price of time nu and the share a of
power transfer, and the Lagrangian of P1 does the rest: device i offloads where

    (2/3) ln a + ln(c_i g_i / L_i) - t(nu / g_i) > 0,      t + exp(-t) - 1 = nu/g_i.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .kinds import Network, Shape

#: Features of a device that the margins are made of, as P1's Binary view states them (`device_features` there).
DEVICE_FEATURES = 4

#: Units of the layers over one device, and over all of them.
INNER, OUTER = 16, 32

#: The two numbers at the start: nu = sum of L_i, a = 1/2; and the logarithm of the sharpness of the logits.
START = (0.0, math.log(0.5))
SHARPNESS = 2.3

#: Newton steps for t; from the guess below four reach double precision for every y > 0 met.
STEPS = 4


def pooled(each: Tensor) -> Tensor:
    """Mean, maximum and soft maximum over devices, and ln n: (B, n, q) -> (B, 3 q + 1)."""
    count = each.new_full((len(each), 1), math.log(each.shape[1]))
    return torch.cat([each.mean(1), each.amax(1), torch.logsumexp(each, 1), count], dim=1)


class _OverDevices(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.width = shape.features // shape.bits
        self.each = nn.Sequential(nn.Linear(self.width, INNER), nn.ReLU(), nn.Linear(INNER, INNER), nn.ReLU())

    def devices(self, context: Tensor) -> Tensor:
        """(B, 1, n q) -> (B, n, q)."""
        return context[:, -1].unflatten(-1, (-1, self.width))


class PerDevice(_OverDevices):
    """phi of each device, pools of phi, rho of both: one logit a device."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.all = nn.Sequential(nn.Linear(4 * INNER + 1, OUTER), nn.ReLU(), nn.Linear(OUTER, 1))

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, 1, n q)."""
        each = self.each(self.devices(context))
        summary = pooled(each)[:, None, :].expand(-1, each.shape[1], -1)
        logits: Tensor = self.all(torch.cat([each, summary], dim=-1))[..., 0]
        return logits


class Price(_OverDevices):
    """Pools of phi to (ln nu/sum L, ln a), then the margins of the Lagrangian as logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.all = nn.Sequential(
            nn.Linear(3 * INNER + 1, OUTER), nn.ReLU(), nn.Linear(OUTER, OUTER), nn.ReLU(), nn.Linear(OUTER, 2)
        )
        self.sharpness = nn.Parameter(torch.tensor(SHARPNESS))
        last = self.all[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.copy_(torch.tensor(START))

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, 1, n 4)."""
        seen = self.devices(context)
        price, share = self.all(pooled(self.each(seen))).unbind(1)
        scale = seen[..., 2] + 1.5 - math.log(seen.shape[1])  # ln(g_i / sum L)
        worth = 3.0 * (seen[..., 3] + 2.5)  # ln(c_i g_i / L_i)
        margin = (2.0 / 3.0) * share[:, None] + worth - log_snr(torch.exp((price[:, None] - scale).clamp(-40.0, 40.0)))
        logits: Tensor = self.sharpness.exp() * margin
        return logits


def log_snr(y: Tensor) -> Tensor:
    """The root t of t + exp(-t) - 1 = y, with its derivative 1 / (1 - exp(-t))."""
    with torch.no_grad():
        root = torch.sqrt(2.0 * y)
        t = torch.where(y < 1.125, root * (1.0 + root * (1.0 / 6.0 + root / 36.0)), 1.0 + y - torch.exp(-1.0 - y))
        for _ in range(STEPS):
            t = t - (t + torch.expm1(-t) - y) / -torch.expm1(-t)
        slope = -torch.expm1(-t)
    return t + (y - y.detach()) / slope


SET = Network("set", PerDevice, "one logit a device from its features and a summary of all", "devices")
PRICE = Network(
    "price", Price, "the price of time and the share of power transfer, then a threshold", "devices", DEVICE_FEATURES
)
