"""Data re-uploading: layers of encoding, RY(theta) and a CNOT chain, as a batched statevector.

The gates of a layer on one qubit are one 2 x 2 matrix for each input. In the first layer the state is a product, so the
state after it is a Kronecker product of columns. In later layers the matrices of the first half of the qubits are
multiplied into one, those of the second half into another, and both are applied as batched matrix products; the CNOT
chain is one permutation of the amplitudes.

Source of re-uploading: Perez-Salinas et al., Quantum 4, 226, 2020.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from .gates import DATA_Y, DATA_Z, Circuit, Gate


class Reuploading(Circuit):
    """``layers`` times: RY(pi x), RZ(pi x / 2), RY(theta), CNOT chain. Memory grows as 2^n a sample."""

    def __init__(self, qubits: int, layers: int = 1, generator: torch.Generator | None = None) -> None:
        super().__init__(qubits, layers, generator)
        numbers = torch.arange(2**qubits)
        bits = (numbers[:, None] >> torch.arange(qubits - 1, -1, -1)) & 1  # qubit 0 is the most significant
        # after the chain qubit i holds the parity of the bits 0..i before it
        after = torch.cumsum(bits, dim=1) % 2
        moved = (after << torch.arange(qubits - 1, -1, -1)).sum(dim=1)
        source = torch.empty_like(moved)
        source[moved] = numbers
        self.register_buffer("_source", source, persistent=False)
        self.register_buffer("_signs", 1.0 - 2.0 * bits.float(), persistent=False)
        self._source: Tensor
        self._signs: Tensor

    def gates(self) -> Iterator[Gate]:
        for layer in range(self.layers):
            yield from self.encode()
            yield from self.rotate("ry", layer)
            yield from self.entangle()

    def forward(self, x: Tensor) -> Tensor:
        state = self._kron([m[..., 0] for m in self._turns(x, 0)])
        state = state[:, self._source]
        first = self.qubits // 2
        for layer in range(1, self.layers):
            turns = self._turns(x, layer)
            left, right = self._product(turns[:first]), self._product(turns[first:])
            grid = state.reshape(x.shape[0], 2**first, -1)
            if left is not None:
                grid = left @ grid
            if right is not None:
                grid = grid @ right.transpose(1, 2)
            state = grid.reshape(x.shape[0], -1)[:, self._source]
        probabilities = state.real.square() + state.imag.square()
        return probabilities @ self._signs.to(probabilities.dtype)

    def _turns(self, x: Tensor, layer: int) -> list[Tensor]:
        """RY(theta) RZ(pi x / 2) RY(pi x) of every qubit, each (B, 2, 2)."""
        half, phase, theta = 0.5 * DATA_Y * x, 0.5 * DATA_Z * x, 0.5 * self.theta[layer]
        c, s = torch.cos(half), torch.sin(half)
        early, late = torch.polar(torch.ones_like(phase), -phase), torch.polar(torch.ones_like(phase), phase)
        top = torch.stack([early * c, -early * s], dim=-1)
        bottom = torch.stack([late * s, late * c], dim=-1)
        ct, st = torch.cos(theta)[:, None], torch.sin(theta)[:, None]
        whole = torch.stack([ct * top - st * bottom, st * top + ct * bottom], dim=-2)
        return list(whole.unbind(dim=1))

    @staticmethod
    def _kron(columns: list[Tensor]) -> Tensor:
        """Kronecker product of vectors (B, 2)."""
        state = columns[0]
        for column in columns[1:]:
            state = (state[:, :, None] * column[:, None, :]).flatten(1)
        return state

    @staticmethod
    def _product(turns: list[Tensor]) -> Tensor | None:
        """Kronecker product of matrices (B, 2, 2); None of none."""
        if not turns:
            return None
        whole = turns[0]
        for turn in turns[1:]:
            side = 2 * whole.shape[1]
            whole = (whole[:, :, None, :, None] * turn[:, None, :, None, :]).reshape(-1, side, side)
        return whole


__all__ = ["Reuploading"]
