"""QAROO's quantum policy: layers to eight angles, a circuit, and dense layers or attention behind it.

The paper (Yao et al., arXiv 2604.25740) gives 8 qubits, 4 heads of width 2, two ReLU layers before the circuit and two
linear layers behind the attention. It leaves open their widths: 64 here. Its attention sees a sequence of one token, so
its softmax is 1 and the block is linear; ``qnn-tokens`` gives attention one token a qubit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from qmectk.errors import InputError
from qmectk.plugins import registry

from ..circuits import Published, Reuploading, Trainable
from .kinds import Network, Shape
from .perceptron import dense

#: Units of the layers before the circuit and behind it (see above).
LAYERS = ((64,), (64,))

#: What to do where the heads of attention do not fit.
HEADS = "choose 'heads' and 'qubits' so that the first divides the second"

#: A circuit: ``make(qubits, generator)`` -> a module from angles (B, qubits) to as many expectations.
Make = Callable[[int, Any], nn.Module]


def reuploading(layers: int) -> Make:
    """Data re-uploading with so many layers."""
    return lambda qubits, generator: Reuploading(qubits, layers, generator)


ONE, TWO, THREE = (reuploading(layers) for layers in (1, 2, 3))


def published(qubits: int, generator: Any) -> nn.Module:
    """QAROO's."""
    return Published(qubits, generator=generator)


def trainable(qubits: int, generator: Any) -> nn.Module:
    """The same with a layer that has a gradient."""
    return Trainable(qubits, generator=generator)


def none(qubits: int, generator: Any) -> nn.Module:
    """The control: what would be the angles goes straight to the head."""
    return nn.Identity()


def attention(shape: Shape) -> nn.MultiheadAttention:
    """Over tokens of one number a qubit, which its heads share out evenly."""
    if shape.qubits % shape.heads:
        raise InputError(f"{shape.heads} heads of attention do not share {shape.qubits} qubits out evenly", HEADS)
    return nn.MultiheadAttention(shape.qubits, shape.heads, batch_first=True)


class Quantum(nn.Module):
    """d -> 64 -> 8 (ReLU) -> circuit -> head -> n."""

    def __init__(self, shape: Shape, head: nn.Module) -> None:
        super().__init__()
        before, _ = shape.units(LAYERS)
        self.before = nn.Sequential(*dense([shape.features * shape.history, *before, shape.qubits]))
        make: Make = registry().part("circuit", shape.circuit).load(Callable)  # type: ignore[arg-type]
        self.circuit = make(shape.qubits, torch.default_generator)
        self.head = head

    def forward(self, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, n) of contexts (B, T, d)."""
        logits: Tensor = self.head(self.circuit(self.before(context.flatten(1))))
        return logits


class OneToken(nn.Module):
    """The published attention: the eight expectations as one token of width 8, which attends to itself."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = attention(shape)

    def forward(self, z: Tensor) -> Tensor:
        token = z[:, None, :]
        return self.attention(token, token, token, need_weights=False)[0][:, 0]


class TokenPerQubit(nn.Module):
    """Attention among the qubits: a token each, of its expectation and its place."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed = nn.Linear(1, shape.qubits)
        self.place = nn.Parameter(0.1 * torch.randn(shape.qubits, shape.qubits))
        self.attention = attention(shape)

    def forward(self, z: Tensor) -> Tensor:
        tokens = self.embed(z[:, :, None]) + self.place
        return self.attention(tokens, tokens, tokens, need_weights=False)[0].flatten(1)


def _behind(shape: Shape, width: int, relu: bool) -> list[nn.Module]:
    """Layers from `width` expectations to the logits."""
    _, units = shape.units(LAYERS)
    layers = dense([width, *units])
    return [*(layers if relu else layers[::2]), nn.Linear(units[-1], shape.bits)]


def _dense(shape: Shape) -> nn.Module:
    return Quantum(shape, nn.Sequential(*_behind(shape, shape.qubits, True)))


def _one_token(shape: Shape) -> nn.Module:
    return Quantum(shape, nn.Sequential(OneToken(shape), *_behind(shape, shape.qubits, False)))


def _tokens(shape: Shape) -> nn.Module:
    return Quantum(shape, nn.Sequential(TokenPerQubit(shape), *_behind(shape, shape.qubits**2, False)))


QNN = Network("qnn", _dense)
QNN_ATTENTION = Network("qnn-attention", _one_token)
QNN_TOKENS = Network("qnn-tokens", _tokens)
