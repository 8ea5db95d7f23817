"""``leap-hybrid``: D-Wave's hybrid solver service through dwave-system."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import InputError, Refused
from qmectk.options import option

from .cloud import MOCK, configuration, in_sentences, unavailable
from .hasty import Hasty
from .samples import Samples, seed_from


@dataclass(frozen=True)
class LeapOptions:
    """Options of ``leap-hybrid``."""

    solver: str = option("", "a solver by name; empty takes the newest hybrid one; mock runs offline")
    seconds: float | None = option(None, "time asked for; none takes the least that the service allows", unit="s")

    def __post_init__(self) -> None:
        if self.seconds is not None and self.seconds <= 0:
            raise InputError("option 'seconds' must be positive")


class LeapHybrid(Backend):
    """One sample of the service, which says neither how it was found nor how good it is."""

    name, accepts = "leap-hybrid", (QUBO,)
    summary = "D-Wave's hybrid service (needs a token; -o solver=mock runs offline)"
    requires, extra = ("dwave.system", "dwave.samplers", "dimod"), "qmectk[annealing]"
    Options = LeapOptions

    @classmethod
    def unavailable(cls) -> str:
        return unavailable(cls.name)

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        sampler = _connect(self.options.solver, seed_from(rng))
        samples, hasty = Samples(view, budget), Hasty(view, budget)
        if hasty.needed:
            hasty.descents(samples, rng, 1)
            if not hasty.affords():
                return samples.reply(Termination.BUDGET, {}, "there is no time to hand the model over")
        least = float(sampler.min_time_limit(view.model))
        asked = self.options.seconds or least
        if asked < least or budget.remaining < least:
            raise Refused(
                f"leap-hybrid gives {view.n} bits at least {least:g} s, and "
                + (f"{asked:g} s were asked for" if asked < least else f"{budget.remaining:.3g} s are left"),
                f"allow {least:g} s or more",
            )
        with in_sentences(self.name):
            found = sampler.sample(view.model, time_limit=min(asked, budget.remaining))
            while not found.done():
                if budget.expired():
                    return samples.reply(Termination.BUDGET, {}, "the time ended before the service answered")
                time.sleep(0.02)
            found.resolve()
        samples.add(found)
        timing = {key: float(value) for key, value in found.info.items() if key.endswith("_time")}
        return samples.reply(Termination.CONVERGED, {"seconds": asked, "timing_us": timing})


def _connect(solver: str, seed: int) -> Any:
    """The service; `seed` is the mock's, the service has none."""
    from dwave.system import LeapHybridSampler

    if solver != MOCK:
        config = configuration(LeapHybrid.name, solver)
        with in_sentences(LeapHybrid.name):
            return LeapHybridSampler(**config)

    from dwave.samplers import SteepestDescentSampler
    from dwave.system.testing import MockLeapHybridSolver

    class Offline(LeapHybridSampler):  # type: ignore[misc]  # dwave-system is untyped here
        """The sampler with dwave-system's mock in the place of the service; that one draws what no seed repeats."""

        def __init__(self) -> None:
            self.client, self.solver = None, MockLeapHybridSolver()

        def sample(self, bqm: Any, time_limit: float | None = None) -> Any:
            return SteepestDescentSampler().sample(bqm, seed=seed)

    return Offline()
