"""A hard attention in the style of Saccader (Elsayed, Kornblith & Le, "Saccader: Improving Accuracy of Hard Attention
Models for Vision", 2019).

Every position of a feature map has logits of its own from what it sees there; a policy visits a few positions, none
twice, and the answer is the mean of their logits. Training has the paper's three stages: first all positions answer
(no attention), then the policy imitates visiting positions in the order of how well they speak for the right class,
then REINFORCE on the sampled visits with the reward 1 for a right answer. Here the stages are the first epochs of one
run, the network below is the two convolutions of QAHAN, and the policy's memory is the set of visited positions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .data import CLASSES
from .networks import CHANNELS, Classifier, convolutions, map_side

#: Positions visited.
VISITS = 6

#: Widths of the representation and of the attention layers.
WHAT, WHERE = 128, 64

#: Epochs of the first and of the second stage.
STAGES = (1, 1)

#: Weight of the policy's loss against the cross-entropy of the answer.
POLICY = 0.1


class SaccaderNetwork(Classifier):
    """Convolutions, logits by position, a policy over positions."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.positions = map_side(side) ** 2
        self.visits = min(VISITS, self.positions)
        self.features = convolutions(channels)
        self.what = nn.Sequential(nn.Conv2d(CHANNELS[-1], WHAT, 1), nn.ReLU(), nn.Conv2d(WHAT, CLASSES, 1))
        self.where = nn.Sequential(nn.Conv2d(CHANNELS[-1], WHERE, 3, padding=1), nn.ReLU(), nn.Conv2d(WHERE, 1, 1))
        self.register_buffer("average", torch.zeros(()))  # reward so far, the baseline of REINFORCE

    average: Tensor

    def maps(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (batch, positions, 10) and the policy's scores (batch, positions)."""
        features = self.features(images)
        logits = self.what(features).flatten(2).transpose(1, 2)
        # scores see the features but do not shape them
        return logits, self.where(features.detach()).flatten(1)

    def visit(self, scores: Tensor, sample: bool) -> tuple[Tensor, Tensor]:
        """Positions (batch, visits), none twice, and the log-probability of the sequence (batch,)."""
        memory = torch.zeros_like(scores)
        chance = scores.new_zeros(len(scores))
        visited = []
        for _ in range(self.visits):
            left = torch.log_softmax(scores.masked_fill(memory > 0, -torch.inf), 1)
            here = torch.multinomial(left.exp(), 1) if sample else left.argmax(1, keepdim=True)
            chance = chance + left.gather(1, here)[:, 0]
            memory = memory.scatter(1, here, 1.0)
            visited.append(here)
        return torch.cat(visited, 1), chance

    def forward(self, images: Tensor) -> Tensor:
        logits, scores = self.maps(images)
        return self._mean(logits, self.visit(scores, sample=False)[0])

    def loss(self, images: Tensor, labels: Tensor, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        """The loss of the stage that `epoch` lies in."""
        logits, scores = self.maps(images)
        if epoch < STAGES[0]:
            answer = logits.mean(1)
            entropy = nn.functional.cross_entropy(answer, labels)
            return entropy, entropy.detach(), answer.detach()
        if epoch < sum(STAGES):
            answer = logits.mean(1)
            entropy = nn.functional.cross_entropy(answer, labels)
            return entropy + self._imitate(logits, scores, labels), entropy.detach(), answer.detach()
        visited, chance = self.visit(scores, sample=True)
        answer = self._mean(logits, visited)
        entropy = nn.functional.cross_entropy(answer, labels)
        reward = (answer.detach().argmax(1) == labels).float()
        policy = -((reward - self.average) * chance).mean()
        with torch.no_grad():
            self.average.lerp_(reward.mean(), 0.1)
        return entropy + POLICY * policy, entropy.detach(), answer.detach()

    def _imitate(self, logits: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
        """Minus the log-probability of visiting the positions in the order of their logit for the right class."""
        speaks = logits.detach().gather(2, labels[:, None, None].expand(-1, logits.shape[1], 1))[:, :, 0]
        order = speaks.argsort(1, descending=True)[:, : self.visits]
        ranked = torch.zeros_like(scores)
        total = scores.new_zeros(())
        for step in range(self.visits):
            left = torch.log_softmax(scores.masked_fill(ranked > 0, -torch.inf), 1)
            here = order[:, step : step + 1]
            total = total - left.gather(1, here).mean()
            ranked = ranked.scatter(1, here, 1.0)
        return total / self.visits

    @staticmethod
    def _mean(logits: Tensor, visited: Tensor) -> Tensor:
        return logits.gather(1, visited[:, :, None].expand(-1, -1, logits.shape[2])).mean(1)
