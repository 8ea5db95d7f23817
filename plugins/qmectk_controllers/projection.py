"""From any numbers to what a slot carries out, differentiable: rows onto the capped simplex, then columns scaled.

The projection of a row that sums to more than 1 is max(0, y - theta) with theta from the sorted row (Duchi et al.,
ICML 2008); its Jacobian is I - 1 1^T / k on the k entries that stay positive, which is what autograd makes of it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def onto_capped_simplex(y: Tensor) -> Tensor:
    """Euclidean projection of every row of (..., k) onto {y >= 0, sum y <= 1}."""
    ordered = torch.sort(y, dim=-1, descending=True).values
    counts = torch.arange(1, y.shape[-1] + 1, dtype=y.dtype, device=y.device)
    excess = torch.cumsum(ordered, dim=-1) - 1.0
    last = (ordered - excess / counts > 0).sum(dim=-1, keepdim=True)
    threshold = torch.gather(excess, -1, last - 1) / last
    clipped = torch.relu(y)
    return torch.where(clipped.sum(dim=-1, keepdim=True) > 1.0, torch.relu(y - threshold), clipped)


def fit(y: Tensor, load: Tensor, room: Tensor) -> Tensor:
    """y (B, D, C) with every column scaled down to the room (B, C) that there is for its load (B, D, C)."""
    taken = (load * y).sum(dim=1)
    return y / (taken / room).clamp_min(1.0)[:, None, :]


__all__ = ["fit", "onto_capped_simplex"]
