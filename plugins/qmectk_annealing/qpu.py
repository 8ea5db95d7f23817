"""``dwave-qpu``: a quantum annealer of D-Wave through dwave-system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qmectk import QUBO, Budget, Reply, Termination
from qmectk.errors import InputError
from qmectk.options import at_least, option

from .chip import PREFACTOR, OnChip, OutOfTime
from .cloud import unavailable
from .embedding import check_size
from .samples import Samples, seed_from


@dataclass(frozen=True)
class QpuOptions:
    """Options of ``dwave-qpu``."""

    solver: str = option("", "a solver by name; empty takes any annealer online; mock, mock-zephyr-15: offline")
    reads: int = option(100, "anneals")
    annealing_time: float | None = option(None, "microseconds of an anneal; none takes the solver's own", unit="us")
    chain_strength: float = option(PREFACTOR, "relative to uniform torque compensation")
    embedding_seconds: float = option(60.0, "most seconds spent on looking for an embedding", unit="s")

    def __post_init__(self) -> None:
        at_least("reads", self.reads, 1)
        for name in ("chain_strength", "embedding_seconds"):
            if getattr(self, name) <= 0:
                raise InputError(f"option '{name}' must be positive")


class DWaveQpu(OnChip):
    """Minor embedding, uniform torque compensation, majority vote; samples are repeated only by the mock."""

    name, accepts = "dwave-qpu", (QUBO,)
    summary = "a D-Wave quantum annealer (needs a token; -o solver=mock runs offline)"
    requires, extra = ("dwave.system", "dwave.samplers", "dimod"), "qmectk[annealing]"
    Options = QpuOptions

    @classmethod
    def unavailable(cls) -> str:
        return unavailable(cls.name)

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        options, seed, samples = self.options, seed_from(rng), Samples(view, budget)
        chip = self.chip
        check_size(view.n, view.interactions, chip.graph)  # before a model is made of what is too large
        try:
            found, facts = chip.sample(
                view.model,
                budget,
                reads=options.reads,
                seed=seed,
                prefactor=options.chain_strength,
                annealing_time=options.annealing_time,
                seconds=options.embedding_seconds,
            )
        except OutOfTime:
            return samples.reply(Termination.BUDGET, {"chip": chip.name}, "the time ended before the chip answered")
        samples.add(found)
        return samples.reply(Termination.CONVERGED, facts)
