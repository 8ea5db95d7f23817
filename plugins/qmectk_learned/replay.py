"""The replay memory: the last frames and what is to be learned from them, overwritten in a ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmectk.memory import check_memory

Floats = NDArray[np.float32]
Actions = NDArray[np.int8]


@dataclass(frozen=True)
class Batch:
    """Remembered frames.

    Attributes
    ----------
    seen
        What the policy saw, (B, T, d), or of devices (B, n, q) with n the most of any of these frames.
    actions
        The labels, (B, n).
    numbers
        What its numbers should have been, (B, r).
    present
        Which devices are there, (B, n); None where all are.
    """

    seen: Floats
    actions: Actions
    numbers: Floats
    present: NDArray[np.bool_] | None


class Replay:
    """A ring of `size` frames.

    Parameters
    ----------
    size
        Frames it holds.
    seen
        Shape of what is seen of the largest frame.
    bits
        n of the largest frame.
    numbers
        r, how many numbers are to be learned beside the actions.

    Attributes
    ----------
    bits
        n of each frame, shape (size,); arrays are filled up with zeros to the largest.
    added
        Frames added since the start; the next one goes to row ``added % size``.
    """

    def __init__(self, size: int, seen: tuple[int, int], bits: int, numbers: int = 0) -> None:
        check_memory(size * (4.0 * (seen[0] * seen[1] + numbers + 1) + bits), f"a memory of {size} frames")
        self.seen: Floats = np.zeros((size, *seen), np.float32)
        self.actions: Actions = np.zeros((size, bits), np.int8)
        self.numbers: Floats = np.zeros((size, numbers), np.float32)
        self.bits = np.full(size, bits, np.int32)
        self.added = 0

    def __len__(self) -> int:
        return min(self.added, len(self.actions))

    def add(self, seen: Floats, actions: Actions, numbers: Floats | None = None) -> None:
        """Add frames of one n in order; of more than `size` only the last ones stay."""
        size, n = len(self.actions), actions.shape[1]
        rows = np.arange(self.added, self.added + len(actions))[-size:] % size
        self.seen[rows] = 0.0
        self.seen[rows, : seen.shape[1]] = seen[-size:]
        self.actions[rows] = 0
        self.actions[rows, :n] = actions[-size:]
        if numbers is not None:
            self.numbers[rows] = numbers[-size:]
        self.bits[rows] = n
        self.added += len(actions)

    def sample(self, count: int, rng: np.random.Generator) -> Batch:
        """`count` remembered frames, drawn with replacement as in DROO's published code."""
        rows = rng.integers(0, len(self), count)
        bits = self.bits[rows]
        most = int(bits.max())
        if bits.min() == self.actions.shape[1]:
            return Batch(self.seen[rows], self.actions[rows], self.numbers[rows], None)
        present = np.arange(most)[None, :] < bits[:, None]
        return Batch(self.seen[rows, :most], self.actions[rows, :most], self.numbers[rows], present)
