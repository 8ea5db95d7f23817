"""The methods of the experiment and how each is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from qmectk_lowrank.layer.hard_attention import HardAttention

from .glimpse import GlimpseNetwork
from .networks import CHANNELS, AttentionNetwork, Classifier, RandomMask, SoftAttention
from .saccader import SaccaderNetwork


@dataclass(frozen=True)
class Method:
    """One line of the table.

    Attributes
    ----------
    summary
        What it is, for people.
    attention
        Keywords of :class:`~qmectk_lowrank.layer.hard_attention.HardAttention`; None for a network of another kind.
    """

    summary: str
    attention: dict[str, Any] | None = None


#: Every method of the experiment, in the order of the table.
METHODS: dict[str, Method] = {
    "qahan": Method("QAHAN as published: eq. (7), proven optimum", {"variant": "published", "gradient": "masked"}),
    "salient": Method("QAHAN keeping the most: exact, straight-through gradient", {"variant": "salient"}),
    "residual": Method(
        "QAHAN with the least residual, sum x = k: straight-through gradient",
        {"variant": "residual", "exact_count": True},
    ),
    "concave": Method(
        "QAHAN with the sign of the square turned, sum x = k", {"variant": "concave", "exact_count": True}
    ),
    "general": Method(
        "QAHAN, salient minus redundant (alpha = 100), sum x = k",
        {"variant": "general", "alpha": 100.0, "exact_count": True},
    ),
    "glimpse": Method("recurrent glimpses by REINFORCE (Mnih et al. 2014)"),
    "saccader": Method("Saccader-style hard attention (Elsayed et al. 2019)"),
    "random": Method("k random features an image, the same network"),
    "soft": Method("soft attention over positions, the same network"),
    "all": Method("no attention: all features, the same network"),
}


def build(
    method: str, channels: int, side: int, k: int, backend: str, seed: int, batch_limit: float | None = None
) -> Classifier:
    """A network with weights drawn from `seed`; torch's global generator is left as it was.

    Parameters
    ----------
    batch_limit
        Seconds the attention may take for a batch; its best masks by then are used.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        if method == "glimpse":
            return GlimpseNetwork(channels, side)
        if method == "saccader":
            return SaccaderNetwork(channels, side)
        if method == "all":
            return AttentionNetwork(channels, side, nn.Identity())
        if method == "random":
            return AttentionNetwork(channels, side, RandomMask(k))
        if method == "soft":
            return AttentionNetwork(channels, side, SoftAttention(CHANNELS[-1]))
        keywords = METHODS[method].attention or {}
        attention = HardAttention(k, backend=backend, seed=seed, time_limit=batch_limit, **keywords)
        return AttentionNetwork(channels, side, attention)
