"""The variational circuit of Xu et al. (arXiv 2504.08134) between two layers of 64 units.

As PennyLane has it: AngleEmbedding (RX of every input), two BasicEntanglerLayers (RX of a parameter on every qubit,
then a ring of CNOTs), expectations of Z on four qubits. Angles of the embedding and the first layer add up, so the
state before the first ring is a product; what follows does not depend on the input and is one matrix of 16 x 16.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Qubits and layers of the paper.
QUBITS, LAYERS = 4, 2


class EntanglerCircuit(nn.Module):
    """<Z_i>, shape (..., n), of angles of shape (..., n); simulated exactly as a vector of 2^n amplitudes.

    Qubit 0 is the most significant bit of a basis state.
    """

    def __init__(self, qubits: int = QUBITS, layers: int = LAYERS) -> None:
        super().__init__()
        self.qubits = qubits
        self.theta = nn.Parameter(2.0 * math.pi * torch.rand(layers, qubits))
        numbers = torch.arange(2**qubits)
        bits = (numbers[:, None] >> torch.arange(qubits - 1, -1, -1)) & 1
        self.register_buffer("_signs", 1.0 - 2.0 * bits.float(), persistent=False)
        # a product of RX gives (-i) for every one among the bits
        self.register_buffer("_phase", torch.tensor([1, -1j, -1, 1j])[bits.sum(dim=1) % 4], persistent=False)
        self.register_buffer("_source", _ring(qubits), persistent=False)
        self._signs: Tensor
        self._phase: Tensor
        self._source: Tensor

    def forward(self, x: Tensor) -> Tensor:
        half = 0.5 * (x + self.theta[0])
        cosine, sine = torch.cos(half), torch.sin(half)
        state = torch.stack([cosine[..., 0], sine[..., 0]], dim=-1)
        for i in range(1, self.qubits):
            pair = torch.stack([cosine[..., i], sine[..., i]], dim=-1)
            state = (state[..., :, None] * pair[..., None, :]).flatten(-2)
        rest = self._rest()
        # the product is real, so real and imaginary parts are two products of real matrices
        probability = (state @ rest.real.T).square() + (state @ rest.imag.T).square()
        return probability @ self._signs

    def _rest(self) -> Tensor:
        """What follows the product of real amplitudes: phases, a ring, and the later layers."""
        matrix = torch.diag(self._phase)[self._source]
        for angles in self.theta[1:]:
            matrix = (_turn(angles) @ matrix)[self._source]
        return matrix


def _turn(angles: Tensor) -> Tensor:
    """RX of every qubit as one matrix."""
    made = torch.ones(1, 1, dtype=torch.complex64, device=angles.device)
    for half in 0.5 * angles:
        cosine, sine = torch.cos(half), -1j * torch.sin(half)
        made = torch.kron(made, torch.stack([cosine + 0j, sine, sine, cosine + 0j]).reshape(2, 2))
    return made


def _ring(qubits: int) -> Tensor:
    """Which amplitude each one becomes behind CNOTs from every qubit to the next and from the last to the first."""
    source = torch.arange(2**qubits)
    pairs = [(i, (i + 1) % qubits) for i in range(qubits)] if qubits > 2 else [(0, 1)][: qubits - 1]
    for control, target in pairs:
        numbers = torch.arange(2**qubits)
        flipped = numbers ^ (((numbers >> (qubits - 1 - control)) & 1) << (qubits - 1 - target))
        source = source[flipped]
    return source


class Vqc(nn.Module):
    """Inputs to 64 units, to an angle of each qubit, through the circuit, to 64 units."""

    def __init__(self, inputs: int, units: int = 64) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.Linear(inputs, units), nn.ReLU(), nn.Linear(units, QUBITS))
        self.circuit = EntanglerCircuit()
        self.behind = nn.Sequential(nn.Linear(QUBITS, units), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.behind(self.circuit(self.before(x)))
        return found


__all__ = ["EntanglerCircuit", "Vqc"]
