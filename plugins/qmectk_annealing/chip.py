"""A quantum annealer, in the cloud or mocked, behind one call: embed, choose a chain strength, sample, unembed."""

from __future__ import annotations

import functools
import math
import re
import time
from typing import Any

from qmectk import Backend, Budget
from qmectk.errors import InputError, Refused

from .cloud import MOCK, configuration, in_sentences
from .embedding import Embedding, embed

#: Size m of the newest chip of each topology.
LARGEST = {"pegasus": 16, "zephyr": 12, "chimera": 16}

#: Relative chain strength of uniform torque compensation; dwave-system's own default.
PREFACTOR = 1.414


class OutOfTime(Exception):
    """The budget ended before the chip had answered."""


class Chip:
    """One solver.

    Parameters
    ----------
    backend
        Named in messages.
    solver
        A solver of the cloud by name, "" for any quantum annealer there, or a mock: ``mock`` (Pegasus P16),
        ``mock-zephyr``, ``mock-zephyr-15``.
    """

    def __init__(self, backend: str, solver: str) -> None:
        self.backend = backend
        self.mocked = solver.startswith(MOCK)
        if self.mocked:
            self.sampler, self.graph = _mock(*_parse(solver))
        else:
            self.sampler = self._connect(solver)
            self.graph = self.sampler.to_networkx_graph()
        self._known: dict[Any, Embedding] = {}

    def _connect(self, solver: str) -> Any:
        from dwave.system import DWaveSampler

        config = configuration(self.backend, solver)
        with in_sentences(self.backend):
            return DWaveSampler(**config)

    @property
    def name(self) -> str:
        """Chip and topology."""
        topology = self.sampler.properties["topology"]
        return f"{self.sampler.properties['chip_id']} ({topology['type']} {topology['shape'][0]})"

    def embedding(self, model: Any, seconds: float, seed: int = 0) -> Embedding:
        """Found once for every coupling graph; the seed is the same for all, so that frames do not depend on others."""
        key = (tuple(model.variables), frozenset(map(frozenset, model.quadratic)), seed)
        if key not in self._known:
            self._known[key] = embed(model, self.graph, seconds, seed)
        return self._known[key]

    def sample(
        self,
        model: Any,
        budget: Budget,
        *,
        reads: int,
        seed: int,
        prefactor: float = PREFACTOR,
        annealing_time: float | None = None,
        seconds: float = 60.0,
    ) -> tuple[Any, dict[str, Any]]:
        """A dimod sample set, and what is worth knowing about it.

        Parameters
        ----------
        reads
            Anneals.
        seed
            Of the mock; a chip has none.
        prefactor
            Chain strength relative to uniform torque compensation.
        annealing_time
            In microseconds; None for the solver's own.
        seconds
            Most time for the embedding.
        """
        from dwave.embedding.chain_strength import uniform_torque_compensation
        from dwave.system import FixedEmbeddingComposite

        start = time.perf_counter()
        with budget.compiling():
            embedding = self.embedding(model, max(0.01, min(seconds, budget.remaining)))
        embedded = time.perf_counter() - start
        self._check("num_reads_range", "reads", reads)
        options: dict[str, Any] = {"num_reads": reads}
        if annealing_time is not None:
            self._check("annealing_time_range", "annealing_time", annealing_time)
            options["annealing_time"] = annealing_time
        if self.mocked:
            self.sampler.substitute_kwargs = {"seed": seed}
        strength = uniform_torque_compensation(model, embedding.chains, prefactor=prefactor) or 1.0
        with in_sentences(self.backend):
            composite = FixedEmbeddingComposite(self.sampler, embedding.chains)
            found = composite.sample(model, chain_strength=strength, chain_break_fraction=True, **options)
            while not found.done():
                if budget.expired():
                    raise OutOfTime
                time.sleep(0.02)
            found.resolve()
        broken = found.record.chain_break_fraction
        facts = {
            "chip": self.name,
            "mock": self.mocked,
            **embedding.facts(),
            "embedding_seconds": embedded,
            "chain_strength": float(strength),
            "chain_break_fraction": float(broken.mean()) if len(broken) else 0.0,
            "timing_us": {key: float(value) for key, value in found.info.get("timing", {}).items()},
            "problem_id": str(found.info.get("problem_id", "")),
        }
        return found, facts

    def _check(self, what: str, option: str, value: float) -> None:
        least, most = self.sampler.properties.get(what, (-math.inf, math.inf))
        if not least <= value <= most:
            raise InputError(f"option '{option}' must be between {least:g} and {most:g} on {self.name}, not {value:g}")


def _parse(solver: str) -> tuple[str, int]:
    found = re.fullmatch(rf"{MOCK}(?:-(chimera|pegasus|zephyr))?(?:-(\d+))?", solver)
    if found is None:
        raise InputError(
            f"there is no mock solver '{solver}'", "write mock, mock-zephyr or mock-pegasus-4, for example"
        )
    topology = found[1] or "pegasus"
    size = int(found[2]) if found[2] else LARGEST[topology]
    least = 2 if topology == "pegasus" else 1
    if not least <= size <= 20:
        raise InputError(f"a mock {topology} chip has a size between {least} and 20, not {size}")
    return topology, size


@functools.lru_cache(maxsize=4)
def _mock(topology: str, size: int) -> tuple[Any, Any]:
    """dwave-system's mock of a chip without defects, and its graph, which is only read.

    The topology is real, the samples are steepest descents.
    """
    from dwave.system.testing import MockDWaveSampler

    shape = {"pegasus": [size], "zephyr": [size, 4], "chimera": [size, size, 4]}[topology]
    sampler = MockDWaveSampler(topology_type=topology, topology_shape=shape, parameter_warnings=False)
    return sampler, sampler.to_networkx_graph()


class OnChip(Backend):
    """A backend whose options name a chip."""

    @functools.cached_property
    def chip(self) -> Chip:
        """The chip, connected to when it is first asked for."""
        return Chip(self.name, self.options.solver)


__all__ = ["PREFACTOR", "Chip", "OnChip", "OutOfTime", "Refused"]
