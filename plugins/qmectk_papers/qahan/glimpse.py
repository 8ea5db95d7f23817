"""The recurrent attention model of Mnih, Heess, Graves & Kavukcuoglu, "Recurrent Models of Visual Attention", 2014.

A few glimpses at an image: square patches of growing size around a location, all shrunk to the same few pixels. A
recurrent core joins them; a Gaussian policy says where to look next, and learns by REINFORCE with the reward 1 for a
right answer and a learned baseline. Sizes are theirs (section 4), the core an LSTM cell of 256.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .data import CLASSES
from .networks import Classifier

#: Pixels of a glimpse along an edge, its scales (each twice the last), glimpses an image.
GLIMPSE, SCALES, GLIMPSES = 8, 2, 6

#: Widths of the glimpse network and of the core.
WHAT, WHERE, JOINT, CORE = 128, 128, 256, 256

#: Standard deviation of the policy, in units of half an image.
SPREAD = 0.17


class GlimpseNetwork(Classifier):
    """Glimpses, recurrent core, location policy, baseline and classifier."""

    grid: Tensor

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        steps = (torch.arange(GLIMPSE) - (GLIMPSE - 1) / 2.0) * 2.0 / side  # pixels in the unit of grid_sample
        rows, columns = torch.meshgrid(steps, steps, indexing="ij")
        self.register_buffer("grid", torch.stack([columns, rows], -1), persistent=False)
        self.what = nn.Linear(channels * SCALES * GLIMPSE**2, WHAT)
        self.where = nn.Linear(2, WHERE)
        self.join_what, self.join_where = nn.Linear(WHAT, JOINT), nn.Linear(WHERE, JOINT)
        self.core = nn.LSTMCell(JOINT, CORE)
        self.look = nn.Linear(CORE, 2)
        self.baseline = nn.Linear(CORE, 1)
        self.head = nn.Linear(CORE, CLASSES)

    def glimpse(self, images: Tensor, at: Tensor) -> Tensor:
        """Patches (batch, numbers) around the locations `at` (batch, 2) in [-1, 1]; outside the image is 0."""
        patches = []
        for scale in range(SCALES):
            factor = 2**scale
            shrunk = nn.functional.avg_pool2d(images, factor, ceil_mode=True) if factor > 1 else images
            grid = at[:, None, None, :] + factor * self.grid
            patches.append(nn.functional.grid_sample(shrunk, grid, align_corners=False).flatten(1))
        return torch.cat(patches, 1)

    def walk(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, log-probabilities (batch, steps), baselines (batch, steps)); locations are means in evaluation."""
        batch = len(images)
        hidden, cell = images.new_zeros(2, batch, CORE).unbind()
        at = images.new_zeros(batch, 2)
        if self.training:
            at = torch.empty_like(at).uniform_(-1.0, 1.0)
        chances, baselines = [], []
        for step in range(GLIMPSES):
            what = torch.relu(self.what(self.glimpse(images, at)))
            where = torch.relu(self.where(at))
            joint = torch.relu(self.join_what(what) + self.join_where(where))
            hidden, cell = self.core(joint, (hidden, cell))
            if step == GLIMPSES - 1:
                break
            seen = hidden.detach()  # the policy's gradient stays in the policy, as in the paper
            mean = torch.tanh(self.look(seen))
            drawn = mean + SPREAD * torch.randn_like(mean) if self.training else mean
            drawn = drawn.detach()
            chances.append(-(drawn - mean).square().sum(1) / (2.0 * SPREAD**2))
            baselines.append(self.baseline(seen)[:, 0])
            at = drawn.clamp(-1.0, 1.0)
        logits: Tensor = self.head(hidden)
        return logits, torch.stack(chances, 1), torch.stack(baselines, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.walk(images)[0]

    def loss(self, images: Tensor, labels: Tensor, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        """Cross-entropy of the answer, squared error of the baseline, REINFORCE on the locations."""
        logits, chances, baselines = self.walk(images)
        entropy = nn.functional.cross_entropy(logits, labels)
        reward = (logits.detach().argmax(1) == labels).float()[:, None]
        policy = -(chances * (reward - baselines.detach())).sum(1).mean()
        return entropy + (baselines - reward).square().mean() + policy, entropy.detach(), logits.detach()
