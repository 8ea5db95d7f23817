"""Searches by single flips: greedy construction, coordinate descent, random sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.options import at_least, option

from .fixed import reply_with

Actions = NDArray[np.int8]


def best_flip(view: Any, action: Actions, candidates: NDArray[np.intp]) -> tuple[int, float]:
    """The flip among `candidates` with the best score, and that score; one batched call."""
    trial = np.repeat(action[None, :], len(candidates), axis=0)
    trial[np.arange(len(candidates)), candidates] ^= 1
    scores = view.score(trial)
    best = int(np.argmax(scores))
    return int(candidates[best]), float(scores[best])


class Greedy(Backend):
    """Start from all zeros and set the bit that helps most until none does."""

    name, accepts = "greedy", (Binary,)
    summary = "sets the most helpful bit until none helps"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action = np.zeros(view.n, np.int8)
        value = float(view.score(action[None, :])[0])
        while (action == 0).any():
            if budget.expired():
                return reply_with(view, action, Termination.BUDGET)
            bit, score = best_flip(view, action, np.flatnonzero(action == 0))
            if not score > value:
                break
            action[bit], value = 1, score
            budget.incumbent(view.sense * value)
        return reply_with(view, action, Termination.CONVERGED)


@dataclass(frozen=True)
class CoordinateDescentOptions:
    """Options of coordinate descent."""

    restarts: int = option(1, "random starting actions; the best result counts")

    def __post_init__(self) -> None:
        at_least("restarts", self.restarts, 1)


class CoordinateDescent(Backend):
    """From a random action, flip the bit that improves most until none does (Bi & Zhang, IEEE TWC 17(6), 2018)."""

    name, accepts = "cd", (Binary,)
    summary = "coordinate descent from a random action (Bi & Zhang 2018)"
    Options = CoordinateDescentOptions

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        everything = np.arange(view.n)
        best, best_value, flips = np.zeros(view.n, np.int8), -np.inf, 0
        for _ in range(self.options.restarts):
            action = rng.integers(0, 2, view.n).astype(np.int8)
            value = float(view.score(action[None, :])[0])
            while not budget.expired():
                bit, score = best_flip(view, action, everything)
                if not score > value:
                    break
                action[bit] ^= 1
                value, flips = score, flips + 1
                budget.incumbent(view.sense * value)
            if value > best_value:
                best, best_value = action, value
            if budget.expired():
                return reply_with(view, best, Termination.BUDGET, flips=flips)
        return reply_with(view, best, Termination.CONVERGED, flips=flips)


@dataclass(frozen=True)
class RandomOptions:
    """Options of random sampling."""

    samples: int = option(1, "random actions drawn; the best one counts")

    def __post_init__(self) -> None:
        at_least("samples", self.samples, 1)


class Random(Backend):
    """The best of a few uniformly random actions."""

    name, accepts = "random", (Binary,)
    summary = "best of uniformly random actions"
    Options = RandomOptions

    #: candidates scored per call: large enough to be vectorised, small enough to look at the clock
    BATCH = 1024

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        best, best_value, drawn = np.zeros(view.n, np.int8), -np.inf, 0
        while drawn < self.options.samples:
            count = min(self.BATCH, self.options.samples - drawn)
            actions = rng.integers(0, 2, (count, view.n)).astype(np.int8)
            scores = view.score(actions)
            drawn += count
            top = int(np.argmax(scores))
            if scores[top] > best_value:
                best, best_value = actions[top], float(scores[top])
                budget.incumbent(view.sense * best_value)
            if budget.expired():
                return reply_with(view, best, Termination.BUDGET, samples=drawn)
        return reply_with(view, best, Termination.CONVERGED, samples=drawn)
