"""QAROO's quantum policy: layers to eight angles, a circuit, and dense layers or attention behind it.

The paper (Yao et al., arXiv 2604.25740) gives 8 qubits, 4 heads of width 2, two ReLU layers before the circuit and two
linear layers behind the attention. It leaves open their widths: 64 here. Its attention sees a sequence of one token, so
its softmax is 1 and the block is linear; ``qnn-tokens`` gives attention one token a qubit.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..circuits import Published, Reuploading, Trainable
from .kinds import Network, Shape

#: Qubits, heads, and units of the layers around the circuit (see above).
QUBITS, HEADS, UNITS = 8, 4, 64

#: Circuits by name; "none" is the control, the eight features straight to the head.
CIRCUITS: dict[str, Callable[[], nn.Module]] = {
    "published": lambda: Published(QUBITS, generator=torch.default_generator),
    "trainable": lambda: Trainable(QUBITS, generator=torch.default_generator),
    "reuploading-1": lambda: Reuploading(QUBITS, 1, torch.default_generator),
    "reuploading-2": lambda: Reuploading(QUBITS, 2, torch.default_generator),
    "reuploading-3": lambda: Reuploading(QUBITS, 3, torch.default_generator),
    "none": nn.Identity,
}


class Quantum(nn.Module):
    """d -> 64 -> 8 (ReLU) -> circuit -> head -> n."""

    def __init__(self, shape: Shape, head: nn.Module) -> None:
        super().__init__()
        self.before = nn.Sequential(
            nn.Linear(shape.features * shape.history, UNITS), nn.ReLU(), nn.Linear(UNITS, QUBITS), nn.ReLU()
        )
        self.circuit = CIRCUITS[shape.circuit]()
        self.head = head

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d)."""
        logits: Tensor = self.head(self.circuit(self.before(context.flatten(1))))
        return logits


class OneToken(nn.Module):
    """The published attention: the eight expectations as one token of width 8, which attends to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(QUBITS, HEADS, batch_first=True)

    def forward(self, z: Tensor) -> Tensor:
        token = z[:, None, :]
        return self.attention(token, token, token, need_weights=False)[0][:, 0]


class TokenPerQubit(nn.Module):
    """Attention among the qubits: a token each, of its expectation and its place."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(1, QUBITS)
        self.place = nn.Parameter(0.1 * torch.randn(QUBITS, QUBITS))
        self.attention = nn.MultiheadAttention(QUBITS, HEADS, batch_first=True)

    def forward(self, z: Tensor) -> Tensor:
        tokens = self.embed(z[:, :, None]) + self.place
        return self.attention(tokens, tokens, tokens, need_weights=False)[0].flatten(1)


def _dense(width: int, bits: int) -> list[nn.Module]:
    return [nn.Linear(width, UNITS), nn.ReLU(), nn.Linear(UNITS, bits)]


def _linear(width: int, bits: int) -> list[nn.Module]:
    return [nn.Linear(width, UNITS), nn.Linear(UNITS, bits)]


QNN = Network(
    "qnn",
    lambda shape: Quantum(shape, nn.Sequential(*_dense(QUBITS, shape.bits))),
    "QAROO's circuit of 8 qubits, dense layers behind it",
)
QNN_ATTENTION = Network(
    "qnn-attention",
    lambda shape: Quantum(shape, nn.Sequential(OneToken(), *_linear(QUBITS, shape.bits))),
    "the same with attention as published: over a sequence of one token, which is linear",
)
QNN_TOKENS = Network(
    "qnn-tokens",
    lambda shape: Quantum(shape, nn.Sequential(TokenPerQubit(), *_linear(QUBITS * QUBITS, shape.bits))),
    "the same with attention over one token a qubit",
)
