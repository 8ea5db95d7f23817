"""The Lagrangian of P1 in tensors: the signal at a price of time, and the price and share of an action's own optimum.

Rates are in units of sum L, so prices are too.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Newton steps for t; from the guess below four reach double precision for every y > 0 met.
STEPS = 4

#: Where ln(nu / sum L) is looked for, and how often that is halved: 30 / 2^30 is the accuracy of the target.
LOWEST, HIGHEST, HALVINGS = -15.0, 15.0, 30


def log_snr(y: Tensor) -> Tensor:
    """The root t of t + exp(-t) - 1 = y, with its derivative 1 / (1 - exp(-t))."""
    with torch.no_grad():
        root = torch.sqrt(2.0 * y)
        t = torch.where(y < 1.125, root * (1.0 + root * (1.0 / 6.0 + root / 36.0)), 1.0 + y - torch.exp(-1.0 - y))
        for _ in range(STEPS):
            t = t - (t + torch.expm1(-t) - y) / -torch.expm1(-t)
        slope = -torch.expm1(-t)
    return t + (y - y.detach()) / slope


def clearing(worth: Tensor, scale: Tensor, passive: Tensor, actions: Tensor, present: Tensor | None) -> Tensor:
    """ln(nu / sum L) and ln a of the optimum with a given action (P2), shape (B, 2).

    Parameters
    ----------
    worth, scale, passive
        ln(c_i g_i / L_i), ln(g_i / sum L) and ln(L_i / sum L), each (B, n).
    actions
        1 where a device offloads, (B, n).
    present
        Which devices are there; None for all.

    Notes
    -----
    nu is the root of  sum_on g_i c_i u_i + (1/3) sum_off L_i a^(-2/3) - nu,  which falls, with u_i = exp(-t(nu/g_i))
    and a = 1 / (1 + sum_on c_i u_i / (1 - u_i)).
    """
    passive, scale, worth = passive.double(), scale.double(), worth.double()
    on = actions > 0
    off = ~on if present is None else present & ~on
    left = (passive.exp() * off).sum(1, keepdim=True) / 3.0
    gain = (worth + passive - scale).exp() * on
    low = torch.full_like(left, LOWEST)
    high = torch.full_like(left, HIGHEST)
    for _ in range(HALVINGS):
        price = 0.5 * (low + high)
        excess, _ = _excess(price, scale, gain, left)
        low, high = torch.where(excess > 0, price, low), torch.where(excess > 0, high, price)
    price = 0.5 * (low + high)
    _, share = _excess(price, scale, gain, left)
    return torch.cat([price, -share.log1p()], dim=1).float()


def _excess(price: Tensor, scale: Tensor, gain: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
    """What the devices would pay for time less its price, and 1/a - 1."""
    t = log_snr((price - scale).clamp(-40.0, 40.0).exp())
    share = (gain / torch.expm1(t)).sum(1, keepdim=True)
    worth = (gain * scale.exp() * torch.exp(-t)).sum(1, keepdim=True) + left * (1.0 + share) ** (2.0 / 3.0)
    return worth - price.exp(), share


__all__ = ["clearing", "log_snr"]
