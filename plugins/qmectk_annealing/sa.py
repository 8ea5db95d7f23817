"""``sa``: simulated annealing on a QUBO (Kirkpatrick, Gelatt & Vecchi 1983), by dwave-samplers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.options import at_least, option


@dataclass(frozen=True)
class AnnealingOptions:
    """Options of ``sa``."""

    reads: int = option(20, "independent runs; the best feasible sample counts")
    sweeps: int = option(500, "sweeps over all bits in a read")
    beta_start: float | None = option(None, "first inverse temperature; none derives it from the model")
    beta_end: float | None = option(None, "last inverse temperature; none derives it from the model")

    def __post_init__(self) -> None:
        at_least("reads", self.reads, 1)
        at_least("sweeps", self.sweeps, 1)
        if (self.beta_start is None) != (self.beta_end is None):
            raise InputError("options 'beta_start' and 'beta_end' are set together or not at all")
        if self.beta_start is not None and self.beta_end is not None and not 0 < self.beta_start <= self.beta_end:
            raise InputError("options must satisfy 0 < beta_start <= beta_end")


class SimulatedAnnealing(Backend):
    """dwave-samplers' simulated annealing; the best sample that meets every constraint, else the best of all."""

    name, accepts = "sa", (QUBO,)
    summary = "simulated annealing on a QUBO (dwave-samplers)"
    requires, extra = ("dwave.samplers", "dimod"), "qmectk[annealing]"
    Options = AnnealingOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        from dwave.samplers import SimulatedAnnealingSampler

        options = self.options
        beta = None if options.beta_start is None else (options.beta_start, options.beta_end)
        found = SimulatedAnnealingSampler().sample(
            view.model,
            num_reads=options.reads,
            num_sweeps=options.sweeps,
            beta_range=beta,
            seed=int(rng.integers(2**31)),
            interrupt_function=budget.expired,
        )
        labels, states, energies = list(found.variables), found.record.sample, found.record.energy
        if len(states) == 0:
            return Reply(None, Termination.BUDGET, message="time ran out before the first read ended")
        feasible = np.array([view.feasible(dict(zip(labels, map(int, state), strict=True))) for state in states])
        allowed = np.flatnonzero(feasible) if feasible.any() else np.arange(len(states))
        best = allowed[int(np.argmin(energies[allowed]))]
        info = {
            "reads": len(states),
            "sweeps": options.sweeps,
            "bits": view.n,
            "share_feasible": float(feasible.mean()),
            "energy": float(energies[best]),
            "penalties": view.penalties,
        }
        stop = Termination.CONVERGED if len(states) == options.reads else Termination.BUDGET
        return Reply(dict(zip(labels, map(int, states[best]), strict=True)), stop, info=info)
