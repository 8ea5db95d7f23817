"""QAOA: the state is the circuit's, options do what they say, refusals name a remedy."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import qmectk
from qmectk import QUBO, Budget, Termination
from qmectk.errors import InputError, MissingPackage, Refused
from qmectk.testing.instances import Squares, true_optimum
from qmectk_qaoa.circuit import Ising, qaoa_circuit, relaxed
from qmectk_qaoa.qaoa import Qaoa, QaoaOptions
from qmectk_qaoa.statevector import Statevector

dimod = pytest.importorskip("dimod")
pytest.importorskip("qiskit")

pytestmark = pytest.mark.filterwarnings("ignore")


def random_qubo(n: int, seed: int = 0) -> QUBO:
    rng = np.random.default_rng(seed)
    row, column = np.triu_indices(n, 1)
    model = dimod.BQM.from_numpy_vectors(rng.normal(size=n), (row, column, rng.normal(size=len(row))), 0.3, "BINARY")
    return QUBO(model, {}, lambda sample: True)


@pytest.mark.parametrize("warm", [False, True])
def test_the_state_is_that_of_the_circuit(warm: bool) -> None:
    from qiskit.quantum_info import Statevector as OfQiskit

    model = random_qubo(4).model
    start = relaxed(model, 0.25) if warm else None
    ising, angles = Ising.of(model), np.array([0.3, 0.7, -0.4, 0.9])
    circuit = qaoa_circuit(ising, 4, 2, start)
    circuit.remove_final_measurements()
    expected = OfQiskit(circuit.assign_parameters(angles)).probabilities()
    assert Statevector(ising, 4, 2, start).probabilities(angles) == pytest.approx(expected)


def test_the_cost_is_the_energy() -> None:
    model = random_qubo(5).model
    ising = Ising.of(model)
    cost = Statevector(ising, 5, 1).cost * ising.scale
    states = ((np.arange(32)[:, None] >> np.arange(5)) & 1).astype(np.int8)
    energies = model.energies((states, list(model.variables)))
    assert cost - cost[0] == pytest.approx(energies - energies[0])


def test_a_warm_start_is_a_relaxation() -> None:
    model = random_qubo(6, seed=3).model
    start = relaxed(model, 0.1)
    assert ((start >= 0.1) & (start <= 0.9)).all()
    easy = dimod.BQM({0: -1.0, 1: 2.0}, {}, 0.0, "BINARY")
    assert relaxed(easy, 0.25) == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize(
    "options",
    [{}, {"depth": 2}, {"optimizer": "spsa"}, {"optimizer": "nelder-mead"}, {"warm_start": True}],
    ids=["plain", "depth", "spsa", "nelder-mead", "warm"],
)
def test_small_problems_are_solved(options: dict) -> None:
    instance = Squares.drawn(4, 5)
    found = qmectk.solve(instance, "qaoa", options=options, reference=False)
    assert found.objective == pytest.approx(true_optimum(instance))
    assert found.info["circuits"] <= 40


def test_noise_on_aer() -> None:
    instance = Squares.drawn(4, 4)
    options = {"device": "aer", "noise": 0.02, "evaluations": 3, "shots": 200}
    found = qmectk.solve(instance, "qaoa", options=options, reference=False)
    assert found.info["device"] == "aer"
    assert found.info["samples"] == 600
    again = qmectk.solve(instance, "qaoa", options=options, reference=False)
    assert again.objective == found.objective


def test_too_many_qubits_name_the_decomposing_route() -> None:
    with pytest.raises(Refused, match=r"17 bits.*16 qubits.*decompose.*sampler=qaoa"):
        Qaoa().solve(random_qubo(17), Budget(), np.random.default_rng(0))


def test_the_decomposing_route_works() -> None:
    from qmectk_annealing.decompose import Decompose, DecomposeOptions

    options = DecomposeOptions(sampler="qaoa", size=8, starts=1, passes=2)
    reply = Decompose(options).solve(random_qubo(24), Budget(), np.random.default_rng(0))
    assert reply.point is not None
    assert reply.info["size"] == 8


def test_time_limit() -> None:
    runs = {
        seconds: Qaoa(QaoaOptions()).solve(random_qubo(16), Budget(seconds), np.random.default_rng(0))
        for seconds in (float("inf"), 1e-3)
    }
    whole, cut = runs.values()
    assert whole.termination is not Termination.BUDGET
    assert cut.termination is Termination.BUDGET
    assert cut.point is not None
    assert cut.info["circuits"] < whole.info["circuits"] / 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "aerr"}, "did you mean 'aer'"),
        ({"noise": 0.1}, "device=aer"),
        ({"warm_clip": 0.0}, "warm_clip"),
        ({"optimizer": "adam"}, "optimizer"),
    ],
)
def test_options_are_validated(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        qmectk.solve(Squares.drawn(3, 3), "qaoa", options=options, reference=False)


def test_ibm_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmectk_qaoa.devices.installed", lambda name: False)
    with pytest.raises(MissingPackage, match=r"qiskit-ibm-runtime.*qmectk\[ibm\]"):
        qmectk.solve(Squares.drawn(3, 3), "qaoa", options={"device": "ibm_torino"}, reference=False)


class _Service:
    """In the place of qiskit_ibm_runtime's service: a generic machine of qiskit."""

    account = True

    def __init__(self) -> None:
        if not self.account:
            raise ValueError("Unable to find account.")

    def backend(self, name: str):
        from qiskit.providers.fake_provider import GenericBackendV2

        return GenericBackendV2(5, seed=1)

    def least_busy(self, **filters):
        return self.backend("any")


def _runtime(monkeypatch: pytest.MonkeyPatch, account: bool) -> None:
    from qiskit.primitives import BackendSamplerV2

    class Sampler(BackendSamplerV2):
        def __init__(self, mode) -> None:
            super().__init__(backend=mode)

    module = types.ModuleType("qiskit_ibm_runtime")
    module.QiskitRuntimeService = type("Service", (_Service,), {"account": account})
    module.SamplerV2 = Sampler
    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime", module)
    monkeypatch.setattr("qmectk_qaoa.devices.installed", lambda name: True)


def test_ibm_path_on_a_generic_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    _runtime(monkeypatch, account=True)
    options = {"device": "ibm", "evaluations": 2, "shots": 50}
    found = qmectk.solve(Squares.drawn(3, 4), "qaoa", options=options, reference=False)
    assert found.info["samples"] == 100
    with pytest.raises(Refused, match="at most 5 qubits"):
        qmectk.solve(Squares.drawn(3, 6), "qaoa", options=options, reference=False)


def test_ibm_without_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    _runtime(monkeypatch, account=False)
    with pytest.raises(Refused, match=r"Unable to find account.*QISKIT_IBM_TOKEN"):
        qmectk.solve(Squares.drawn(3, 4), "qaoa", options={"device": "ibm_torino"}, reference=False)
