"""Copies of the queues, advanced and solved exactly together: for learners, environments and statistics.

Rewards of a slot, larger is better; y is what is carried out, v its values, Q and H the queues at its beginning:

slot        sum v y, the drift-plus-penalty that is maximised
published   V U - sum_m (Q_m^2 + H_m^2): the paper's code takes its loss from this. The queues are those before the
            decision, so that only V U depends on it, and a learner that looks one slot ahead learns to save power
own         sum_k v_mk y_mk of each device, over the mean size of a value
difference  what the slot would have been worth less without the device: servers scale what they carry to their
            capacity, so the others get its room. With W_k and L_k worth and load of a server's decisions before they
            are scaled and f(L) = min(1, capacity / L), D_m = sum_k f(L_k) W_k - f(L_k - c_mk y_mk) (W_k - v_mk y_mk)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views.decisions import Decision, Decisions
from qmectk.worlds.copies import Copies, Outcome, Rewards

from .decisions import decisions_of_slots
from .instance import DriftInstance
from .process import DriftProcess

Array = NDArray[np.float64]

#: Backlogs that a policy meets while V is small: no server empties a queue below what one slot brings [tasks].
MEETS = 30.0

#: Backlog over V that a policy meets: three times what a task costs at the margin in the paper's setting, 0.0098.
MEETS_OVER_V = 0.03


#: Relative gap that is proved where a device may use one server only, as the exact backend does.
GAP = 1e-7


#: Factors on the mean load and exponents of the factors on the mean gains that :meth:`DriftCopies.vary` draws from: to
#: beyond what the servers carry, and beyond what Verma's Fig. 20 has.
LOADS, GAINS = (0.4, 1.5), (-0.8, 0.8)

#: The arrays that copies consist of.
STATE = ("slot", "backlog", "virtual", "gain", "load_factor", "gain_factor")


class DriftCopies(Copies):
    """So many independent paths of one process.

    Parameters
    ----------
    process
        Whose parameters the paths have.
    count
        How many.
    rng
        Draws their beginning.
    """

    def __init__(self, process: DriftProcess, count: int, rng: np.random.Generator) -> None:
        self.process, self.count = process, count
        self.slot = np.zeros(count, np.int64)
        self.backlog = np.zeros((count, process.devices))
        self.virtual = np.zeros((count, process.devices))
        self.gain = np.zeros((count, process.devices, process.params.servers))
        self.load_factor, self.gain_factor = np.ones(count), np.ones(count)
        self.restart(rng)

    @cached_property
    def slots(self) -> DriftInstance:
        """The slots that the copies are at, in one instance."""
        return self.process.posed(self.backlog, self.virtual, self.gain)

    @cached_property
    def decisions(self) -> Decisions:
        return decisions_of_slots(self.slots)

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        slots, process = self.slots, self.process
        asked = slots.alone(np.asarray(decision.share, dtype=float))
        y = slots.fit(asked)
        arrived = process.inputs.arrivals(rng, self.slot, self.load_factor)
        worth = slots.value * y
        objective = worth.sum(axis=(-2, -1))
        scale, backlog, virtual = self.decisions.scale, self.backlog, self.virtual
        self.backlog, self.virtual, records = process.step(self.backlog, self.virtual, slots.rate, y, arrived)
        self.slot = self.slot + 1
        self.gain = process.inputs.gains(rng, self.slot, self.gain_factor)
        self._forget()
        rewards = Rewards(
            slot=lambda: objective,
            published=lambda: process.params.V * records["utility"] - np.sum(backlog**2 + virtual**2, axis=-1),
            own=lambda: worth.sum(axis=-1) / scale,
            difference=lambda: self._difference(slots, asked, objective) / scale,
        )
        return Outcome(objective, rewards, records)

    def _difference(self, slots: DriftInstance, asked: Array, objective: Array) -> Array:
        worth, load = slots.value * asked, slots.served * asked
        left = np.maximum(load.sum(axis=-2, keepdims=True) - load, 0.0)
        others = worth.sum(axis=-2, keepdims=True) - worth
        return np.asarray(objective[:, None] - np.sum(slots.room(left) * others, axis=-1))

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        empty = np.zeros_like(self.backlog)
        self._begin(which, empty, empty, rng, self.process.inputs.recorded.rows)

    def scatter(self, rng: np.random.Generator, which: Any = None) -> None:
        """Queues log-uniform between 1 and max(30, 0.03 V) tasks, the virtual ones only where there are any, at any
        time of a world that changes."""
        most = np.log(max(MEETS, MEETS_OVER_V * self.process.params.V))
        backlog, virtual = np.exp(rng.uniform(0.0, most, (2, *self.backlog.shape)))
        self._begin(which, backlog, virtual * (self.process.params.target is not None), rng, self.process.inputs.begins)

    def _begin(self, which: Any, backlog: Array, virtual: Array, rng: np.random.Generator, begins: int) -> None:
        chosen = np.ones(self.count, bool) if which is None else np.asarray(which, bool)
        rows = chosen[:, None]
        slot = rng.integers(max(begins, 1), size=self.count)
        gain = self.process.inputs.gains(rng, slot, self.gain_factor)
        self.slot = np.where(chosen, slot, self.slot)
        self.backlog = np.where(rows, backlog, self.backlog)
        self.virtual = np.where(rows, virtual, self.virtual)
        self.gain = np.where(rows[..., None], gain, self.gain)
        self._forget()

    def vary(self, rng: np.random.Generator) -> None:
        """Another mean load and channel in every copy from the next slot on: what a policy for changing worlds trains
        on."""
        self.load_factor = rng.uniform(*LOADS, self.count)
        self.gain_factor = np.exp(rng.uniform(*GAINS, self.count))

    def exact(self) -> tuple[Decision, Array]:
        """An optimal decision of every copy and the proved bound of its slot."""
        slots, limits = self.slots, self.decisions.arrays["capacity"]  # type: ignore[index]
        if self.process.params.one_server:
            from qmectk_exact.capacity.branching import branch_and_bound

            found = [
                branch_and_bound(*one, gap=GAP, expired=lambda: False)
                for one in zip(slots.value, slots.served, limits, strict=True)
            ]
            return Decision(None, np.stack([one.y for one in found])), np.array([one.bound for one in found])
        from qmectk_exact.capacity.simplex import solve_capacity_many

        y, _, _, bound, _ = solve_capacity_many(slots.value, slots.served, limits)
        return Decision(None, y), bound

    def optimum(self) -> Array:
        return self.exact()[1]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name).copy() for name in STATE}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        found = {name: np.array(arrays[name], dtype=getattr(self, name).dtype) for name in STATE}
        for name, array in found.items():
            if array.shape != getattr(self, name).shape:
                raise ValueError(f"'{name}' has the shape {array.shape} and not {getattr(self, name).shape}")
        vars(self).update(found)
        self._forget()

    def _forget(self) -> None:
        for name in ("slots", "decisions"):
            self.__dict__.pop(name, None)


__all__ = ["DriftCopies"]
