"""Quantum convolution: filters of RX, RY, RZ and CZ on patches of 16 amplitudes, <Z> pooled in pairs of qubits.

A row of numbers is cut into patches of 16, the last one filled up with zeros, and every patch is the state of four
qubits, divided by its norm: amplitude encoding, in which the size of the numbers is lost. A filter turns every qubit
by RX, RY and RZ and entangles neighbours by CZ. Of every filter and patch two numbers come back, the mean <Z> of two
qubits each, and a second round does the same to those. (Verma et al., Sci. Rep. 15:405, 2025.)

As printed RZ and CZ are without effect: they stand between the last rotation and a measurement of Z, and commute with
it, so a filter is four rotations of single qubits and its RZ angles have no gradient. With two layers a filter, RZ and
CZ of the first one count.

Circuits are computed as state vectors with all gates of a filter in one matrix.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Qubits of a filter, and amplitudes of a patch.
QUBITS, AMPLITUDES = 4, 16

#: Numbers that pooling leaves of a filter on a patch.
POOLED = 2


class Filters(nn.Module):
    """Some filters over patches: (..., n) -> (..., patches x filters x 2), the filters of a patch side by side.

    Attributes
    ----------
    angles
        Of RX, RY and RZ [rad], shape (filters, layers, 4, 3).
    """

    def __init__(self, filters: int, layers: int) -> None:
        super().__init__()
        self.angles = nn.Parameter(2.0 * math.pi * torch.rand(filters, layers, QUBITS, 3))
        numbers = torch.arange(AMPLITUDES)
        bits = (numbers[:, None] >> torch.arange(QUBITS - 1, -1, -1)) & 1  # qubit 0 is the most significant
        signs = 1.0 - 2.0 * bits.float()
        self.register_buffer("_pool", signs.unflatten(1, (POOLED, -1)).mean(dim=-1), persistent=False)
        self.register_buffer("_cz", (-1.0) ** (bits[:, :-1] * bits[:, 1:]).sum(dim=1).float(), persistent=False)
        self._pool: Tensor
        self._cz: Tensor

    def forward(self, rows: Tensor) -> Tensor:
        state = amplitudes(rows)
        turned = torch.einsum("fij,...pj->...pfi", self.matrices(), state.to(torch.complex64))
        chances = turned.real.square() + turned.imag.square()
        return (chances @ self._pool).flatten(-3)

    def matrices(self) -> Tensor:
        """The gates of every filter as one matrix, shape (filters, 16, 16)."""
        whole = None
        for layer in self.angles.unbind(dim=1):
            each = rotations(layer)
            gate = each[:, 0]
            for qubit in range(1, QUBITS):
                gate = torch.einsum("fij,fkl->fikjl", gate, each[:, qubit]).flatten(3).flatten(1, 2)
            gate = self._cz[:, None] * gate
            whole = gate if whole is None else gate @ whole
        assert whole is not None
        return whole


def rotations(angles: Tensor) -> Tensor:
    """RZ RY RX of angles (..., 3), shape (..., 2, 2)."""
    x, y, z = (0.5 * angles).unbind(dim=-1)
    cx, sx, cy, sy = torch.cos(x), torch.sin(x), torch.cos(y), torch.sin(y)
    early, late = torch.polar(torch.ones_like(z), -z), torch.polar(torch.ones_like(z), z)
    top = torch.stack([torch.complex(cy * cx, sy * sx), torch.complex(-sy * cx, -cy * sx)], dim=-1)
    bottom = torch.stack([torch.complex(sy * cx, -cy * sx), torch.complex(cy * cx, -sy * sx)], dim=-1)
    return torch.stack([early[..., None] * top, late[..., None] * bottom], dim=-2)


def patches_of(numbers: int) -> int:
    """Patches that so many numbers fill."""
    return -(-numbers // AMPLITUDES)


def amplitudes(rows: Tensor) -> Tensor:
    """Rows (..., n) as states (..., patches, 16) of norm 1; an empty patch is |0000>."""
    patches = patches_of(rows.shape[-1])
    padded = nn.functional.pad(rows, (0, patches * AMPLITUDES - rows.shape[-1])).unflatten(-1, (patches, AMPLITUDES))
    norm = padded.norm(dim=-1, keepdim=True)
    empty = torch.zeros_like(padded)
    empty[..., 0] = 1.0
    return torch.where(norm > 0, padded / norm.clamp_min(1e-30), empty)


class Qnn(nn.Module):
    """Two rounds of filters on rows of `numbers`; (..., n) -> (..., width).

    Parameters
    ----------
    filters
        Of each round.
    layers
        Of each filter.
    """

    def __init__(self, numbers: int, filters: tuple[int, int], layers: int) -> None:
        super().__init__()
        rounds, width = [], numbers
        for count in filters:
            rounds.append(Filters(count, layers))
            width = patches_of(width) * count * POOLED
        self.rounds, self.width = nn.Sequential(*rounds), width

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = self.rounds(rows)
        return found


__all__ = ["AMPLITUDES", "QUBITS", "Filters", "Qnn", "amplitudes", "patches_of", "rotations"]
