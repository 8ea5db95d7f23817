"""Copies of a problem's world that go on together: what learners and vector environments train on.

A copy is a path of a process, or where slots do not depend on each other one fresh slot after the other. All of them
advance in one call on arrays with a leading axis of copies. Nothing here draws by itself: every random number comes
from the generator that is passed, so a learner that is stopped and goes on sees what it would have seen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..lowerings.base import own_views
from ..views.decisions import Decision, Decisions

if TYPE_CHECKING:
    from ..instance import Instance

Array = NDArray[np.float64]

#: Rewards that a world may give, larger is better:
#: "slot", the measured objective of the slot's problem, negated where it is minimised, shape (copies,);
#: "published", that of the paper, as the family's docs say, (copies,) or (copies, devices);
#: "own", each device's part of the slot alone, in units of what it would get by itself, (copies, devices);
#: "difference", what the slot would have lost without the device's decision (Wolpert & Tumer, 2002), in the same units.
REWARDS = ("slot", "published", "own", "difference")


class Rewards(Mapping[str, Array]):
    """Rewards by name, each of which is worked out when it is asked for first: a learner looks at one of them."""

    def __init__(self, **made: Callable[[], Array]) -> None:
        self._made, self._known = made, dict[str, Array]()

    def __getitem__(self, name: str) -> Array:
        if name not in self._known:
            self._known[name] = self._made[name]()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


@dataclass(frozen=True)
class Outcome:
    """What a slot of all copies came to.

    Attributes
    ----------
    objective
        Of the slot's problem as it is declared, shape (copies,).
    rewards
        Name of :data:`REWARDS` -> numbers, those that the family gives; "slot" always.
    records
        What the process records of the slot by name, shape (copies,).
    """

    objective: Array
    rewards: Mapping[str, Array]
    records: Mapping[str, Array]

    def reward(self, name: str) -> Array:
        """A reward by its name, or a record; InputError when there is neither."""
        for found in (self.rewards, self.records):
            if name in found:
                return np.asarray(found[name], dtype=float)
        known = ", ".join((*self.rewards, *self.records))
        raise InputError(f"there is no reward '{name}' here", f"choose one of {known}")


class Copies(ABC):
    """So many copies, each at the beginning of a slot.

    Attributes
    ----------
    count
        How many.
    """

    count: int

    @property
    @abstractmethod
    def decisions(self) -> Decisions:
        """What is to be decided in the slot that each copy is at; every array has a leading axis of copies."""

    @abstractmethod
    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        """Carry a decision out in every copy and go on to the next slot."""

    @abstractmethod
    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        """Put the copies where `which` is true, all by default, at the beginning of a fresh path."""

    def scatter(self, rng: np.random.Generator, which: Any = None) -> None:
        """The same with queues of any length that a policy may ever meet, for learners that are to know them all."""
        self.restart(rng, which)

    @abstractmethod
    def optimum(self) -> Array:
        """The proved optimum of the slot that each copy is at, in the unit of the objective, shape (copies,)."""

    @abstractmethod
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that the rest depends on, by name; copies of it."""

    @abstractmethod
    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from such arrays; ValueError or KeyError where they are not of such copies."""


def decisions_of(instance: Instance) -> Decisions | None:
    """What a policy decides of an instance; None where its family does not say."""
    for own in own_views(type(instance)):
        if issubclass(own.target, Decisions):
            found: Decisions = own.apply(instance, own.Options(), None).view
            return found
    return None


__all__ = ["REWARDS", "Copies", "Outcome", "decisions_of"]
