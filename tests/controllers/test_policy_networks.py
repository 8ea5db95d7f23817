"""The networks of PPO's policies: a circuit is what a simulator says, and one over pairs does not know places."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qmectk_controllers.encoders.acting import Pairs
from qmectk_controllers.encoders.mlp import Mlp
from qmectk_controllers.encoders.vqc import EntanglerCircuit


def test_the_circuit_is_what_a_simulator_says() -> None:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import Pauli, Statevector

    rng = np.random.default_rng(0)
    for qubits, layers in ((4, 2), (3, 3), (2, 2), (1, 1)):
        torch.manual_seed(1)
        circuit = EntanglerCircuit(qubits, layers)
        for x in rng.normal(size=(3, qubits)) * 2:
            made = QuantumCircuit(qubits)
            for i in range(qubits):
                made.rx(x[i], i)
            for layer in circuit.theta.detach().numpy().astype(float):
                for i in range(qubits):
                    made.rx(layer[i], i)
                for i in range(qubits if qubits > 2 else qubits - 1):
                    made.cx(i, (i + 1) % qubits)
            state = Statevector(made)
            # Qiskit writes the last qubit first
            wanted = [
                state.expectation_value(Pauli("I" * (qubits - 1 - i) + "Z" + "I" * i)).real for i in range(qubits)
            ]
            with torch.no_grad():
                found = circuit(torch.as_tensor(x, dtype=torch.float32))
            np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_circuit_s_gradient_is_the_parameter_shift() -> None:
    torch.manual_seed(0)
    circuit, x = EntanglerCircuit(), torch.randn(5, 4)
    circuit(x)[:, 1].sum().backward()
    assert circuit.theta.grad is not None
    for place in ((0, 2), (1, 0)):
        sides = []
        for sign in (1, -1):
            with torch.no_grad():
                circuit.theta[place] += sign * np.pi / 2
                sides.append(circuit(x)[:, 1].sum())
                circuit.theta[place] -= sign * np.pi / 2
        assert circuit.theta.grad[place] == pytest.approx(float(sides[0] - sides[1]) / 2, abs=1e-5)


@pytest.mark.parametrize("context", [False, True])
def test_a_network_over_pairs_does_not_know_places(context: bool) -> None:
    torch.manual_seed(0)
    net = Pairs(3, 2, lambda n: Mlp(n, (8, 8)), units=8, critics=1, shares=True, context=context)
    device, pair = torch.randn(2, 4, 3), torch.randn(2, 4, 5, 2)
    users, servers = [2, 0, 3, 1], [0, 3, 1, 4, 2]  # home stays the first
    with torch.no_grad():
        before, after = net(device, pair), net(device[:, users], pair[:, users][:, :, servers])
    np.testing.assert_allclose(before.logits[:, users][:, :, servers], after.logits, atol=1e-5)
    np.testing.assert_allclose(before.value[:, users], after.value, atol=1e-5)


def test_only_context_lets_a_device_see_the_others() -> None:
    torch.manual_seed(0)
    device, pair = torch.randn(1, 3, 2), torch.randn(1, 3, 4, 2)
    changed = pair.clone()
    changed[:, 2] += 1.0
    for context in (False, True):
        net = Pairs(2, 2, lambda n: Mlp(n, (8, 8)), units=8, critics=1, shares=True, context=context)
        before, after = net(device, pair).logits, net(device, changed).logits
        assert torch.equal(before[:, :2], after[:, :2]) is not context
