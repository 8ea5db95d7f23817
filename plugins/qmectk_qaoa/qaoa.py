"""``qaoa``: the quantum approximate optimization algorithm on a QUBO (Farhi, Goldstone & Gutmann, arXiv 1411.4028)."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.options import at_least, at_most, option
from qmectk.presenting.names import nearest
from qmectk_annealing.samples import Samples

from .circuit import Ising, relaxed
from .devices import AER, MOST_SIMULATED, STATEVECTOR, OutOfTime, Run, device, too_many
from .measuring import Measurements

#: Qubits of IBM's largest machines; simulators stop at :data:`MOST_SIMULATED`.
MOST_QUBITS = 156

#: Most layers of a circuit: deeper ones take hours on the simulators, and machines lose everything in the noise.
MOST_DEPTH = 1000

#: First step (per unit of slope) and perturbation of SPSA, in radians.
SPSA_STEP, SPSA_PERTURBATION = 0.5, 0.2


@dataclass(frozen=True)
class QaoaOptions:
    """Options of ``qaoa``."""

    depth: int = option(1, "number p of cost and mixer layers")
    shots: int = option(1024, "measurements of each circuit")
    evaluations: int = option(40, "most circuits of the angle optimiser")
    optimizer: Literal["cobyla", "spsa", "nelder-mead"] = option("cobyla", "of the angles: cobyla, spsa, nelder-mead")
    warm_start: bool = option(False, "start from the convex relaxation (Egger, Marecek & Woerner 2021)")
    warm_clip: float = option(0.25, "least probability of 0 and of 1 that a warm start leaves a bit")
    device: str = option(STATEVECTOR, "statevector, aer (with noise), ibm (the least busy machine) or a machine's name")
    noise: float = option(0.0, "on aer: error of a two-qubit gate and of reading a qubit; a tenth of it on others")

    def __post_init__(self) -> None:
        for name in ("depth", "shots", "evaluations"):
            at_least(name, getattr(self, name), 1)
        at_most("depth", self.depth, MOST_DEPTH)
        if not 0.0 < self.warm_clip <= 0.5:
            raise InputError("option 'warm_clip' must be above 0 and at most 0.5")
        if not 0.0 <= self.noise <= 0.5:
            raise InputError("option 'noise' must be between 0 and 0.5")
        if self.device not in (STATEVECTOR, AER) and not self.device.startswith("ibm"):
            hint = nearest(self.device, [STATEVECTOR, AER, "ibm"])
            remedy = f"did you mean '{hint}'?" if hint else "choose statevector, aer, ibm or the name of an IBM machine"
            raise InputError(f"option 'device' cannot be '{self.device}'", remedy)
        if self.noise and self.device != AER:
            raise InputError("option 'noise' is for device=aer")


class Enough(Exception):
    """Raised in the optimiser when it has had its circuits: not every optimiser counts them alike."""


class Qaoa(Backend):
    """Angles by an optimiser that sees mean energies only; the best feasible string ever measured counts."""

    name, accepts = "qaoa", (QUBO,)
    summary = (
        f"QAOA (qiskit-optimization): statevector or noisy simulator up to {MOST_SIMULATED} qubits, or an IBM machine"
    )
    requires, extra = ("qiskit_optimization", "dimod"), "qmectk[qaoa]"
    max_bits = MOST_QUBITS
    Options = QaoaOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        options = self.options
        if options.device in (STATEVECTOR, AER) and view.n > MOST_SIMULATED:
            raise too_many(options.device, view.n, MOST_SIMULATED)  # before anything is imported
        with budget.compiling():
            start = relaxed(view.model, options.warm_clip) if options.warm_start else None
            ising = Ising.of(view.model)
        seed = int(rng.integers(2**31))
        run = Run(ising, view.n, options.depth, start, options.shots, seed, options.noise)
        samples = Samples(view, budget)
        measured = Measurements(samples, device(options.device, run, budget), budget)
        stop = Termination.CONVERGED
        try:
            self._optimise(measured, ising.scale, rng.uniform(0.0, 0.5, 2 * options.depth), rng)
        except OutOfTime:
            stop = Termination.BUDGET
        info: dict[str, Any] = {"qubits": view.n, "depth": options.depth, "device": measured.where.name}
        info |= {"circuits": measured.circuits, "optimizer": options.optimizer, "warm_start": options.warm_start}
        return samples.reply(stop, info)

    def _optimise(
        self, measured: Measurements, scale: float, angles: NDArray[np.float64], rng: np.random.Generator
    ) -> None:
        """Run the optimiser for its side effect: all it measures is kept."""
        from scipy.optimize import minimize

        most = self.options.evaluations

        def energy(point: NDArray[np.float64]) -> float:
            if measured.circuits >= most:
                raise Enough
            value = measured.mean_energy(np.asarray(point, dtype=float)) / scale
            measured.budget.report(self.name, measured.circuits, most)
            return value

        with contextlib.suppress(Enough):
            if self.options.optimizer == "spsa":
                spsa(energy, angles, rng)
            elif self.options.optimizer == "nelder-mead":
                minimize(energy, angles, method="Nelder-Mead")
            else:
                minimize(energy, angles, method="COBYLA")


def spsa(value: Callable[[Any], float], point: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Simultaneous perturbation (Spall, Johns Hopkins APL Technical Digest 19(4), 1998): two values a step, any width.

    Gains fall as Spall recommends; it runs until `value` raises.
    """
    for step in itertools.count(1):
        width = SPSA_PERTURBATION / step**0.101
        direction = rng.choice([-1.0, 1.0], size=len(point))
        slope = (value(point + width * direction) - value(point - width * direction)) / (2.0 * width)
        point = point - SPSA_STEP / (step + 4.0) ** 0.602 * slope * direction
