"""The networks of the experiment: QAHAN, its variants and baselines of its size here, two other hard attentions beside.

QAHAN (Zhao, arXiv 2412.20930): convolution 5x5 of stride 2 and ReLU, twice, to 32 and 64 channels -> hard attention
over the scalars of the map -> dropout 1/2 -> linear to 10 classes. The published attention takes no part in the
gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from qmectk_lowrank.layer.hard_attention import HardAttention

from .data import CLASSES

#: Channels after the first and the second convolution, their width, stride and padding.
CHANNELS, WIDTH, STRIDE, PADDING = (32, 64), 5, 2, 2

DROPOUT = 0.5


class Classifier(nn.Module):
    """What the training loop needs: logits, and a loss that may be more than the cross-entropy of one pass."""

    def forward(self, images: Tensor) -> Tensor:
        """Logits (batch, 10) of images (batch, channels, side, side)."""
        raise NotImplementedError

    def loss(self, images: Tensor, labels: Tensor, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        """(what to descend, cross-entropy to report, logits) of a batch in training; `epoch` counts from 0."""
        logits = self(images)
        loss = nn.functional.cross_entropy(logits, labels)
        return loss, loss.detach(), logits.detach()


def convolutions(channels: int) -> nn.Sequential:
    """The paper's two convolutions."""
    first, second = CHANNELS
    return nn.Sequential(
        nn.Conv2d(channels, first, WIDTH, STRIDE, PADDING),
        nn.ReLU(),
        nn.Conv2d(first, second, WIDTH, STRIDE, PADDING),
        nn.ReLU(),
    )


def map_side(side: int) -> int:
    """Side of the feature map of images of this side."""
    for _ in CHANNELS:
        side = (side + 2 * PADDING - WIDTH) // STRIDE + 1
    return side


class AttentionNetwork(Classifier):
    """Convolutions, something that drops features, dropout, a linear layer.

    Parameters
    ----------
    channels, side
        Of the images.
    attention
        A module from feature maps to feature maps; ``nn.Identity()`` keeps everything.
    """

    def __init__(self, channels: int, side: int, attention: nn.Module) -> None:
        super().__init__()
        self.features = convolutions(channels)
        self.attention = attention
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(CHANNELS[-1] * map_side(side) ** 2, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        kept = self.attention(self.features(images))
        logits: Tensor = self.head(self.dropout(kept.flatten(1)))
        return logits

    def loss(self, images: Tensor, labels: Tensor, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        logits = self(images)
        losses = nn.functional.cross_entropy(logits, labels, reduction="none")
        loss = losses.mean()
        reported = loss.detach()
        if isinstance(self.attention, HardAttention) and self.attention.gradient == "score-function":
            loss = loss + self.attention.policy_loss(losses)
        return loss, reported, logits.detach()


class RandomMask(nn.Module):
    """k scalars of the map, drawn afresh for every image: what the paper starts from, never improved."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, features: Tensor) -> Tensor:
        """Masked features."""
        flat = features.flatten(1)
        chosen = torch.rand(flat.shape, device=flat.device).topk(self.k, 1).indices
        return torch.zeros_like(flat).scatter(1, chosen, flat.gather(1, chosen)).view_as(features)


class SoftAttention(nn.Module):
    """Every position weighed by a softmax over positions of a score of what is there; the mean weight is 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Weighed features."""
        weights = torch.softmax(self.score(features).flatten(1), 1) * features[0, 0].numel()
        return features * weights.view(len(features), 1, *features.shape[2:])
