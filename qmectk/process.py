"""Time-coupled problems: slots linked by queues, backlogs and mobility.

A process says how a slot begins, which instance it poses and what follows from an answer. Simulation,
environments and bounds over a horizon are written once over these three methods, so every backend that can
solve a slot is a controller.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from .seeds import Stream, generator

if TYPE_CHECKING:
    from .problem import Instance

State = TypeVar("State")


class Process(ABC, Generic[State]):
    """A controlled stochastic process with one optimization problem a slot.

    All randomness of slot t comes from ``slot_generator(seed, t)`` and is drawn whatever the decision was, so two
    backends under one seed see the same arrivals, channels and movements (common random numbers).
    """

    @abstractmethod
    def reset(self, rng: np.random.Generator) -> State:
        """The state at the beginning of slot 0."""

    @abstractmethod
    def instance(self, state: State) -> Instance:
        """The problem of this slot."""

    @abstractmethod
    def advance(
        self, state: State, values: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[State, dict[str, float]]:
        """The next state under a decision, and what is worth recording of this slot by name.

        Parameters
        ----------
        values
            A feasible point of the slot's instance, by variable name.
        rng
            The generator of this slot.
        """


def slot_generator(seed: int, slot: int) -> np.random.Generator:
    """The generator of one slot: it depends on the seed and the slot, never on decisions."""
    return generator(Stream.SLOT, seed, slot)
