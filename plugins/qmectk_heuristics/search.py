"""Searches by single flips: greedy construction, coordinate descent, random sampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.options import at_least, option
from qmectk.views.scoring import Scorer

from .fixed import reply_with

Actions = NDArray[np.int8]


def best_flip(score: Scorer, action: Actions, candidates: NDArray[np.intp]) -> tuple[int, float]:
    """The flip among `candidates` with the best score, and that score; one batched call."""
    trial = np.repeat(action[None, :], len(candidates), axis=0)
    trial[np.arange(len(candidates)), candidates] ^= 1
    scores = score(trial)
    best = int(np.argmax(scores))
    return int(candidates[best]), float(scores[best])


class Greedy(Backend):
    """Start from all zeros and set the bit that helps most until none does."""

    name, accepts = "greedy", (Binary,)
    summary = "sets the most helpful bit until none helps"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action, score = np.zeros(view.n, np.int8), Scorer(view, budget)
        value = float(score(action[None, :])[0])
        said = "" if np.isfinite(value) else "it began infeasible: no bit set is no feasible action"
        while (action == 0).any():
            if budget.expired():
                return reply_with(score, Termination.BUDGET, said)
            bit, reached = best_flip(score, action, np.flatnonzero(action == 0))
            if not reached > value:
                break
            action[bit], value = 1, reached
        return reply_with(score, Termination.BUDGET if score.skipped else Termination.CONVERGED, said)


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
        everything, score, flips, astray = np.arange(view.n), Scorer(view, budget), 0, 0
        termination = Termination.CONVERGED
        for _ in range(self.options.restarts):
            action = rng.integers(0, 2, view.n).astype(np.int8)
            if not np.isfinite(score(action[None, :])[0]):
                action[:] = 0  # where most actions are infeasible, doing nothing often is not
            value = float(score(action[None, :])[0])
            if not np.isfinite(value):
                astray += 1
            while not budget.expired():
                bit, reached = best_flip(score, action, everything)
                if not reached > value:
                    break
                action[bit] ^= 1
                value, flips = reached, flips + 1
            if budget.expired():
                termination = Termination.BUDGET
                break
        began = f"{astray} of {self.options.restarts} searches began infeasible"
        why = "neither random bits nor none are a feasible action; 'restarts' tries more"
        return reply_with(score, termination, f"{began}: {why}" if astray else "", flips=flips)


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
        score, drawn, bad, termination = Scorer(view, budget), 0, 0, Termination.CONVERGED
        while drawn < self.options.samples:
            count = min(self.BATCH, self.options.samples - drawn)
            bad += int(np.sum(~np.isfinite(score(rng.integers(0, 2, (count, view.n)).astype(np.int8)))))
            drawn += count
            if budget.expired():
                termination = Termination.BUDGET
                break
        samples, bad = drawn - score.skipped, bad - score.skipped  # those that time was not enough for
        said = f"{bad} of {samples} random actions are infeasible" if bad else ""
        return reply_with(score, termination, said, samples=samples)
