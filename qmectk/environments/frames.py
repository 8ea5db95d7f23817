"""Independent frames as a process: for problems without memory, where a slot is a contextual bandit's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..describing import arrays_of
from ..lowerings.base import own_views
from ..problem import Instance, Problem
from ..process import Process
from ..views import Binary


class Frames(Process[int]):
    """Every slot poses a frame drawn from the problem's stream, training frames included; decisions change nothing."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.count = problem.params.training_frames + problem.params.frames

    def reset(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.count))

    def instance(self, state: int) -> Instance:
        return self.problem.stream(state, state + 1)[0]

    def advance(self, state: int, values: Mapping[str, Any], rng: np.random.Generator) -> tuple[int, dict[str, float]]:
        return int(rng.integers(self.count)), {}

    def observe(self, state: int) -> Any:
        """The features of the frame's own Binary view, or all its numbers on a log scale."""
        instance = self.instance(state)
        for own in own_views(type(instance)):
            if issubclass(own.target, Binary):
                return own.apply(instance, own.Options(), None).view.features()
        arrays = [np.nan_to_num(np.asarray(array, dtype=float)).ravel() for _, array in arrays_of(instance)]
        numbers = np.concatenate(arrays) if arrays else np.zeros(1)
        return np.sign(numbers) * np.log1p(np.abs(numbers))
