"""``decompose``: pieces of a QUBO that fit a chip, solved one after the other, by dwave-hybrid.

A workflow of dwave-hybrid is a state sent through components: a decomposer clamps all bits but a few, a sampler solves
what is left, a composer writes it back (Raymond et al., "Hybrid quantum annealing for larger-than-QPU
lattice-structured problems", ACM Transactions on Quantum Computing 4, 2023). The components run here in the calling
thread, so that a seed repeats the run. The choice of bits is that of dwave-hybrid's EnergyImpactDecomposer (those whose
flip helps most or costs least first, rolling through all of them), made from arrays: at 1024 dense bits dwave-hybrid's
own takes seconds for a piece, this one a millisecond.
"""

from __future__ import annotations

import functools
import importlib
import random
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy  # `sparse` at the first look

from qmectk import QUBO, Budget, Reply, Termination
from qmectk.options import at_least, option

from .beta import beta_range
from .chip import OnChip, OutOfTime
from .couplings import Couplings
from .hasty import Hasty
from .samples import Samples, seed_from

#: Anneals and tabu updates for one piece.
READS, UPDATES = 10, 100

#: Bits of a piece for qaoa: a circuit of 12 qubits is simulated in a millisecond.
QAOA_SIZE = 12

#: A pass that improves the energy by less than this share of its scale counts as none.
PROGRESS = 1e-9


@dataclass(frozen=True)
class DecomposeOptions:
    """Options of ``decompose``."""

    size: int = option(60, "bits of a piece; a dense one of 180 just fits an annealer without defects")
    sampler: Literal["tabu", "sa", "qaoa", "qpu"] = option("tabu", "what solves a piece: tabu, sa, qaoa or qpu")
    solver: str = option("", "the annealer for sampler=qpu, as for dwave-qpu (mock runs offline)")
    starts: int = option(4, "times it starts, from steepest descents from random states")
    passes: int = option(50, "most passes through all bits of one start; one without progress ends it earlier")

    def __post_init__(self) -> None:
        for name in ("size", "starts", "passes"):
            at_least(name, getattr(self, name), 1)


class Decompose(OnChip):
    """For QUBOs larger than a chip or a simulator: bits clamped but a few, over and over."""

    name, accepts = "decompose", (QUBO,)
    summary = "pieces of a QUBO by energy impact (dwave-hybrid), each by tabu search, annealing or a D-Wave chip"
    requires, extra = ("hybrid", "dwave.system", "dwave.samplers", "dimod"), "qmectk[annealing]"
    Options = DecomposeOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        options, samples, facts = self.options, Samples(view, budget), _Facts()
        couplings, hasty = Couplings.of_view(view), Hasty(view, budget)
        stop = Termination.CONVERGED
        for start in range(options.starts):
            if start and budget.expired():
                stop = Termination.BUDGET
                break
            minimum = _minimum(view, samples, hasty, rng)
            if not hasty.affords():
                stop = Termination.BUDGET
                break
            if not start:
                hybrid = _hybrid()
                decomposer = impact_decomposer()(self._size, couplings)
                composer = hybrid.SplatComposer()
            began = time.perf_counter()
            state = hybrid.State.from_sample(minimum, view.model)
            hasty.overhead = time.perf_counter() - began
            stop = self._descend(view, state, decomposer, composer, samples, facts, budget, rng)
            budget.report(self.name, start + 1, options.starts)
        info = {"size": min(self._size, view.n), "pieces": facts.pieces, "sampler": options.sampler, **facts.chip}
        return samples.reply(stop, info)

    def _descend(
        self,
        view: QUBO,
        state: Any,
        decomposer: Any,
        composer: Any,
        samples: Samples,
        facts: _Facts,
        budget: Budget,
        rng: np.random.Generator,
    ) -> Termination:
        """Passes through all bits until one brings nothing; every state that was best for a while is a sample."""
        best, stop = state, Termination.CONVERGED
        samples.add(best.samples)
        pieces = -(-view.n // min(self._size, view.n))
        for _ in range(self.options.passes):
            before = _energy(best)
            for _ in range(pieces):
                if budget.expired():
                    stop = Termination.BUDGET
                    break
                state = decomposer.next(best)
                try:
                    found = self._piece(state.subproblem, budget, rng, facts)
                except OutOfTime:
                    stop = Termination.BUDGET
                    break
                facts.pieces += 1
                found = found.truncate(1, sorted_by="energy")
                state = composer.next(state.updated(subsamples=found))
                if _energy(state) < _energy(best):
                    best = state
                    samples.add(best.samples)
            gained = before - _energy(best)
            if stop is Termination.BUDGET or gained <= PROGRESS * max(1.0, abs(before)):
                break
        return stop

    @property
    def _size(self) -> int:
        return min(self.options.size, QAOA_SIZE) if self.options.sampler == "qaoa" else int(self.options.size)

    def _piece(self, model: Any, budget: Budget, rng: np.random.Generator, facts: _Facts) -> Any:
        """Samples of one piece."""
        from dwave.samplers import SimulatedAnnealingSampler, TabuSampler

        seed = seed_from(rng)
        if self.options.sampler == "qpu":
            found, about = self.chip.sample(model, budget, reads=10 * READS, seed=seed)
            facts.add(about)
            return found
        if self.options.sampler == "qaoa":
            return _by_qaoa(model, budget, rng)
        if self.options.sampler == "sa":
            beta = beta_range(model, seed)
            return SimulatedAnnealingSampler().sample(
                model, num_reads=READS, num_sweeps=UPDATES, beta_range=beta, seed=seed
            )
        return TabuSampler().sample(
            model,
            num_reads=1,
            seed=seed,
            timeout=10**6,
            num_restarts=2,
            coefficient_z_first=UPDATES,
            coefficient_z_restart=UPDATES,
            lower_bound_z=1,
        )


def _minimum(view: QUBO, samples: Samples, hasty: Hasty, rng: np.random.Generator) -> dict[Any, int]:
    """Where a steepest descent from a random state ends."""
    from dwave.samplers import SteepestDescentSampler

    if hasty.needed:
        return view.sample(hasty.descents(samples, rng, 1)[0])
    return dict(SteepestDescentSampler().sample(view.model, num_reads=1, seed=seed_from(rng)).first.sample)


def _by_qaoa(model: Any, budget: Budget, rng: np.random.Generator) -> Any:
    """The best string QAOA measures on a piece."""
    import dimod

    from qmectk_qaoa.qaoa import Qaoa, QaoaOptions

    piece = QUBO(model, {}, lambda sample: True)
    part = budget.within(budget.limit)
    part.recorder = None  # the incumbents of a piece are none of the whole
    found = Qaoa(QaoaOptions(shots=256, evaluations=20)).solve(piece, part, rng)
    return dimod.SampleSet.from_samples_bqm(found.point, model)


class _Facts:
    """What a run adds up."""

    def __init__(self) -> None:
        self.pieces = 0
        self.chip: dict[str, Any] = {}

    def add(self, about: dict[str, Any]) -> None:
        """The chip's facts: times added up, chains and breaks at their worst."""
        timing = dict(self.chip.get("timing_us", {}))
        for key, value in about["timing_us"].items():
            timing[key] = timing.get(key, 0.0) + value
        worst = {
            key: max(about[key], self.chip.get(key, about[key])) for key in ("longest_chain", "chain_break_fraction")
        }
        self.chip = {"chip": about["chip"], "mock": about["mock"], **worst, "timing_us": timing}


def _energy(state: Any) -> float:
    return float(state.samples.record.energy[0])


def _hybrid() -> Any:
    """dwave-hybrid; what it imports draws from the global generator, which is put back."""
    state = random.getstate()
    try:
        return importlib.import_module("hybrid")
    finally:
        random.setstate(state)


@functools.lru_cache(maxsize=1)
def impact_decomposer() -> Any:
    """The decomposer as a component of dwave-hybrid, which is imported here; it fits into any of its workflows."""
    import dimod

    hybrid = _hybrid()

    class ImpactDecomposer(hybrid.traits.ProblemDecomposer, hybrid.traits.SISO, hybrid.Runnable):  # type: ignore[misc, name-defined]
        """The next `size` bits in the order of what their flip gains, in turn through all of them."""

        def __init__(self, size: int, couplings: Couplings | None = None, **runopts: Any) -> None:
            super().__init__(**runopts)
            self.size, self._given = size, couplings
            self._model: Any = None
            self._done: Any = None

        def next(self, state: Any, **runopts: Any) -> Any:
            model = state.problem
            if self._model is not model:
                self._model, self._arrays = model, self._given or Couplings.of(model)
                self._labels = list(model.variables)
                self._done = np.zeros(len(self._labels), dtype=bool)
            x = _bits(state, self._labels)
            gain = -self._arrays.flips(x)[0]
            size = min(self.size, len(x))
            if self._done.all():
                self._done[:] = False
            order = np.argsort(-gain + 1e300 * self._done, kind="stable")
            chosen = np.sort(order[:size])  # a last short piece is filled up with the best of the others
            self._done[chosen] = True
            return state.updated(subproblem=self._clamped(x, chosen))

        def _clamped(self, x: Any, chosen: Any) -> Any:
            rows = self._arrays.matrix[chosen]
            inside = scipy.sparse.coo_array(rows[:, chosen])
            rest = x.astype(float)
            rest[chosen] = 0.0
            linear = self._arrays.linear[chosen] + rows @ rest
            upper = inside.row < inside.col
            quadratic = (inside.row[upper], inside.col[upper], inside.data[upper])
            order = [self._labels[i] for i in chosen]
            return dimod.BQM.from_numpy_vectors(linear, quadratic, 0.0, "BINARY", variable_order=order)

    return ImpactDecomposer


def _bits(state: Any, labels: list[Any]) -> Any:
    """The state's best sample in the order of `labels`."""
    found = state.samples
    row = found.record.sample[int(np.argmin(found.record.energy))]
    if list(found.variables) == labels:
        return row
    column = {label: i for i, label in enumerate(found.variables)}
    return row[[column[label] for label in labels]]
