"""A statevector sampler that remembers what it measured, and stops when the budget ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class OutOfTime(Exception):
    """Raised inside the optimisation loop when the budget has ended; what was measured stays."""


class Measurements:
    """All distinct bit strings measured so far, with how often."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.counts: dict[str, int] = {}

    def add(self, counts: dict[str, int]) -> None:
        """Count one circuit's outcomes; keys are qiskit's strings, last qubit first."""
        for key, count in counts.items():
            self.counts[key] = self.counts.get(key, 0) + count

    def states(self) -> NDArray[np.int8]:
        """Distinct states, shape (states, bits), in the order of the model's variables."""
        return np.array([[int(c) for c in reversed(key)] for key in self.counts], dtype=np.int8).reshape(-1, self.bits)


def recording_sampler(measurements: Measurements, expired: Callable[[], bool], shots: int, seed: int) -> Any:
    """A StatevectorSampler that fills `measurements` and raises OutOfTime once `expired`.

    The first circuit is always run, so that there is an incumbent.
    """
    from qiskit.primitives import StatevectorSampler

    class RecordingSampler(StatevectorSampler):  # type: ignore[misc]  # qiskit is untyped here
        def run(self, pubs: Any, *, shots: int | None = None) -> Any:
            if measurements.counts and expired():
                raise OutOfTime
            job = super().run(pubs, shots=shots)
            for result in job.result():
                for register in result.data.values():
                    measurements.add(register.get_counts())
            return job

    return RecordingSampler(default_shots=shots, seed=seed)
