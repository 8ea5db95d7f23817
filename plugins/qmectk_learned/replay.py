"""The replay memory: the last frames and their best actions, overwritten in a ring."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Contexts = NDArray[np.float32]
Actions = NDArray[np.int8]


class Replay:
    """A ring of `size` frames.

    Attributes
    ----------
    contexts
        What the policy saw, shape (size, T, d).
    actions
        The best action found, shape (size, n).
    added
        Frames added since the start; the next one goes to row ``added % size``.
    """

    def __init__(self, size: int, history: int, features: int, bits: int) -> None:
        self.contexts: Contexts = np.zeros((size, history, features), np.float32)
        self.actions: Actions = np.zeros((size, bits), np.int8)
        self.added = 0

    def __len__(self) -> int:
        return min(self.added, len(self.actions))

    def add(self, contexts: Contexts, actions: Actions) -> None:
        """Add frames in order; of more than `size` only the last ones stay."""
        size = len(self.actions)
        rows = np.arange(self.added, self.added + len(actions))[-size:] % size
        self.contexts[rows] = contexts[-size:]
        self.actions[rows] = actions[-size:]
        self.added += len(actions)

    def sample(self, count: int, rng: np.random.Generator) -> tuple[Contexts, Actions]:
        """`count` remembered frames, drawn with replacement as in DROO's published code."""
        rows = rng.integers(0, len(self), count)
        return self.contexts[rows], self.actions[rows]
