"""The problem family meqc-ye: parameters to slots, and to the process that links them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import Instance
from qmectk.seeds import Stream, generator

from .cell import Cell
from .copies import MeqcYeCopies
from .params import MeqcYeParams
from .process import MeqcYeProcess, Path

Array = NDArray[np.float64]

#: Slots sampled to see whether Delta can be met at all.
SAMPLED = 200


class MeqcYe(Cell):
    """Offloading to one cloud with a CPU and leased qubits, under a least average share (Ye et al.)."""

    name = "meqc-ye"
    environment = "qmectk/MeqcYe-v0"
    summary = "hybrid offloading to one cloud's CPU or QPU with a least average share and mobility (Ye)"

    def __init__(self, params: MeqcYeParams, source: str = "") -> None:
        super().__init__(params, source)
        self._path = Path(params.seed)

    @cached_property
    def observed(self) -> tuple[Array, Array]:
        """Mean and standard deviation of what the paper's policy sees, over devices and some slots, shape (7,)."""
        some = self.copies(SAMPLED, generator(Stream.DATA, self.params.seed, 5)).slot.terms.costs.observed
        deviation = some.std(axis=(0, 1))
        return some.mean(axis=(0, 1)), np.where(deviation > 0.0, deviation, 1.0)

    def process(self) -> MeqcYeProcess:
        return MeqcYeProcess(self)

    def copies(self, count: int, rng: np.random.Generator) -> MeqcYeCopies:
        return MeqcYeCopies(self, count, rng)

    @property
    def coupled(self) -> bool:
        return True  # devices move on from slot to slot

    def memory(self, start: int, stop: int) -> float:
        # what the whole path brings from its first slot on, and costs and ten more arrays a slot
        return 8.0 * self.params.devices * (4 * stop + 27 * (stop - start))

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        """The slots of the process with a queue of `backlog` in each."""
        rows = self.params.rows
        arriving = MeqcYeProcess(self, rows).goes_on(self._path, stop)
        queue = rows.of("backlog")
        if queue is None:
            queue = np.full((stop, self.params.devices), self.params.backlog)
        found: list[Instance] = []
        for t, one in enumerate(arriving[start:], start):
            made = self.instance(self.terms_of(self.costs(one)), queue[t], t)
            made.arrivals = one
            found.append(made)
        return found

    def fingerprint(self) -> str:
        return self.params.rows.stamped(super().fingerprint())

    def concerns(self) -> list[str]:
        """What in these parameters cannot work over time, with the numbers."""
        terms = self.terms_of(self.process().path(self.params.seed, SAMPLED))
        low, high, _ = terms.limits
        largest = np.where(low <= high, high, 0.0).max(axis=-1).mean(axis=0)
        stuck = largest < self.params.Delta
        found = []
        if stuck.any():
            worst = int(np.argmin(largest))
            found.append(
                f"Delta = {self.params.Delta:g} is above what the deadlines let {int(stuck.sum())} of {len(stuck)} "
                f"devices offload: device {worst} reaches {largest[worst]:.4f} on average, so its queue grows by "
                f"{self.params.Delta - largest[worst]:.4f} a slot (over the first {SAMPLED} slots)"
            )
        if self.params.queue == "printed":
            found.append("the printed queue does not enforce Delta: any share above 0 keeps it empty")
        return found
