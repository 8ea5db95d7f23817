"""Networks over devices: what they say of a device depends on it and on a summary of all, not on its place.

``set`` and ``price`` are sums over devices in the sense of DeepSets (Zaheer et al., NeurIPS 2017); ``transformer``
(:mod:`.transformer`) lets devices attend to each other. All take any number of devices.

``set`` gives every device a logit of its own. ``price`` gives two numbers, the price of time nu and the share a of
power transfer, and the Lagrangian of P1 does the rest: device i offloads where

    (2/3) ln a + ln(c_i g_i / L_i) - t(nu / g_i) > 0,      t + exp(-t) - 1 = nu/g_i.

Their layers end in SiLU: with ReLU the layers behind the pools die where the first frames are few and of many sizes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ..kernels import clearing
from .kinds import Network, Shape
from .lagrangian import log_snr
from .perceptron import dense

#: Features of a device that the margins are made of, as P1's Binary view states them (`device_features` there).
DEVICE_FEATURES = 4

#: Units of the layers over one device, and over all of them.
SET_LAYERS, PRICE_LAYERS = ((16, 16), (32,)), ((16, 16), (32, 32))

#: The two numbers at the start: nu = sum of L_i, a = 1/2.
START = (0.0, math.log(0.5))


def pooled(each: Tensor) -> Tensor:
    """Mean, maximum and soft maximum over devices, and ln n: (B, n, q) -> (B, 3 q + 1)."""
    count = each.new_full((each.shape[0], 1), each.shape[1])
    return torch.cat([each.mean(1), each.amax(1), torch.logsumexp(each, 1), count.log()], dim=1)


def pooled_of(each: Tensor, frame: Tensor, count: Tensor) -> Tensor:
    """The same of devices one after the other, (D, q), which belong to these frames, (D,); `count` of each, (B, 1)."""
    frames, index = len(count), frame[:, None].expand_as(each)
    empty = each.new_zeros(frames, each.shape[1])
    mean = empty.index_add(0, frame, each) / count
    high = empty.scatter_reduce(0, index, each, "amax", include_self=False)
    soft = high + empty.index_add(0, frame, torch.exp(each - high[frame])).log()
    return torch.cat([mean, high, soft, count.log()], dim=1)


class OverDevices(nn.Module):
    """phi of each device and pools of it. Of frames of different sizes, only devices that are there are computed."""

    def __init__(self, shape: Shape, inner: Sequence[int]) -> None:
        super().__init__()
        self.each = nn.Sequential(*dense([shape.features, *inner], nn.SiLU))

    def summary(self, devices: Tensor, present: Tensor | None) -> tuple[Tensor, Tensor | None, Tensor]:
        """phi of the devices, (B, n, q), and the pools; where not all are there, (D, q) and the frame of each, (D,)."""
        if present is None:
            each = self.each(devices)
            return each, None, pooled(each)
        each, frame = self.each(devices[present]), present.nonzero()[:, 0]
        return each, frame, pooled_of(each, frame, present.sum(1, keepdim=True).to(each.dtype))


class PerDevice(OverDevices):
    """phi of each device, pools of phi, rho of both: one logit a device."""

    def __init__(self, shape: Shape) -> None:
        inner, outer = shape.units(SET_LAYERS)
        super().__init__(shape, inner)
        self.all = nn.Sequential(*dense([4 * inner[-1] + 1, *outer], nn.SiLU), nn.Linear(outer[-1], 1))

    def forward(
        self, devices: Tensor, generator: torch.Generator | None = None, present: Tensor | None = None
    ) -> Tensor:
        """Logits (B, n) of devices (B, n, q)."""
        each, frame, summary = self.summary(devices, present)
        first, rest = self.all[0], self.all[1:]
        assert isinstance(first, nn.Linear)
        # the first layer of both side by side, without laying the summary beside every device
        of_each, of_all = first.weight.split([each.shape[-1], summary.shape[-1]], dim=1)
        shared = linear(summary, of_all, first.bias)
        if present is None or frame is None:
            logits: Tensor = rest(linear(each, of_each) + shared[:, None, :])[..., 0]
            return logits
        found = rest(linear(each, of_each) + shared[frame])[:, 0]
        return devices.new_zeros(devices.shape[:2]).masked_scatter(present, found)


class Price(OverDevices):
    """Pools of phi to (ln nu/sum L, ln a), then the margins of the Lagrangian as logits."""

    def __init__(self, shape: Shape) -> None:
        inner, outer = shape.units(PRICE_LAYERS)
        super().__init__(shape, inner)
        self.all = nn.Sequential(*dense([3 * inner[-1] + 1, *outer], nn.SiLU), nn.Linear(outer[-1], 2))
        self.sharpness = nn.Parameter(torch.tensor(shape.sharpness))
        last = self.all[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.copy_(torch.tensor(START))

    def numbers(self, devices: Tensor, present: Tensor | None = None) -> Tensor:
        """ln(nu / sum L) and ln a, shape (B, 2), of devices (B, n, 4)."""
        _, _, summary = self.summary(devices, present)
        found: Tensor = self.all(summary)
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

    def target(self, devices: Tensor, actions: Tensor) -> Tensor:
        """The two numbers of an action's own optimum (P2), shape (B, 2): what `numbers` should say."""
        worth, scale, passive = (part.double().contiguous().numpy() for part in logarithms(devices.cpu(), None))
        return torch.from_numpy(clearing(worth, scale, passive, actions.cpu().numpy())).float()


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
