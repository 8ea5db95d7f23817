"""Backends that answer the same question in different ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qmectk import Binary, Budget, Reply

from .honest import Honest, breaks, zeros


@breaks("same_seed_same_answer")
class Unseeded(Honest):
    """Has a generator of its own."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action = np.random.default_rng().integers(0, 2, (1, view.n)).astype(np.int8)
        return self.reply(view, action)


@breaks("batch_equals_serial")
class Remembers(Honest):
    """Starts from the answer to the frame before."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.calls = 0

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        action = zeros(view)
        action[:] = self.calls % 2
        self.calls += 1
        return self.reply(view, action[None, :])


@breaks("batch_equals_serial")
class OneGeneratorForAll(Honest):
    """Draws a batch from the generator of its first frame."""

    def solve_many(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        return [self.reply(view, rngs[0].integers(0, 2, (1, view.n)).astype(np.int8)) for view in views]
