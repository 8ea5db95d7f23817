"""B parallel copies of the queues, advanced and solved exactly together: for training and for statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.seeds import Stream, generator

from .process import DriftProcess

Array = NDArray[np.float64]


class DriftBatch:
    """B independent paths of one process.

    Parameters
    ----------
    process
        Whose parameters the paths have.
    copies
        B.
    seed
        Of all paths together; they are other paths than those of :func:`qmectk.simulate`.
    """

    def __init__(self, process: DriftProcess, copies: int, seed: int = 0) -> None:
        self.process, self.copies = process, copies
        self.rng = generator(Stream.DATA, seed, 4)
        self.backlog = np.zeros((copies, process.devices))
        self.virtual = np.zeros((copies, process.devices))
        self.gain = self._gains()

    def _gains(self) -> Array:
        shape = (self.copies, self.process.devices, self.process.params.servers)
        return self.process.mean_gain * self.rng.exponential(1.0, shape)

    def prices(self) -> tuple[Array, Array, Array]:
        """(value, b, c) of all copies, shape (copies, devices, columns)."""
        return self.process.price(self.backlog, self.virtual, self.gain)

    def exact(self) -> tuple[Array, Array]:
        """Optimal y of all copies and the proved bound of each; slots may be split over servers."""
        from qmectk_exact.capacity.simplex import solve_capacity_many

        value, _, served = self.prices()
        limits = np.full(value.shape[2], np.inf)
        limits[: len(self.process.capacity)] = self.process.capacity
        y, _, _, bound, _ = solve_capacity_many(value, served, limits)
        return y, bound

    def step(self, y: Any) -> dict[str, Array]:
        """Advance all copies under y; every record has shape (copies,)."""
        arrived = self.rng.poisson(self.process.mean_arrivals, self.backlog.shape).astype(float)
        rate = self.process.rates(self.gain)
        self.backlog, self.virtual, record = self.process.step(
            self.backlog, self.virtual, rate, np.asarray(y, dtype=float), arrived
        )
        self.gain = self._gains()
        return record
