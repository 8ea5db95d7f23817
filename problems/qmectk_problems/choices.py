"""One choice a device, as a quadratic problem of bits: the way of the edge-quantum problems to QUBO samplers.

Every candidate of a device (a mode at a share, at a server) is a bit with its cost; exactly one bit a device is
set, and at most `capacity` of the bits that occupy one slot. Costs that grow with the number of users of a server
are products of bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Infeasible
from qmectk.language import Language

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Choices:
    """The candidates, as arrays of equal length.

    Attributes
    ----------
    cost
        Of each candidate.
    device, slot
        Which device it belongs to, and which slot it occupies (-1 for none).
    devices
        Number of devices.
    capacity
        Of each slot.
    crowds
        (candidates, cost of each): each of those candidates pays its cost times the number of them that are
        chosen.
    """

    cost: Array
    device: Indices
    slot: Indices
    devices: int
    capacity: Indices
    crowds: tuple[tuple[Indices, Array], ...] = ()

    @property
    def offset(self) -> Array:
        """Cheapest candidate of each device, taken out of the costs so that penalties stay small."""
        least = np.full(self.devices, np.inf)
        np.minimum.at(least, self.device, self.cost)
        return least

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.cost), kind="binary")
        least = self.offset
        objective = m.dot(self.cost - least[self.device], x) + float(least.sum())
        for members, cost in self.crowds:
            objective = objective + m.mul(m.dot(cost, x[members]), m.sum(x[members]))
        m.minimize(objective)
        for i in range(self.devices):
            mine = np.flatnonzero(self.device == i)
            m.eq(m.sum(x[mine]), 1, f"one choice of device {i}")
        for k, capacity in enumerate(self.capacity):
            takers = np.flatnonzero(self.slot == k)
            if len(takers) > capacity:
                m.le(m.sum(x[takers]), float(capacity), f"slots {k}")

    def chosen(self, x: Array) -> Indices:
        """The candidate of each device at a point; where a penalised model broke a constraint, the nearest way back.

        A device with several candidates keeps the cheapest, one without takes the cheapest of all it has, and a slot
        serves the first that come; who finds it full takes the next cheapest.

        Raises
        ------
        Infeasible
            When a device finds no slot that way.
        """
        left, picked = self.capacity.copy(), np.empty(self.devices, np.int64)
        wanted = np.asarray(x) > 0.5
        for i in range(self.devices):
            mine = np.flatnonzero(self.device == i)
            for k in mine[np.lexsort((self.cost[mine], ~wanted[mine]))]:
                slot = self.slot[k]
                if slot < 0 or left[slot] > 0:
                    picked[i] = k
                    break
            else:
                raise Infeasible(f"the sample breaks constraints, and device {i} finds no slot that is left")
            if self.slot[picked[i]] >= 0:
                left[self.slot[picked[i]]] -= 1
        return picked
