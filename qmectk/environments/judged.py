"""The slots that answers are judged on, for the evaluation of what was trained with other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..problem import Problem
from ..seeds import Stream, generator
from ..views.decisions import Decision
from ..worlds.copies import Outcome
from ..worlds.looped import Looped
from ..worlds.process import slot_generator


class Judged(Looped):
    """One copy on the path that a simulation with the same seed sees, or on the frames of ``problem.instances()`` in
    their order where slots do not depend on each other."""

    def __init__(self, problem: Problem) -> None:
        self.seed, self.slot = problem.params.seed, 0
        super().__init__(problem, 1, generator(Stream.PATH, self.seed))

    def begin(self, seed: int) -> None:
        """Slot 0 of the path with this seed; frames are the same whatever it is."""
        self.seed, self.slot = seed, 0
        self.restart(generator(Stream.PATH, seed))

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        rng = slot_generator(self.seed, self.slot)
        self.slot += 1
        return super().step(decision, rng)

    def _begin(self, rng: np.random.Generator) -> Any:
        if self.process is not None:
            return super()._begin(rng)
        params = self.problem.params
        return params.training_frames + self.slot % params.frames


__all__ = ["Judged"]
