"""The circuit of QAOA for a QUBO, plain or warm-started.

Plain (Farhi, Goldstone & Gutmann, arXiv 1411.4028): all qubits in (|0> + |1>)/sqrt 2, then p times the cost phase and a
rotation of every qubit about X. Warm-started (Egger, Marecek & Woerner, Quantum 5, 479, 2021): qubit i starts at the
angle theta_i that measures 1 with the probability a continuous relaxation gives it, and the mixer turns about that
state, so that the relaxation's solution is the mixer's ground state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ising:
    """``sum_i field_i Z_i + sum coupling_ij Z_i Z_j`` of a QUBO, divided by its largest coefficient.

    The division gives the angles the same scale on every instance; qubit i is the model's i-th bit.
    """

    fields: dict[int, float]
    couplings: dict[tuple[int, int], float]
    scale: float

    @classmethod
    def of(cls, model: Any) -> Ising:
        """From a dimod model over bits, through qiskit-optimization's translation to a Pauli operator."""
        from qiskit_optimization.translators import to_ising

        program = quadratic_program(model)
        if not any((*model.linear.values(), *model.quadratic.values())):
            return cls({}, {}, 1.0)  # a constant has no operator
        operator, _ = to_ising(program)
        sizes = np.abs(operator.coeffs)
        scale = float(sizes.max(initial=0.0)) or 1.0
        fields: dict[int, float] = {}
        couplings: dict[tuple[int, int], float] = {}
        for turned, coefficient in zip(operator.paulis.z, operator.coeffs.real, strict=True):
            qubits = [int(i) for i in np.flatnonzero(turned)]
            if len(qubits) == 1:
                fields[qubits[0]] = float(coefficient) / scale
            elif len(qubits) == 2:
                couplings[qubits[0], qubits[1]] = float(coefficient) / scale
        return cls(fields, couplings, scale)


def quadratic_program(model: Any) -> Any:
    """A dimod model over bits as qiskit-optimization's quadratic program; variable i is the model's i-th bit."""
    from qiskit_optimization import QuadraticProgram

    number = {label: i for i, label in enumerate(model.variables)}
    program = QuadraticProgram()
    for i in number.values():
        program.binary_var(f"b{i}")
    program.minimize(
        constant=float(model.offset),
        linear={number[label]: float(c) for label, c in model.linear.items()},
        quadratic={(number[u], number[v]): float(c) for (u, v), c in model.quadratic.items()},
    )
    return program


def qaoa_circuit(ising: Ising, qubits: int, depth: int, start: Array | None = None) -> Any:
    """A measured circuit with 2 * depth parameters: all mixer angles, then all cost angles.

    Parameters
    ----------
    start
        Probability of 1 for every qubit of a warm start; None for the plain one.
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector

    mixing, phase = ParameterVector("beta", depth), ParameterVector("gamma", depth)
    theta = None if start is None else 2.0 * np.arcsin(np.sqrt(start))
    circuit = QuantumCircuit(qubits)
    for i in range(qubits):
        if theta is None:
            circuit.h(i)
        else:
            circuit.ry(float(theta[i]), i)
    for layer in range(depth):
        for i, field in ising.fields.items():
            circuit.rz(2.0 * field * phase[layer], i)
        for (i, j), coupling in ising.couplings.items():
            circuit.rzz(2.0 * coupling * phase[layer], i, j)
        for i in range(qubits):
            if theta is None:
                circuit.rx(2.0 * mixing[layer], i)
            else:
                circuit.ry(-float(theta[i]), i)
                circuit.rz(-2.0 * mixing[layer], i)
                circuit.ry(float(theta[i]), i)
    circuit.measure_all()
    return circuit


def relaxed(model: Any, clip: float) -> Array:
    """The continuous relaxation of a QUBO, between `clip` and 1 - `clip`.

    On bits x_i^2 = x_i, so any multiple of x_i^2 - x_i may be added; with the smallest eigenvalue as the multiple the
    relaxation is convex (Hammer & Rubin, RIRO 3, 1970) and its optimum is found from anywhere.
    """
    from scipy.optimize import minimize

    n = model.num_variables
    linear, (row, column, weight), _ = model.to_numpy_vectors(variable_order=list(model.variables))
    matrix = np.zeros((n, n))
    matrix[row, column] = matrix[column, row] = weight / 2.0
    least = float(np.linalg.eigvalsh(matrix)[0])
    matrix[np.diag_indices(n)] -= least
    linear = np.asarray(linear, dtype=float) + least

    def value(x: Array) -> tuple[float, Array]:
        product = matrix @ x
        return float(x @ product + linear @ x), 2.0 * product + linear

    found = minimize(value, np.full(n, 0.5), jac=True, bounds=[(0.0, 1.0)] * n, method="L-BFGS-B")
    return np.clip(found.x, clip, 1.0 - clip)
