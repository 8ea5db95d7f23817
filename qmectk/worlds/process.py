"""Time-coupled problems: slots linked by queues, backlogs and mobility.

A process says how a slot begins, which instance it poses and what follows from an answer. Simulation,
environments and bounds over a horizon are written once over these three methods, so every backend that can
solve a slot is a controller.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from ..seeds import Stream, generator

if TYPE_CHECKING:
    from ..instance import Instance

State = TypeVar("State")

#: How alike two names are when one is taken for a slip of the other, 0 to 1: one letter in ten.
NEAR = 0.85


class Process(ABC, Generic[State]):
    """A controlled stochastic process with one optimization problem a slot.

    All randomness of slot t comes from ``slot_generator(seed, t)`` and is drawn whatever the decision was, so two
    backends under one seed see the same arrivals, channels and movements (common random numbers).

    What a process may say beside its three methods is declared here, too; a name that is nearly one of them, but not
    quite, is an error when the class is made.

    Attributes
    ----------
    goal
        The record whose mean, times the sense of the slots, is the long-run objective; "" for none.
    backlogs
        Records that are queue lengths: simulations show their last value over time.
    units
        Unit of each record, for people.
    """

    goal: ClassVar[str] = ""
    backlogs: ClassVar[tuple[str, ...]] = ()
    units: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        hooks = [name for name in vars(Process) if not name.startswith("_")]
        for name in vars(cls):
            near = difflib.get_close_matches(name, hooks, n=1, cutoff=NEAR)
            if near and name not in hooks and not name.startswith("_"):
                raise TypeError(f"{cls.__name__}.{name} is nothing that a process may say; did you mean '{near[0]}'?")

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

    def idle(self, instance: Instance) -> Mapping[str, Any]:
        """What happens in a slot without a decision, by variable name; here zero, or the bound next to it."""
        return zeros(instance)

    def derived(self, means: Mapping[str, float]) -> dict[str, float]:
        """Numbers that follow from the means of all records over a horizon (energy per bit); none here."""
        return {}

    def unmet(self, means: Mapping[str, float], rates: Mapping[str, float]) -> str:
        """What a run has not kept of what the problem promises, in a sentence; "" where it has kept it all.

        Parameters
        ----------
        means
            Of all records over the run.
        rates
            Last length over the number of slots, of each of `backlogs`.
        """
        return ""

    def bound(self, seed: int, start: int, stop: int) -> Any:
        """The optimum over slots start..stop-1 of the path with this seed, decided together with hindsight.

        An object with ``as_dict()``, of which "message" is a sentence for people; None, as here, where there is none.
        """
        return None


def zeros(instance: Instance) -> dict[str, Any]:
    """Zero for every variable, or the bound next to it."""
    out: dict[str, Any] = {}
    for name, variable in instance.signature.variables.items():
        zero = np.clip(0.0, variable.lower, variable.upper)
        out[name] = float(zero) if variable.size is None else np.broadcast_to(zero, (variable.size,)).copy()
    return out


def slot_generator(seed: int, slot: int) -> np.random.Generator:
    """The generator of one slot: it depends on the seed and the slot, never on decisions."""
    return generator(Stream.SLOT, seed, slot)
