"""``steepest-descent``: the best flip until none helps, from many random states, by dwave-samplers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.options import at_least, option

from .hasty import Hasty
from .samples import Samples, portions, seed_from

#: A descent from a random state makes about n flips of O(degree) each; descents run in batches of about
#: this many steps, a tenth of a second, and the clock is read in between.
STEPS = 5e7


@dataclass(frozen=True)
class DescentOptions:
    """Options of ``steepest-descent``."""

    reads: int = option(200, "descents from random states; the best feasible sample counts")

    def __post_init__(self) -> None:
        at_least("reads", self.reads, 1)


class SteepestDescent(Backend):
    """dwave-samplers' steepest descent; no temperature, no memory, the yardstick for every other sampler."""

    name, accepts = "steepest-descent", (QUBO,)
    summary = "steepest descents from random states on a QUBO (dwave-samplers)"
    requires, extra = ("dwave.samplers", "dimod"), "qmectk[annealing]"
    Options = DescentOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        from dwave.samplers import SteepestDescentSampler

        reads, samples = self.options.reads, Samples(view, budget)
        hasty = Hasty(view, budget)
        if hasty.needed:
            hasty.descents(samples, rng, reads)
            return samples.reply(Termination.CONVERGED if len(samples) >= reads else Termination.BUDGET, {})
        sparse = view.interactions < 4 * view.n
        batch = max(1, int(STEPS / max(view.n**2 if not sparse else 20 * view.n, 1)))
        for wanted in portions(reads, batch):
            seed = seed_from(rng)
            if len(samples) and budget.expired():
                break
            samples.add(
                SteepestDescentSampler().sample(view.model, num_reads=wanted, seed=seed, large_sparse_opt=sparse)
            )
            budget.report(self.name, len(samples), reads)
        return samples.reply(Termination.CONVERGED if len(samples) >= reads else Termination.BUDGET, {})
