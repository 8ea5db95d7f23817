"""What an algorithm is, and what it makes: something that decides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qmectk.memory import check_memory
from qmectk.seeds import generator

if TYPE_CHECKING:
    from qmectk.problem import Problem
    from qmectk.views import Decision, Decisions
    from qmectk.worlds.copies import Copies

    from .options import ControllerOptions

Arrays = dict[str, NDArray[Any]]

#: Bytes of a copy of a world whose family does not say how many it takes: its number and that of its slot.
LEAST_BYTES = 16.0

#: The streams of a training: weights and the first state of the copies, and everything that one update draws.
START, UPDATE = "qmectk_controllers: start", "qmectk_controllers: update"


class Decider(ABC):
    """A trained policy: it decides slots, and knows nothing of the problem they come from.

    Attributes
    ----------
    spec
        Plain values that decide its arrays and what it reads; with the arrays it can be made again.
    """

    spec: dict[str, Any]

    @abstractmethod
    def decide(self, decisions: Decisions, rng: np.random.Generator) -> Decision:
        """What it does in a slot, or in many with leading axes. What it draws comes from `rng`."""

    @abstractmethod
    def refuses(self, decisions: Decisions) -> str:
        """Why it is not for slots like these (other features, another number of choices), or ""."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """Its weights by name (copies)."""

    @classmethod
    @abstractmethod
    def load(cls, spec: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Decider:
        """The policy of such values and weights; ValueError, KeyError or TypeError where they do not fit."""


class Learner(ABC):
    """One algorithm at work on copies of a problem's world.

    Parameters
    ----------
    problem
        Whose world it is.
    options
        Of the backend.
    seed
        Draws everything: ``self.start`` weights and the first state of the copies, every update from its own generator,
        so that a training that goes on from a checkpoint sees what it would have seen.

    Attributes
    ----------
    updates
        How many there are.
    columns
        Names of the numbers that :meth:`update` gives; they are the columns of the learning curve. "loss" and "reward"
        mean the same in all learners.
    """

    columns: ClassVar[tuple[str, ...]] = ("loss", "reward")
    acts: ClassVar[type[Decider]]
    updates: int

    def __init__(self, problem: Problem, options: ControllerOptions, seed: int) -> None:
        self.problem, self.options, self.seed = problem, options, seed
        self.start = generator(START, seed)

    def worlds(self) -> Copies:
        """The copies of the world to learn from, as many as the options say.

        Raises
        ------
        InputError
            When there is no memory for them.
        """
        count = self.options.copies
        check_memory(count * max(self.problem.memory(0, 1), LEAST_BYTES), f"{self.problem.name} with {count} copies")
        return self.problem.copies(count, self.start)

    @abstractmethod
    def update(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        """The update with this number, from 0; its numbers by the names of `columns`."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """Everything that later updates depend on: weights, moments of Adam, memories, copies. Copies of them."""

    @abstractmethod
    def load(self, arrays: Arrays) -> None:
        """Go on from such arrays; ValueError or KeyError where they are of another run."""

    @abstractmethod
    def policy(self) -> Decider:
        """What has been learned by now."""


__all__ = ["Arrays", "Decider", "Learner", "START", "UPDATE"]
