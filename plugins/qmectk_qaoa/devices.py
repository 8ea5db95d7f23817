"""Where circuits run: a statevector, Aer's simulator with noise, or a machine of IBM."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk import Budget
from qmectk.errors import MissingPackage, QmectkError, Refused
from qmectk.extending.installed import installed

from .circuit import Array, Ising, qaoa_circuit
from .statevector import Statevector, bits_of

#: A statevector of 16 qubits has 65 536 amplitudes.
STATEVECTOR, AER = "statevector", "aer"
MOST_SIMULATED = 16

IBM_REMEDY = (
    "save an account with QiskitRuntimeService.save_account(token=...) or set QISKIT_IBM_TOKEN; "
    "-o device=aer -o noise=0.005 simulates a noisy machine"
)


#: Distinct states, shape (states, qubits), and how often each was measured.
Shots = tuple[NDArray[np.int8], NDArray[np.int64]]


class OutOfTime(Exception):
    """The budget has ended; what was measured stays."""


@dataclass(frozen=True)
class Run:
    """What is run: an Ising model, the number of layers, the probabilities of a warm start, shots, seed, noise."""

    ising: Ising
    qubits: int
    depth: int
    start: Array | None
    shots: int
    seed: int
    noise: float

    def circuit(self) -> Any:
        """As a circuit of qiskit."""
        return qaoa_circuit(self.ising, self.qubits, self.depth, self.start)


@dataclass(frozen=True)
class Device:
    """A name, and ``measure(angles)``."""

    name: str
    measure: Callable[[Array], Shots]


def device(name: str, run: Run, budget: Budget) -> Device:
    """The device that `name` stands for.

    Raises
    ------
    MissingPackage
        Where its package is not installed.
    Refused
        Where no account gives access to it, or it has too few qubits.
    """
    if name in (STATEVECTOR, AER) and run.qubits > MOST_SIMULATED:
        raise too_many(name, run.qubits, MOST_SIMULATED)
    if name == STATEVECTOR:
        return _statevector(run, budget)
    return _aer(run, budget) if name == AER else _ibm(name, run, budget)


def _statevector(run: Run, budget: Budget) -> Device:
    rng = np.random.default_rng(run.seed)
    with budget.compiling():
        vector = Statevector(run.ising, run.qubits, run.depth, run.start)

    def measure(angles: Array) -> Shots:
        counts = rng.multinomial(run.shots, vector.probabilities(angles))
        seen = np.flatnonzero(counts)
        return bits_of(seen, run.qubits), counts[seen]

    return Device(STATEVECTOR, measure)


def too_many(where: str, qubits: int, limit: int) -> Refused:
    """The refusal above the qubit limit."""
    return Refused(
        f"this QUBO has {qubits} bits and qaoa runs at most {limit} qubits on {where}",
        "use backend 'decompose' with -o sampler=qaoa, which solves pieces that fit, or a smaller instance",
    )


def _aer(run: Run, budget: Budget) -> Device:
    if not installed("qiskit_aer"):
        raise MissingPackage("-o device=aer needs qiskit-aer", "run: pip install 'qmectk[aer]'")
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit_aer import AerSimulator
    from qiskit_aer.primitives import SamplerV2

    model = _noise_model(run.noise) if run.noise else None
    # one trajectory a shot: the density matrix that Aer may choose instead takes 4^n numbers
    settings = {"method": "statevector", "noise_model": model, "max_parallel_threads": 1}
    options = {"backend_options": settings}
    sampler = SamplerV2(default_shots=run.shots, seed=run.seed, options=options)
    simulator = AerSimulator(noise_model=model)
    with budget.compiling():
        transpiler = generate_preset_pass_manager(optimization_level=1, backend=simulator, seed_transpiler=run.seed)
        circuit = transpiler.run(run.circuit())
    return Device(AER, lambda angles: _shots(sampler.run([(circuit, angles)]).result()))


def _shots(result: Any) -> Shots:
    """From the result of a sampler of qiskit; its strings have the last qubit first."""
    counts = result[0].data.meas.get_counts()
    states = np.array([[int(bit) for bit in reversed(key)] for key in counts], dtype=np.int8)
    return states, np.array(list(counts.values()), dtype=np.int64)


def _noise_model(noise: float) -> Any:
    """Depolarising: `noise` on every two-qubit gate and read-out, a tenth of it on every one-qubit gate."""
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    model = NoiseModel(basis_gates=["rz", "sx", "x", "cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(noise / 10.0, 1), ["sx", "x"])
    model.add_all_qubit_quantum_error(depolarizing_error(noise, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[1.0 - noise, noise], [noise, 1.0 - noise]]))
    return model


def _ibm(name: str, run: Run, budget: Budget) -> Device:
    """The machine `name`, or the least busy one that is large enough for ``ibm``."""
    if not installed("qiskit_ibm_runtime"):
        raise MissingPackage(f"-o device={name} needs qiskit-ibm-runtime", "run: pip install 'qmectk[ibm]'")
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit_ibm_runtime import QiskitRuntimeService

    with in_sentences(name):
        service = QiskitRuntimeService()
        if name == "ibm":
            machine = service.least_busy(min_num_qubits=run.qubits, operational=True, simulator=False)
        else:
            machine = service.backend(name)
    if run.qubits > machine.num_qubits:
        raise too_many(str(machine.name), run.qubits, int(machine.num_qubits))
    with in_sentences(name):
        sampler = _sampler_class()(mode=machine)
        with budget.compiling():
            circuit = generate_preset_pass_manager(optimization_level=3, backend=machine).run(run.circuit())

    def measure(angles: Array) -> Shots:
        with in_sentences(name):
            job = sampler.run([(circuit, angles)], shots=run.shots)
            while not job.in_final_state():
                if budget.expired():
                    job.cancel()
                    raise OutOfTime
                time.sleep(min(1.0, max(0.01, budget.remaining)))
            return _shots(job.result())

    return Device(str(machine.name), measure)


def _sampler_class() -> Any:
    """The runtime's sampler; SamplerV2 is deprecated since 0.50."""
    try:
        from qiskit_ibm_runtime.executor_sampler import Sampler
    except ImportError:
        from qiskit_ibm_runtime import SamplerV2

        return SamplerV2
    return Sampler


@contextlib.contextmanager
def in_sentences(name: str) -> Iterator[None]:
    """Whatever goes wrong with IBM's service as a refusal in one sentence."""
    from qiskit.exceptions import QiskitError

    try:
        yield
    except QmectkError:
        raise
    except (QiskitError, ValueError, OSError) as error:
        lines = str(error).strip(" \n'\"").splitlines()
        reason = lines[0] if lines else type(error).__name__
        raise Refused(f"-o device={name} cannot be used: {reason}", IBM_REMEDY) from error
