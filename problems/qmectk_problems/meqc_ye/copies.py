"""Copies of the queues, the devices and their tasks that go on together, as arrays of shape (copies, devices).

Rewards, larger is better: "own", -(V C - z phi [+ z Delta at home, with the printed queue]) of each device over
V C_home; "difference", the same less what the device keeps the next in line for the QPU from, and equal to "own"
without `qpu_slots`, since devices then share nothing; "published", the paper's -sum C, which knows of no queue.

Where the QPU has fewer slots than there are devices that nothing else can serve in time, the slot has no feasible
point: its objective is inf, and its rewards are those of a QPU that takes them all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.simulating.checkpoint import flatten, rebuild
from qmectk.views import Decision, Decisions
from qmectk.worlds.copies import Copies, Outcome

from ..physics.mobility import Movement
from .cell import Cell
from .costs import Arrivals
from .decisions import decisions, settle
from .instance import MeqcYeInstance
from .process import MeqcYeProcess

Array = NDArray[np.float64]

#: A policy may meet queues of z = V e^x, x in this range (z/V tends to the multiplier of a unit of share, 5 to 50), and
#: empty ones so often.
EXPONENTS, EMPTY = (-3.0, 5.0), 0.3


@dataclass(frozen=True)
class World:
    """Where all copies are; see :class:`~qmectk_problems.meqc_ye.process.MeqcYeState`."""

    queue: Array
    movement: Movement
    arrivals: Arrivals
    slot: NDArray[np.int64]


class MeqcYeCopies(Copies):
    """So many copies of one problem, with its devices.

    Parameters
    ----------
    problem
        Whose devices and law these are.
    count
        How many.
    rng
        Draws their beginning.
    """

    def __init__(self, problem: Cell, count: int, rng: np.random.Generator) -> None:
        self.problem, self.count = problem, count
        taught = problem.params.rows.taught(problem.params, problem.source or problem.name)
        self.process = MeqcYeProcess(problem, taught)
        self._enter(self._fresh(rng, count))

    def _fresh(self, rng: np.random.Generator, count: int) -> World:
        shape = (count, self.problem.params.devices)
        movement, rows = self.problem.law.start(rng, shape), self.process.recorded.rows
        slot = rng.integers(rows, size=count) if rows else np.zeros(count, np.int64)
        return World(np.zeros(shape), movement, self.process.arrivals(rng, movement, slot), slot)

    def _enter(self, world: World) -> None:
        self.world = world
        self.__dict__.pop("slot", None)
        self.__dict__.pop("decisions", None)

    @cached_property
    def slot(self) -> MeqcYeInstance:
        """The slot that every copy is at, as one instance with a leading axis."""
        problem = self.problem
        return problem.instance(problem.terms_of(problem.costs(self.world.arrivals)), self.world.queue)

    @cached_property
    def decisions(self) -> Decisions:
        return decisions(self.slot)

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        one, found = self.slot, settle(self.slot, decision)
        total = found.value.sum(axis=-1)
        queue, records = self.process.step(one.terms, one.queue, found.mode, found.share)
        scale = self.decisions.scale
        rewards = {
            "slot": -total,
            "published": -self.problem.params.devices * records["cost"],
            "own": -found.value / scale,
            "difference": -(found.value + found.crowded_out) / scale,
        }
        movement = self.problem.law.step(self.world.movement, rng)
        after = self.world.slot + 1
        self._enter(World(queue, movement, self.process.arrivals(rng, movement, after), after))
        return Outcome(np.where(found.short, np.inf, total), rewards, records)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        chosen = np.ones(self.count, bool) if which is None else np.asarray(which, bool)
        self._replace(chosen, self._fresh(rng, int(chosen.sum())))

    def scatter(self, rng: np.random.Generator, which: Any = None) -> None:
        chosen = np.ones(self.count, bool) if which is None else np.asarray(which, bool)
        fresh = self._fresh(rng, int(chosen.sum()))
        shape = fresh.queue.shape
        drawn = self.problem.params.V * np.exp(rng.uniform(*EXPONENTS, size=shape))
        self._replace(chosen, replace(fresh, queue=np.where(rng.random(shape) < EMPTY, 0.0, drawn)))

    def _replace(self, chosen: NDArray[np.bool_], fresh: World) -> None:
        arrays = self.arrays()
        for path, new in flatten(fresh):
            arrays[path][chosen] = new
        self._enter(rebuild(self.world, arrays))

    def optimum(self) -> Array:
        return np.asarray(self.slot.per_device().view.best()[2].sum(axis=-1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {path: np.array(array) for path, array in flatten(self.world)}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        held = dict(flatten(self.world))
        if {path: array.shape for path, array in arrays.items()} != {path: a.shape for path, a in held.items()}:
            raise ValueError("these arrays are not of copies of this problem")
        self._enter(rebuild(self.world, {path: np.array(array) for path, array in arrays.items()}))
