"""From many samples to one reply: the best that meets every constraint, else the best of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qmectk import QUBO, Reply, Termination


class Samples:
    """States of a QUBO collected in one or several calls of a sampler."""

    def __init__(self, view: QUBO) -> None:
        self.view = view
        self._labels: list[Any] = list(view.model.variables)
        self._states: list[Any] = []
        self._counts: list[Any] = []

    def add(self, found: Any) -> None:
        """Take over the rows of a dimod sample set."""
        if len(found):
            self.add_states(found.record.sample, list(found.variables), found.record.num_occurrences)

    def add_states(self, states: Any, labels: Sequence[Any] | None = None, counts: Any = None) -> None:
        """Take over rows of bits; `labels` says which variable a column is, the model's order by default."""
        states = np.atleast_2d(np.asarray(states))
        if labels is not None and list(labels) != self._labels:
            column = {label: i for i, label in enumerate(labels)}
            states = states[:, [column[label] for label in self._labels]]
        self._states.append(states.astype(np.int8))
        self._counts.append(np.ones(len(states), dtype=np.int64) if counts is None else np.asarray(counts))

    def __len__(self) -> int:
        return int(sum(counts.sum() for counts in self._counts))

    def reply(self, stop: Termination, info: dict[str, Any], message: str = "") -> Reply:
        """The best sample and what is worth knowing about all of them. Energies are measured anew."""
        if not len(self):
            return Reply(None, stop, message=message or "time ran out before the first sample", info=info)
        states, counts = np.concatenate(self._states), np.concatenate(self._counts)
        energies = self.view.model.energies((states, self._labels))
        feasible = np.array([self.view.feasible(self.view.sample(state)) for state in states])
        allowed = np.flatnonzero(feasible) if feasible.any() else np.arange(len(states))
        best = allowed[int(np.argmin(energies[allowed]))]
        facts = {
            **info,
            "bits": self.view.n,
            "samples": int(counts.sum()),
            "share_feasible": float(counts[feasible].sum() / counts.sum()),
            "energy": float(energies[best]),
            "penalties": self.view.penalties,
        }
        return Reply(self.view.sample(states[best]), stop, message=message, info=facts)


def seed_from(rng: np.random.Generator) -> int:
    """A seed for a sampler that takes 31 bits."""
    return int(rng.integers(2**31))
