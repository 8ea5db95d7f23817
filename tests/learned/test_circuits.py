"""Circuits against Qiskit's statevector, their gradients, and what has none."""

from __future__ import annotations

import pytest
import torch

from qmectk_learned.circuits import Published, Reuploading, Trainable

KINDS = [(Published, 1), (Trainable, 1), (Reuploading, 1), (Reuploading, 2), (Reuploading, 3)]


def made(kind, layers, qubits, seed=0):
    generator = torch.Generator().manual_seed(seed)
    if kind is Reuploading:
        return kind(qubits, layers, generator=generator).double()
    return kind(qubits, generator=generator).double()


@pytest.mark.parametrize("qubits", [1, 2, 3, 5])
@pytest.mark.parametrize(("kind", "layers"), KINDS)
def test_expectations_are_those_of_qiskit(kind, layers, qubits):
    from qiskit.quantum_info import SparsePauliOp, Statevector

    circuit = made(kind, layers, qubits)
    x = torch.rand(4, qubits, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = circuit(x).detach()
    for row, expected in zip(x, found, strict=True):
        state = Statevector(circuit.qiskit(row.tolist()))
        for i in range(qubits):
            z = SparsePauliOp.from_sparse_list([("Z", [i], 1.0)], qubits)
            assert float(expected[i]) == pytest.approx(state.expectation_value(z).real, abs=1e-6)


def test_the_trainable_circuit_is_the_first_layer_of_reuploading():
    closed, simulated = made(Trainable, 1, 8), made(Reuploading, 1, 8)
    x = torch.rand(16, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    torch.testing.assert_close(closed(x), simulated(x))


@pytest.mark.parametrize(("kind", "layers"), KINDS[1:])
def test_gradients_are_those_of_differences(kind, layers):
    circuit = made(kind, layers, 4)
    x = torch.rand(3, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda inputs, _: circuit(inputs), (x, circuit.theta))


def test_the_published_theta_has_no_gradient_and_says_so():
    circuit = made(Published, 1, 8)
    x = torch.rand(5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    circuit(x).square().sum().backward()
    assert circuit.theta.grad is not None
    assert torch.count_nonzero(circuit.theta.grad) == 0
    assert "theta has no gradient" in circuit.silent
    torch.testing.assert_close(circuit(x).detach(), torch.cumprod(torch.cos(torch.pi * x), dim=1))


@pytest.mark.parametrize(("kind", "layers"), KINDS[1:])
def test_the_others_are_not_silent(kind, layers):
    circuit = made(kind, layers, 4)
    circuit(torch.full((2, 4), 0.3, dtype=torch.float64)).sum().backward()
    assert circuit.silent == ""
    assert torch.count_nonzero(circuit.theta.grad) > 0


def test_drawings_name_every_gate():
    text = made(Reuploading, 2, 2).draw()
    assert text.count("q_") >= 2
    assert "Ry" in text.replace("RY", "Ry")
    assert "x[1]" in text


@pytest.mark.parametrize("size", [(0, 1), (2, 0)])
def test_sizes_are_checked(size):
    with pytest.raises(ValueError, match="at least one qubit"):
        Reuploading(*size)
