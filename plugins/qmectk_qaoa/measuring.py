"""Circuits measured one after the other, remembered, and stopped when the budget ends."""

from __future__ import annotations

import time

from qmectk import Budget
from qmectk_annealing.samples import Samples

from .circuit import Array
from .devices import Device, OutOfTime


class Measurements:
    """Circuits on a device, their shots kept as samples.

    Parameters
    ----------
    samples
        Where they are kept.
    where
        The device.
    budget
        Looked at before every circuit but the first: one is always measured, so that there is an incumbent.
    """

    def __init__(self, samples: Samples, where: Device, budget: Budget) -> None:
        self.samples, self.where, self.budget = samples, where, budget
        self.circuits = 0  #: circuits measured
        self._longest = 0.0

    def mean_energy(self, angles: Array) -> float:
        """Measure the circuit at these angles; the mean energy over its shots."""
        if self.circuits and self.budget.remaining <= self._longest:
            raise OutOfTime  # the next circuit would end after the budget does
        start = time.perf_counter()
        states, counts = self.where.measure(angles)
        self._longest = max(self._longest, time.perf_counter() - start)
        self.circuits += 1
        return float(counts @ self.samples.add_states(states, counts=counts) / counts.sum())
