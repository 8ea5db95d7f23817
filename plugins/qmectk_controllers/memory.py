"""What Q-learning keeps beside its network: transitions to draw from again, and a network that follows slowly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qmectk.memory import check_memory

Arrays = dict[str, NDArray[Any]]


class Memory:
    """A ring of the last `size` transitions; every column is an array of its own, made by the first that are added."""

    def __init__(self, size: int) -> None:
        self.size, self.added = size, 0
        self.columns: Arrays = {}

    def __len__(self) -> int:
        return min(self.added, self.size)

    def add(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Add transitions, the same number in every column; of more than `size` only the last ones stay."""
        count = len(next(iter(columns.values())))
        rows = np.arange(self.added, self.added + count)[-self.size :] % self.size
        if not self.columns:
            check_memory(self.size * sum(v.nbytes for v in columns.values()) / count, f"a memory of {self.size} slots")
        for name, values in columns.items():
            if name not in self.columns:
                self.columns[name] = np.zeros((self.size, *values.shape[1:]), values.dtype)
            self.columns[name][rows] = values[-self.size :]
        self.added += count

    def draw(self, count: int, rng: np.random.Generator) -> Arrays:
        """So many of them, with repetition."""
        rows = rng.integers(len(self), size=count)
        return {name: values[rows] for name, values in self.columns.items()}

    def arrays(self) -> Arrays:
        """Everything that is held (copies)."""
        held = {f"memory.{name}": values[: len(self)].copy() for name, values in self.columns.items()}
        return {**held, "memory": np.array(self.added)}

    def load(self, arrays: Arrays) -> None:
        """Go on from such arrays; KeyError where there are none."""
        self.added, self.columns = int(arrays["memory"]), {}
        for name, values in arrays.items():
            if name.startswith("memory."):
                column = np.zeros((self.size, *values.shape[1:]), values.dtype)
                column[: len(self)] = values
                self.columns[name.removeprefix("memory.")] = column


def follow(slow: nn.Module, fast: nn.Module, rate: float) -> None:
    """Move the weights of a target network by `rate` of the way to those that learn (Lillicrap et al., ICLR 2016)."""
    with torch.no_grad():
        for target, source in zip(slow.parameters(), fast.parameters(), strict=True):
            target.lerp_(source, rate)


__all__ = ["Memory", "follow"]
