"""Circuits measured one after the other, remembered, and stopped when the budget ends."""

from __future__ import annotations

import time
from typing import Any

from qmectk import Budget

from .circuit import Array
from .devices import Device, OutOfTime, Shots


class Measurements:
    """All that was measured so far.

    Parameters
    ----------
    model
        The dimod model.
    where
        The device.
    budget
        Looked at before every circuit but the first: one is always measured, so that there is an incumbent.
    """

    def __init__(self, model: Any, where: Device, budget: Budget) -> None:
        self.model, self.where, self.budget = model, where, budget
        self.labels = list(model.variables)
        self.shots: list[Shots] = []
        self._longest = 0.0

    @property
    def circuits(self) -> int:
        """Circuits measured."""
        return len(self.shots)

    def mean_energy(self, angles: Array) -> float:
        """Measure the circuit at these angles; the mean energy over its shots."""
        if self.shots and self.budget.remaining <= self._longest:
            raise OutOfTime  # the next circuit would end after the budget does
        start = time.perf_counter()
        states, counts = self.where.measure(angles)
        self._longest = max(self._longest, time.perf_counter() - start)
        self.shots.append((states, counts))
        return float(counts @ self.model.energies((states, self.labels)) / counts.sum())
