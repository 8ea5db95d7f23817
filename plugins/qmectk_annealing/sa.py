"""``sa``: simulated annealing on a QUBO (Kirkpatrick, Gelatt & Vecchi 1983), by dwave-samplers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.options import at_least, at_most, option
from qmectk.timing.deadline import Expired

from .beta import beta_range, range_of
from .couplings import Couplings
from .hasty import Hasty
from .samples import Samples, portions, seed_from

#: Most sweeps of a read: the sampler keeps a temperature for each, 80 MB of them.
MOST_SWEEPS = 10_000_000


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
        at_most("sweeps", self.sweeps, MOST_SWEEPS)
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
        samples, hasty, sweeps = Samples(view, budget), Hasty(view, budget), options.sweeps
        beta = (options.beta_start, options.beta_end)
        if hasty.needed:
            minima = hasty.descents(samples, rng)
            beta = beta if None not in beta else range_of(Couplings.of_view(view), np.array(minima))
            sweeps = self._sweeps(view, samples, hasty, beta, seed)
        elif None in beta:
            beta = beta_range(view.model, seed)

        def over() -> bool:
            """The sampler prints what is raised in here, and goes on."""
            try:
                return budget.expired()
            except Expired:
                return True

        made = 0
        for wanted in portions(options.reads):
            if (made and budget.expired()) or not hasty.affords():
                break
            samples.add(
                SimulatedAnnealingSampler().sample(
                    view.model,
                    num_reads=wanted,
                    num_sweeps=sweeps,
                    beta_range=beta,
                    seed=seed,
                    interrupt_function=over,
                )
            )
            made, seed = made + wanted, seed_from(rng)
            budget.report(self.name, made, options.reads)
        complete = made == options.reads and sweeps == options.sweeps and len(samples) >= made
        stop = Termination.CONVERGED if complete else Termination.BUDGET
        return samples.reply(stop, {"sweeps": sweeps, "beta_start": beta[0], "beta_end": beta[1]})

    def _sweeps(self, view: QUBO, samples: Samples, hasty: Hasty, beta: tuple[float, float], seed: int) -> int:
        """Sweeps of a read: as many as one read has time for. dwave-samplers looks at the clock between reads only, so
        a read of two sweeps is timed."""
        from dwave.samplers import SimulatedAnnealingSampler

        if not hasty.affords():
            return int(self.options.sweeps)
        began = time.perf_counter()
        found = SimulatedAnnealingSampler().sample(view.model, num_reads=1, num_sweeps=2, beta_range=beta, seed=seed)
        sampling = 1e-9 * float(found.info["timing"]["sampling_ns"])
        hasty.overhead = time.perf_counter() - began - sampling
        samples.add(found)
        left = hasty.budget.remaining - hasty.overhead
        return max(2, min(self.options.sweeps, int(0.8 * left / max(0.5 * sampling, 1e-9))))
