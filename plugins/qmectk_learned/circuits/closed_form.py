"""Two circuits whose expectations have a closed form, so that no state is simulated.

A CNOT chain turns Z_i into the product Z_0 ... Z_i of the qubits before it, and these are in a product state. So
<Z_i> = prod_{j <= i} z_j, with z_j the expectation of Z of qubit j before the chain.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from .gates import DATA_Y, DATA_Z, Circuit, Gate


class Published(Circuit):
    """QAROO's circuit: RY(pi x), RZ(pi x / 2), CNOT chain, RZ(theta) (Yao et al., arXiv 2604.25740).

    RZ commutes with Z, so neither RZ changes an expectation: <Z_i> = prod_{j <= i} cos(pi x_j), whatever theta is.
    """

    silent = "RZ(theta) stands before a measurement of Z and commutes with it: theta has no gradient"

    def gates(self) -> Iterator[Gate]:
        yield from self.encode()
        yield from self.entangle()
        yield from self.rotate("rz", 0)

    def forward(self, x: Tensor) -> Tensor:
        # theta is part of the graph, so that its gradient is there and is zero
        return torch.cumprod(torch.cos(DATA_Y * x), dim=-1) + 0.0 * self.theta[0]


class Trainable(Circuit):
    """The same with RY(theta) before the chain instead of RZ(theta) behind it.

    z_j = cos(theta_j) cos(pi x_j) - sin(theta_j) sin(pi x_j) cos(pi x_j / 2).
    """

    def gates(self) -> Iterator[Gate]:
        yield from self.encode()
        yield from self.rotate("ry", 0)
        yield from self.entangle()

    def forward(self, x: Tensor) -> Tensor:
        theta = self.theta[0]
        straight = torch.cos(theta) * torch.cos(DATA_Y * x)
        turned = torch.sin(theta) * torch.sin(DATA_Y * x) * torch.cos(DATA_Z * x)
        return torch.cumprod(straight - turned, dim=-1)


__all__ = ["Published", "Trainable"]
