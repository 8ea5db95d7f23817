"""Networks of actors and critics over devices and their choices, and what they say.

Inputs are features of devices, (B, D, d), and of devices and choices, (B, D, K, p).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .mlp import Dense

#: Makes a network of so many inputs over the last axis.
Encode = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Said:
    """What a network says.

    Attributes
    ----------
    logits
        Of the choices, (B, D, K).
    share
        Of the share that goes with each choice, a logit, (B, D, K).
    value
        What the critics expect, (B, D, critics).
    """

    logits: Tensor
    share: Tensor
    value: Tensor


class Flat(nn.Module):
    """Everything about a device in one row, through networks of their own for every head.

    Heads are which choice behind the first, the share, each critic, and with `home` whether the first choice is made at
    all: Xu's share of 0 or 1. It knows choices by their place, so it is for one number of them. `units` are the outputs
    of `encode`.
    """

    def __init__(
        self,
        inputs: int,
        choices: int,
        encode: Encode,
        *,
        units: int,
        critics: int,
        shares: bool,
        home: bool,
        agents: int,
    ) -> None:
        super().__init__()

        def trunk(outputs: int) -> nn.Sequential:
            return nn.Sequential(encode(inputs), Dense(units, outputs, agents))

        self.choice, self.share = trunk(choices - 1), trunk(choices) if shares else None
        self.home = trunk(1) if home else None
        self.critics = nn.ModuleList([trunk(1) for _ in range(critics)])
        _small(self.choice, self.share, self.home)

    def forward(self, device: Tensor, pair: Tensor) -> Said:
        row = torch.cat([device, pair.flatten(-2)], dim=-1)
        value = torch.cat([critic(row) for critic in self.critics], dim=-1)
        behind = torch.log_softmax(self.choice(row), dim=-1)
        home = behind.new_zeros(*behind.shape[:-1], 1) if self.home is None else self.home(row)
        logits = torch.cat([home, behind], dim=-1)
        return Said(logits, torch.zeros_like(logits) if self.share is None else self.share(row), value)


class Pairs(nn.Module):
    """One network over every pair of a device and a choice, so of any number of devices and choices.

    A pair is scored by what was encoded of it, the maximum over the device's choices, and with `context` the mean and
    the maximum over all devices of the same choice. The first choice (home) has a mark of its own; the others differ
    by their features alone.
    """

    def __init__(
        self, device: int, pair: int, encode: Encode, *, units: int, critics: int, shares: bool, context: bool
    ) -> None:
        super().__init__()
        self.encode = encode(device + pair + 1)
        self.context = context
        self.own, self.pool = nn.Linear(units, units), nn.Linear(units, units, bias=False)
        self.others = nn.Linear(2 * units, units, bias=False) if context else None
        self.score, self.share = nn.Linear(units, 1), nn.Linear(units, 1) if shares else None
        self.critics = nn.Sequential(nn.Linear(units, units), nn.ReLU(), nn.Linear(units, critics))
        _small(self.score, self.share)

    def forward(self, device: Tensor, pair: Tensor) -> Said:
        batch, devices, choices, _ = pair.shape
        first = pair.new_zeros(choices, 1)
        first[0] = 1.0
        each = [device[:, :, None, :].expand(-1, -1, choices, -1), pair, first.expand(batch, devices, -1, -1)]
        pairs = self.encode(torch.cat(each, dim=-1))
        best = pairs.amax(dim=2)
        hidden = self.own(pairs) + self.pool(best)[:, :, None, :]
        if self.others is not None:
            all_of_them = torch.cat([pairs.mean(dim=1), pairs.amax(dim=1)], dim=-1)
            hidden = hidden + self.others(all_of_them)[:, None]
        hidden = torch.relu(hidden)
        logits = self.score(hidden)[..., 0]
        share = torch.zeros_like(logits) if self.share is None else self.share(hidden)[..., 0]
        return Said(logits, share, self.critics(best))


def _small(*heads: nn.Module | None) -> None:
    """Actors begin in the middle of everything (Andrychowicz et al., ICLR 2021): their last layers at a hundredth."""
    with torch.no_grad():
        for head in heads:
            if head is not None:
                last = head[-1] if isinstance(head, nn.Sequential) else head
                for parameter in last.parameters():
                    parameter.mul_(0.01)


__all__ = ["Encode", "Flat", "Pairs", "Said"]
