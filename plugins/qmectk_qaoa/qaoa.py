"""``qaoa``: Farhi, Goldstone & Gutmann (arXiv 1411.4028) on a QUBO, simulated exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import Refused
from qmectk.options import at_least, option

from .sampler import Measurements, OutOfTime, recording_sampler

#: A statevector of 16 qubits has 65 536 amplitudes; a circuit evaluation takes tens of milliseconds.
MOST_QUBITS = 16


@dataclass(frozen=True)
class QaoaOptions:
    """Options of ``qaoa``."""

    depth: int = option(1, "number p of cost and mixer layers")
    shots: int = option(1024, "measurements of each circuit")
    evaluations: int = option(40, "most circuit evaluations of the angle optimiser (COBYLA)")

    def __post_init__(self) -> None:
        at_least("depth", self.depth, 1)
        at_least("shots", self.shots, 1)
        at_least("evaluations", self.evaluations, 1)


class Qaoa(Backend):
    """Angles by COBYLA, states by a statevector; the best feasible string ever measured counts."""

    name, accepts = "qaoa", (QUBO,)
    summary = f"QAOA on a statevector (at most {MOST_QUBITS} qubits)"
    requires, extra = ("qiskit_optimization", "dimod"), "qmectk[qaoa]"
    max_bits = MOST_QUBITS
    Options = QaoaOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        if view.n > MOST_QUBITS:
            raise Refused(
                f"qaoa simulates at most {MOST_QUBITS} qubits and this QUBO has {view.n}",
                "use a smaller instance or another sampler, for example 'sa'",
            )
        from qiskit_optimization.algorithms import MinimumEigenOptimizer
        from qiskit_optimization.minimum_eigensolvers import QAOA
        from qiskit_optimization.optimizers import COBYLA

        measured = Measurements(view.n)
        sampler = recording_sampler(measured, budget.expired, self.options.shots, int(rng.integers(2**31)))
        algorithm = QAOA(
            sampler,
            COBYLA(maxiter=self.options.evaluations),
            reps=self.options.depth,
            initial_point=rng.uniform(0.0, 0.5, 2 * self.options.depth),
        )
        stop = Termination.CONVERGED
        try:
            MinimumEigenOptimizer(algorithm).solve(quadratic_program(view))
        except OutOfTime:
            stop = Termination.BUDGET
        return best_measured(view, measured, stop, {"qubits": view.n, "depth": self.options.depth})


def quadratic_program(view: QUBO) -> Any:
    """The QUBO as qiskit-optimization's model; variable i is the model's i-th bit.

    Coefficients are divided by the largest one, so that the angles have the same scale on every instance.
    """
    from qiskit_optimization import QuadraticProgram

    model = view.model
    number = {label: i for i, label in enumerate(model.variables)}
    program = QuadraticProgram()
    for i in number.values():
        program.binary_var(f"b{i}")
    largest = max((abs(c) for c in [*model.linear.values(), *model.quadratic.values()]), default=0.0) or 1.0
    program.minimize(
        constant=float(model.offset) / largest,
        linear={number[label]: float(c) / largest for label, c in model.linear.items()},
        quadratic={(number[u], number[v]): float(c) / largest for (u, v), c in model.quadratic.items()},
    )
    return program


def best_measured(view: QUBO, measured: Measurements, stop: Termination, info: dict[str, Any]) -> Reply:
    """The measured string of lowest energy, feasible ones first."""
    states = measured.states()
    if len(states) == 0:
        return Reply(None, stop, message="nothing was measured", info=info)
    energies = view.model.energies((states, list(view.model.variables)))
    feasible = np.array([view.feasible(view.sample(state)) for state in states])
    allowed = np.flatnonzero(feasible) if feasible.any() else np.arange(len(states))
    best = allowed[int(np.argmin(energies[allowed]))]
    counts = np.array(list(measured.counts.values()))
    info = {
        **info,
        "shots": int(counts.sum()),
        "share_feasible": float(counts[feasible].sum() / counts.sum()),
        "energy": float(energies[best]),
        "penalties": view.penalties,
    }
    return Reply(view.sample(states[best]), stop, info=info)
