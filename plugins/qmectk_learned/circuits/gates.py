"""What a circuit consists of: a list of gates whose angles are inputs or parameters, for Qiskit and for people."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

#: Angles of the data gates RY(pi x) and RZ(pi x / 2) [rad] (Yao et al., arXiv 2604.25740; the two gates are missing in
#: the text, and these are the usual ones).
DATA_Y, DATA_Z = math.pi, math.pi / 2.0


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes
    ----------
    name
        "ry", "rz" or "cx".
    qubits
        The qubit it turns, or control and target.
    angle
        ("x", i, scale) for scale times input i, ("theta", k, 1) for parameter k of the flattened theta; () for "cx".
    """

    name: Literal["ry", "rz", "cx"]
    qubits: tuple[int, ...]
    angle: tuple[Any, ...] = ()


class Circuit(nn.Module):
    """n qubits, ``theta`` of shape (layers, n), and the expectations of Z.

    Parameters
    ----------
    qubits
        n.
    layers
        Rows of theta.
    generator
        Draws theta uniformly from [0, 2 pi); None for zeros.
    """

    #: Why theta is never learned, for people; "" where it has a gradient.
    silent = ""

    def __init__(self, qubits: int, layers: int = 1, generator: torch.Generator | None = None) -> None:
        super().__init__()
        if qubits < 1 or layers < 1:
            raise ValueError(f"a circuit has at least one qubit and one layer, not {qubits} and {layers}")
        self.qubits, self.layers = qubits, layers
        start = torch.zeros(layers, qubits)
        if generator is not None:
            start = 2.0 * math.pi * torch.rand(layers, qubits, generator=generator)
        self.theta = nn.Parameter(start)

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Expectations <Z_i> (B, n) of inputs (B, n) in [0, 1]."""

    @abstractmethod
    def gates(self) -> Iterator[Gate]:
        """The gates in order of time."""

    def encode(self) -> Iterator[Gate]:
        """RY(pi x_i), then RZ(pi x_i / 2), on every qubit."""
        for i in range(self.qubits):
            yield Gate("ry", (i,), ("x", i, DATA_Y))
            yield Gate("rz", (i,), ("x", i, DATA_Z))

    def entangle(self) -> Iterator[Gate]:
        """CNOT from every qubit to the next one."""
        for i in range(self.qubits - 1):
            yield Gate("cx", (i, i + 1))

    def rotate(self, name: Literal["ry", "rz"], layer: int) -> Iterator[Gate]:
        """A rotation by theta on every qubit."""
        for i in range(self.qubits):
            yield Gate(name, (i,), ("theta", layer * self.qubits + i, 1.0))

    def qiskit(self, x: Any = None) -> Any:
        """The circuit as a ``qiskit.QuantumCircuit`` with theta bound to the present values.

        Parameters
        ----------
        x
            Input of shape (n,); None leaves it as the parameter vector "x".

        Notes
        -----
        Qubit i is Qiskit's qubit i. Qiskit writes bit strings with qubit 0 last.
        """
        from qiskit.circuit import ParameterVector, QuantumCircuit

        given: Any = ParameterVector("x", self.qubits) if x is None else [float(value) for value in x]
        theta = self.theta.detach().reshape(-1).tolist()
        made = QuantumCircuit(self.qubits)
        for gate in self.gates():
            if gate.name == "cx":
                made.cx(*gate.qubits)
                continue
            source, index, scale = gate.angle
            angle = scale * given[index] if source == "x" else theta[index]
            getattr(made, gate.name)(angle, *gate.qubits)
        return made

    def draw(self) -> str:
        """The circuit as text."""
        return str(self.qiskit().draw(output="text", fold=-1))


__all__ = ["DATA_Y", "DATA_Z", "Circuit", "Gate"]
