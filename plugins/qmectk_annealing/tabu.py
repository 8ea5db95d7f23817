"""``tabu``: multistart tabu search on a QUBO (Palubeckis, Annals of Operations Research 131, 2004)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.options import at_least, at_most, option

from .hasty import Hasty
from .samples import Samples, seed_from

#: Longest time of one read in ms where the budget has no limit: the restarts end it long before. Also the most
#: restarts, and the most updates of all bits in one: the sampler counts them in 32 bits.
FOREVER = 10**9


@dataclass(frozen=True)
class TabuOptions:
    """Options of ``tabu``."""

    reads: int = option(8, "independent searches; the best feasible sample counts")
    restarts: int = option(4, "times a search starts again from a perturbed best state")
    updates: int = option(200, "bit updates of every start, times the number of bits")
    tenure: int | None = option(None, "updates a flipped bit stays as it is; none takes min(20, bits / 4)")

    def __post_init__(self) -> None:
        at_least("reads", self.reads, 1)
        at_least("restarts", self.restarts, 0)
        at_most("restarts", self.restarts, FOREVER)
        at_least("updates", self.updates, 1)
        if self.tenure is not None:
            at_least("tenure", self.tenure, 0)


class Tabu(Backend):
    """dwave-samplers' tabu search, ended by a number of updates and not by a clock, so that it can be repeated."""

    name, accepts = "tabu", (QUBO,)
    summary = "multistart tabu search on a QUBO (dwave-samplers)"
    requires, extra = ("dwave.samplers", "dimod"), "qmectk[annealing]"
    Options = TabuOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        from dwave.samplers import TabuSampler

        options, samples = self.options, Samples(view, budget)
        hasty = Hasty(view, budget)
        if hasty.needed:
            hasty.descents(samples, rng, 1)
        tenure = options.tenure if options.tenure is None else min(options.tenure, max(view.n - 1, 0))
        updates = min(options.updates, FOREVER // max(view.n, 1))  # the sampler multiplies in 32 bits
        made = 0
        while made < options.reads:
            seed = seed_from(rng)
            if (made and budget.expired()) or not hasty.affords():
                break
            seconds = budget.remaining - hasty.overhead
            left = FOREVER if budget.limit is None else max(1, math.floor(1000 * seconds))
            began = time.perf_counter()
            samples.add(
                TabuSampler().sample(
                    view.model,
                    num_reads=1,
                    seed=seed,
                    tenure=tenure,
                    timeout=left,
                    num_restarts=options.restarts,
                    coefficient_z_first=updates,
                    coefficient_z_restart=updates,
                    lower_bound_z=1,
                )
            )
            made += 1
            if hasty.needed:
                hasty.overhead = max(hasty.overhead, time.perf_counter() - began - 1e-3 * left)
            budget.report(self.name, made, options.reads)
        complete = made == options.reads and not budget.expired()
        stop = Termination.CONVERGED if complete else Termination.BUDGET
        return samples.reply(stop, {"restarts": options.restarts, "updates": options.updates})
