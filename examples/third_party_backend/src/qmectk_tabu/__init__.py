"""A one-flip tabu walk (Glover, "Tabu search, part I", ORSA Journal on Computing 1(3), 1989)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qmectk import Backend, Binary, Budget, Reply, Termination, hookimpl
from qmectk.options import at_least, option


@dataclass(frozen=True)
class TabuOptions:
    """What users set with ``-o tenure=5``."""

    tenure: int = option(3, "moves a flipped bit stays frozen")
    moves: int = option(50, "moves of the walk")

    def __post_init__(self) -> None:
        at_least("tenure", self.tenure, 0)
        at_least("moves", self.moves, 1)


class Tabu(Backend):
    """Best point of a one-flip tabu walk (Glover 1989); never claims a bound."""

    name, accepts, Options = "tabu-walk", (Binary,), TabuOptions

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action = np.zeros(view.n, np.int8)  # where doing nothing is feasible, the walk has a point from the start
        best, best_score = action.copy(), float(view.score(action[None, :])[0])
        frozen_until = np.zeros(view.n, int)
        stop = Termination.CONVERGED
        for move in range(self.options.moves):
            if budget.expired():
                stop = Termination.BUDGET
                break
            neighbours = action ^ np.eye(view.n, dtype=np.int8)  # row i flips bit i
            scores = view.score(neighbours)
            allowed = (frozen_until <= move) | (scores > best_score)  # a new best is always allowed
            if not allowed.any():
                continue
            bit = int(np.argmax(np.where(allowed, scores, -np.inf)))
            action, frozen_until[bit] = neighbours[bit], move + 1 + self.options.tenure
            if scores[bit] > best_score:
                best, best_score = action, float(scores[bit])
        return Reply(best if np.isfinite(best_score) else None, stop)


@hookimpl
def qmectk_register_backends(register: Callable[[type[Backend]], None]) -> None:
    """What the entry point ``tabu = "qmectk_tabu"`` in pyproject.toml is for."""
    register(Tabu)
