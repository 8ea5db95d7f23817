"""From many samples to one reply: the best that meets every constraint, else the best of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk import QUBO, Budget, Reply, Termination


class Samples:
    """States of a QUBO from one or several calls of a sampler.

    Only the best state, how many there were, and which distinct ones were feasible are kept.

    Parameters
    ----------
    view
        The QUBO.
    budget
        Called with every feasible sample that is better than those before; None for no reports.
    """

    def __init__(self, view: QUBO, budget: Budget | None = None) -> None:
        self.view, self.budget = view, budget
        self._labels: list[Any] = view.labels
        self._known: dict[bytes, bool] = {}
        self._count, self._feasible = 0, 0
        self._best: tuple[bool, float, dict[Any, int]] | None = None

    def add(self, found: Any) -> None:
        """Take over the rows of a dimod sample set."""
        if len(found):
            self.add_states(found.record.sample, list(found.variables), found.record.num_occurrences)

    def add_states(self, states: Any, labels: Sequence[Any] | None = None, counts: Any = None) -> NDArray[np.float64]:
        """Take over rows of bits and return their energies, measured anew, shape (rows,).

        `labels` says which variable a column is, the model's order by default; `counts` how often a row was seen.
        """
        states = np.atleast_2d(np.asarray(states))
        if labels is not None and list(labels) != self._labels:
            column = {label: i for i, label in enumerate(labels)}
            states = states[:, [column[label] for label in self._labels]]
        states = np.ascontiguousarray(states, dtype=np.int8)
        counts = np.ones(len(states), dtype=np.int64) if counts is None else np.asarray(counts)
        energies: NDArray[np.float64] = self.view.energies(states)
        feasible = np.array([self._allowed(state) for state in states], dtype=bool)
        self._count += int(counts.sum())
        self._feasible += int(counts[feasible].sum())
        rows = np.flatnonzero(feasible) if feasible.any() else np.arange(len(states))
        if len(rows):
            best = rows[int(np.argmin(energies[rows]))]
            self._offer(bool(feasible[best]), float(energies[best]), states[best])
        return energies

    def _allowed(self, state: NDArray[np.int8]) -> bool:
        """Whether a state meets every constraint. A measured circuit shows the same few states over and over."""
        key = state.tobytes()
        if key not in self._known:
            self._known[key] = bool(self.view.feasible(self.view.sample(state)))
        return self._known[key]

    def _offer(self, feasible: bool, energy: float, state: NDArray[np.int8]) -> None:
        if self._best is not None and (feasible, -energy) <= (self._best[0], -self._best[1]):
            return
        self._best = (feasible, energy, self.view.sample(state))
        if feasible and self.budget is not None:
            self.budget.incumbent(point=self._best[2])  # what it is worth, the core measures

    def __len__(self) -> int:
        return self._count

    def reply(self, stop: Termination, info: dict[str, Any], message: str = "") -> Reply:
        """The best sample and what is worth knowing about all of them."""
        if self._best is None:
            return Reply(None, stop, message=message or "time ran out before the first sample", info=info)
        _, energy, sample = self._best
        facts = {
            **info,
            "bits": self.view.n,
            "samples": self._count,
            "share_feasible": self._feasible / self._count,
            "energy": energy,
            "penalties": self.view.penalties,
        }
        return Reply(sample, stop, message=message, info=facts)


def portions(reads: int, most: int | None = None) -> Iterator[int]:
    """`reads` in calls that make 1, 4, 16, ... of them, each of at most `most`.

    Incumbents are known early, and calls, which cost 0.4 ms each, are few.

    >>> list(portions(20))
    [1, 3, 12, 4]
    """
    done = 0
    while done < reads:
        now = min(max(3 * done, 1), reads - done, most or reads)
        yield now
        done += now


def seed_from(rng: np.random.Generator) -> int:
    """A seed for a sampler that takes 31 bits."""
    return int(rng.integers(2**31))
