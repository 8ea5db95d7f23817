"""The signal of an offloading device at a price of time, with its gradient."""

from __future__ import annotations

import torch
from torch import Tensor

#: Newton steps for t; from the guess below four reach double precision for every y > 0 met.
STEPS = 4


def log_snr(y: Tensor) -> Tensor:
    """The root t of t + exp(-t) - 1 = y, with its derivative 1 / (1 - exp(-t))."""
    with torch.no_grad():
        root = torch.sqrt(2.0 * y)
        t = torch.where(y < 1.125, root * (1.0 + root * (1.0 / 6.0 + root / 36.0)), 1.0 + y - torch.exp(-1.0 - y))
        for _ in range(STEPS):
            t = t - (t + torch.expm1(-t) - y) / -torch.expm1(-t)
        slope = -torch.expm1(-t)
    return t + (y - y.detach()) / slope


__all__ = ["log_snr"]
