"""The exact state of a QAOA circuit, without gates: the cost is diagonal, so a layer of it is one product.

A circuit of 13 qubits takes a millisecond; applied gate by gate it takes a few hundred.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .circuit import Array, Ising

Complex = NDArray[np.complex128]


class Statevector:
    """The circuit of :func:`~qmectk_qaoa.circuit.qaoa_circuit` on a vector; qubit i is bit i of the index."""

    def __init__(self, ising: Ising, qubits: int, depth: int, start: Array | None = None) -> None:
        self.qubits, self.depth = qubits, depth
        self.theta = np.full(qubits, np.pi / 2.0) if start is None else 2.0 * np.arcsin(np.sqrt(start))
        self.plain = start is None
        signs = (1 - 2 * bits_of(np.arange(1 << qubits), qubits)).T.astype(float)
        fields, couplings = np.zeros(qubits), np.zeros((qubits, qubits))
        for i, field in ising.fields.items():
            fields[i] = field
        for (i, j), coupling in ising.couplings.items():
            couplings[i, j] = coupling
        self.cost: Array = fields @ signs + np.einsum("ik,ik->k", signs, couplings @ signs)
        self.begin: Complex = np.ones(1, dtype=complex)
        for angle in self.theta:
            self.begin = np.kron(np.array([np.cos(angle / 2.0), np.sin(angle / 2.0)]), self.begin)

    def probabilities(self, angles: Array) -> Array:
        """Of every bit string; all mixer angles first, then all cost angles."""
        state = self.begin
        for beta, gamma in zip(angles[: self.depth], angles[self.depth :], strict=True):
            state = state * np.exp(-1j * gamma * self.cost)
            for i in range(self.qubits):
                pairs = state.reshape(-1, 2, 1 << i)
                state = np.einsum("ab,xby->xay", self._mixer(i, float(beta)), pairs).reshape(-1)
        chances: Array = np.square(np.abs(state))
        return chances / chances.sum()

    def _mixer(self, i: int, beta: float) -> Complex:
        if self.plain:
            return np.array([[np.cos(beta), -1j * np.sin(beta)], [-1j * np.sin(beta), np.cos(beta)]])
        c, s = np.cos(self.theta[i] / 2.0), np.sin(self.theta[i] / 2.0)
        about_y = np.array([[c, -s], [s, c]])
        made: Complex = about_y @ np.diag([np.exp(1j * beta), np.exp(-1j * beta)]) @ about_y.T
        return made


def bits_of(numbers: Any, qubits: int) -> NDArray[np.int8]:
    """Bits of indices, lowest first, shape (numbers, qubits)."""
    return ((np.asarray(numbers)[:, None] >> np.arange(qubits)) & 1).astype(np.int8)
