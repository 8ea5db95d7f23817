"""Networks over devices: what they say of a device depends on it and on a summary of all, not on its place.

``set`` and ``price`` are sums over devices in the sense of DeepSets (Zaheer et al., NeurIPS 2017); ``transformer``
(:mod:`.transformer`) lets devices attend to each other. All take any number of devices.

``set`` gives every device a logit of its own. ``price`` gives two numbers, the price of time nu and the share a of
power transfer, and the Lagrangian of P1 does the rest: device i offloads where

    (2/3) ln a + ln(c_i g_i / L_i) - t(nu / g_i) > 0,      t + exp(-t) - 1 = nu/g_i.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .kinds import Network, Shape
from .lagrangian import clearing, log_snr
from .perceptron import dense

#: Features of a device that the margins are made of, as P1's Binary view states them (`device_features` there).
DEVICE_FEATURES = 4

#: Units of the layers over one device, and over all of them.
SET_LAYERS, PRICE_LAYERS = ((16, 16), (32,)), ((16, 16), (32, 32))

#: The two numbers at the start: nu = sum of L_i, a = 1/2.
START = (0.0, math.log(0.5))

#: What a device that is not there adds to a maximum: a number that never is one, and has no gradient.
ABSENT = -1e30


def pooled(each: Tensor, present: Tensor | None) -> Tensor:
    """Mean, maximum and soft maximum over the devices that are there, and ln n: (B, n, q) -> (B, 3 q + 1)."""
    if present is None:
        count = each.new_full((each.shape[0], 1), each.shape[1])
        mean, high = each.mean(1), each
    else:
        count = present.sum(1, keepdim=True).to(each.dtype)
        mean = (each * present[..., None]).sum(1) / count
        high = each.masked_fill(~present[..., None], ABSENT)
    return torch.cat([mean, high.amax(1), torch.logsumexp(high, 1), count.log()], dim=1)


class PerDevice(nn.Module):
    """phi of each device, pools of phi, rho of both: one logit a device."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        inner, outer = shape.units(SET_LAYERS)
        self.each = nn.Sequential(*dense([shape.features, *inner]))
        self.all = nn.Sequential(*dense([4 * inner[-1] + 1, *outer]), nn.Linear(outer[-1], 1))

    def forward(
        self, devices: Tensor, generator: torch.Generator | None = None, present: Tensor | None = None
    ) -> Tensor:
        """Logits (B, n) of devices (B, n, q)."""
        each = self.each(devices)
        summary = pooled(each, present)[:, None, :].expand(-1, each.shape[1], -1)
        logits: Tensor = self.all(torch.cat([each, summary], dim=-1))[..., 0]
        return logits


class Price(nn.Module):
    """Pools of phi to (ln nu/sum L, ln a), then the margins of the Lagrangian as logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        inner, outer = shape.units(PRICE_LAYERS)
        self.each = nn.Sequential(*dense([shape.features, *inner]))
        self.all = nn.Sequential(*dense([3 * inner[-1] + 1, *outer]), nn.Linear(outer[-1], 2))
        self.sharpness = nn.Parameter(torch.tensor(shape.sharpness))
        last = self.all[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.copy_(torch.tensor(START))

    def numbers(self, devices: Tensor, present: Tensor | None = None) -> Tensor:
        """ln(nu / sum L) and ln a, shape (B, 2), of devices (B, n, 4)."""
        found: Tensor = self.all(pooled(self.each(devices), present))
        return found

    def forward(
        self, devices: Tensor, generator: torch.Generator | None = None, present: Tensor | None = None
    ) -> Tensor:
        """Logits (B, n) of devices (B, n, 4)."""
        price, share = self.numbers(devices, present).unbind(1)
        worth, scale, _ = logarithms(devices, present)
        margin = (2.0 / 3.0) * share[:, None] + worth - log_snr(torch.exp((price[:, None] - scale).clamp(-40.0, 40.0)))
        logits: Tensor = self.sharpness.exp() * margin
        return logits

    def target(self, devices: Tensor, actions: Tensor, present: Tensor | None = None) -> Tensor:
        """The two numbers of an action's own optimum (P2), shape (B, 2): what `numbers` should say."""
        worth, scale, passive = logarithms(devices, present)
        return clearing(worth, scale, passive, actions, present)


def logarithms(devices: Tensor, present: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """ln(c_i g_i / L_i), ln(g_i / sum L) and ln(L_i / sum L) of P1's features of devices, each (B, n)."""
    if present is None:
        count = devices.new_full((devices.shape[0], 1), devices.shape[1])
    else:
        count = present.sum(1, keepdim=True).to(devices.dtype)
    share = count.log()
    return 3.0 * (devices[..., 3] + 2.5), devices[..., 2] + 1.5 - share, devices[..., 0] - share


SET = Network("set", PerDevice, "devices")
PRICE = Network("price", Price, "devices", DEVICE_FEATURES)
