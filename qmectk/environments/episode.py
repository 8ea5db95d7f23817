"""What both kinds of environment share: a process, a slot, and actions made feasible and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Infeasible, InputError
from ..language import Variable
from ..problem import Instance, Problem
from ..process import slot_generator
from ..readings.numeric import Measurement
from ..seeds import Stream, generator
from ..settling import settled
from ..simulating.checkpoint import flatten
from ..simulating.controller import zeros
from ..simulating.targets import as_problem, with_settings
from ..solving import solve
from .frames import Frames

#: Observations are clipped to this size, so that their space is bounded.
LARGEST = 1e6


@dataclass(frozen=True)
class Step:
    """One slot: reward, what the process recorded, and what was applied."""

    reward: float
    info: dict[str, Any]


class Episode:
    """A process under actions that need not be feasible.

    Parameters
    ----------
    problem
        A problem file, the name of a shipped problem, or a Problem; without a process its frames are drawn
        independently (a contextual bandit).
    reward
        ``"slot"``: the measured objective of the slot's problem, negated when it is minimised. Otherwise the name
        of a record of the process ("utility").
    settings
        Top-level keys of the problem to replace.
    """

    def __init__(self, problem: str | Path | Problem, reward: str, settings: Mapping[str, Any] | None) -> None:
        self.problem = with_settings(as_problem(problem), dict(settings or {}))
        self.process: Any = self.problem.process() or Frames(self.problem)
        self.reward = reward
        self.seed, self.slot = 0, 0
        self.restart(self.problem.params.seed)

    def restart(self, seed: int) -> None:
        """Slot 0 of the path with this seed."""
        self.seed, self.slot = seed, 0
        self.state = self.process.reset(generator(Stream.PATH, seed))
        self.instance: Instance = self.process.instance(self.state)

    def apply(self, action: Mapping[str, Any]) -> Step:
        """Repair the action where the instance can, measure it, and advance.

        Raises
        ------
        Infeasible
            When the slot has no feasible point at all.
        """
        values: dict[str, Any] = dict(action)
        repair = getattr(self.instance, "repair", None)
        if repair is not None:
            values = repair(values)
        values, found = settled(self.instance, values)
        violation, charge = found.violation, 0.0
        replaced = not found.feasible
        if replaced:
            values, found, charge = self._instead(violation)
        self.state, facts = self.process.advance(self.state, values, slot_generator(self.seed, self.slot))
        objective = found.sense * found.objective
        info: dict[str, Any] = {**facts, "objective": found.objective, "violation": violation, "replaced": replaced}
        if self.reward != "slot" and self.reward not in facts:
            known = ", ".join(facts) or "nothing else"
            raise InputError(f"there is no record '{self.reward}' to reward", f"choose 'slot' or one of {known}")
        self.slot += 1
        self.instance = self.process.instance(self.state)
        return Step(float(objective if self.reward == "slot" else facts[self.reward]) - charge, info)

    def _instead(self, violation: float) -> tuple[dict[str, Any], Measurement, float]:
        """What is done instead of an infeasible action, what that is worth, and what is deducted from the reward."""
        values = getattr(self.process, "idle", zeros)(self.instance)
        found = self.instance.measure(values)
        if found.feasible:
            return values, found, 0.0
        # doing nothing is not allowed: the slot goes on with the optimum, and the reward pays for the violation
        best = solve(self.instance, reference=False).values
        if best is None:
            raise Infeasible(f"slot {self.slot} has no feasible point")
        found = self.instance.measure(best)
        return best, found, max(1.0, abs(found.objective)) * max(1.0, min(violation, LARGEST))

    def observation(self) -> Any:
        """What a controller sees of the state: the process's own features, or all its numbers on a log scale."""
        observe = getattr(self.process, "observe", None)
        if observe is not None:
            return bounded(observe(self.state))
        return bounded(np.concatenate([logarithmic(array).ravel() for array in numbers(self.state).values()]))

    def observation_of(self, device: int) -> Any:
        """What one device sees: the process's own features, or its row of everything that has a row a device."""
        observe = getattr(self.process, "observe_device", None)
        if observe is not None:
            return bounded(observe(self.state, device))
        devices = int(self.process.devices)
        rows = [a[device] if a.ndim and len(a) == devices else a for a in numbers(self.state).values() if a.size]
        return bounded(np.concatenate([np.atleast_1d(logarithmic(row)).ravel() for row in rows]))

    @property
    def variables(self) -> dict[str, Variable]:
        """The declared variables: what an action is made of."""
        return self.instance.signature.variables


def numbers(state: Any) -> dict[str, Any]:
    """The numeric arrays of a state by path."""
    return {path: array for path, array in flatten(state) if array.dtype.kind in "biuf"}


def logarithmic(array: Any) -> Any:
    """sign(x) log(1 + |x|): the scale survives, and nothing overflows."""
    array = np.nan_to_num(np.asarray(array, dtype=float))
    return np.sign(array) * np.log1p(np.abs(array))


def bounded(array: Any) -> Any:
    """float32 within +-LARGEST."""
    return np.clip(np.asarray(array, dtype=np.float64), -LARGEST, LARGEST).astype(np.float32)
