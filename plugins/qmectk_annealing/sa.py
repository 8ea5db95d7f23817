"""``sa``: simulated annealing on a QUBO (Kirkpatrick, Gelatt & Vecchi 1983), by dwave-samplers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.options import at_least, option

from .beta import beta_range
from .samples import Samples, portions, seed_from

#: Couplings from which a read takes long enough to be cut to the time left.
LARGE = 200_000


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

        options, seed = self.options, seed_from(rng)
        if options.beta_start is not None and options.beta_end is not None:
            beta = (options.beta_start, options.beta_end)
        else:
            beta = beta_range(view.model, seed)
        samples, sweeps = Samples(view, budget), self._sweeps(view, budget, beta, seed)
        for wanted in portions(options.reads):
            if len(samples) and budget.expired():
                break
            samples.add(
                SimulatedAnnealingSampler().sample(
                    view.model,
                    num_reads=wanted,
                    num_sweeps=sweeps,
                    beta_range=beta,
                    seed=seed,
                    interrupt_function=budget.expired,
                )
            )
            seed = seed_from(rng)
            budget.report(self.name, len(samples), options.reads)
        complete = len(samples) == options.reads and sweeps == options.sweeps
        stop = Termination.CONVERGED if complete else Termination.BUDGET
        return samples.reply(stop, {"sweeps": sweeps, "beta_start": beta[0], "beta_end": beta[1]})

    def _sweeps(self, view: QUBO, budget: Budget, beta: tuple[float, float], seed: int) -> int:
        """Sweeps of a read. dwave-samplers looks at the clock between reads only, so that on a large model with a
        time limit two sweeps are timed, and as many are made as one read has time for."""
        from dwave.samplers import SimulatedAnnealingSampler

        if budget.limit is None or view.model.num_interactions < LARGE:
            return int(self.options.sweeps)
        start = time.perf_counter()
        SimulatedAnnealingSampler().sample(view.model, num_reads=1, num_sweeps=2, beta_range=beta, seed=seed)
        taken = time.perf_counter() - start
        return max(2, min(self.options.sweeps, int(budget.remaining / taken)))
