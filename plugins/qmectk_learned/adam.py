"""Adam on one flat vector.

All parameters of a network become slices of one vector, and their gradients of another, so that a step is a handful of
vector operations and its state is two vectors and a count. It computes what ``torch.optim.Adam`` computes (a test
compares them), but constructing that one imports torch's compiler, which takes a second or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class Adam:
    """Kingma & Ba, ICLR 2015, with L2 weight decay added to the gradient.

    Attributes
    ----------
    weights, gradient, mean, square
        Flat vectors over all parameters; the network's parameters are views into the first.
    betas, epsilon
        Decay of the first and second moment, and the guard against division by zero; the defaults are the paper's.
    clip
        Norm that a gradient is shortened to where it is longer (Pascanu, Mikolov & Bengio, ICML 2013); 0 for none.
    steps
        Steps taken.
    """

    def __init__(
        self,
        network: nn.Module,
        rate: float,
        decay: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        clip: float = 0.0,
    ) -> None:
        self.rate, self.decay, self.betas, self.epsilon, self.clip, self.steps = rate, decay, betas, epsilon, clip, 0
        parameters = list(network.parameters())
        self.weights = torch.cat([p.detach().reshape(-1) for p in parameters])
        self.gradient = torch.zeros_like(self.weights)
        self.mean = torch.zeros_like(self.weights)
        self.square = torch.zeros_like(self.weights)
        start = 0
        for p in parameters:
            stop = start + p.numel()
            p.data = self.weights[start:stop].view_as(p)
            p.grad = self.gradient[start:stop].view_as(p)
            start = stop

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of `loss`."""
        self.gradient.zero_()
        loss.backward()
        self.steps += 1
        with torch.no_grad():
            if self.clip:
                self.gradient.mul_((self.clip / self.gradient.norm().clamp_min(1e-30)).clamp_max(1.0))
            if self.decay:
                self.gradient.add_(self.weights, alpha=self.decay)
            first, second = self.betas
            self.mean.lerp_(self.gradient, 1.0 - first)
            self.square.mul_(second).addcmul_(self.gradient, self.gradient, value=1.0 - second)
            spread = (self.square / (1.0 - second**self.steps)).sqrt_().add_(self.epsilon)
            self.weights.addcdiv_(self.mean, spread, value=-self.rate / (1.0 - first**self.steps))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that later steps depend on, the weights included (copies)."""
        found = {name: getattr(self, name).cpu().numpy().copy() for name in ("weights", "mean", "square")}
        return {**found, "steps": np.array(self.steps)}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from such arrays; ValueError or KeyError where they are of another network."""
        for name in ("weights", "mean", "square"):
            own, kept = getattr(self, name), arrays[name]
            if own.shape != kept.shape:
                raise ValueError(f"{kept.shape} {name} for a network of {own.shape}")
            own.copy_(torch.from_numpy(np.array(kept)))
        self.steps = int(arrays["steps"])
