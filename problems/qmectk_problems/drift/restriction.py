"""A slot as a QUBO-ready restriction: whole slots only, loads in whole steps of a server's capacity.

One bit a useful pair of device and server; loads are rounded up to multiples of capacity / steps, so that every
feasible point is one of the slot's. The answer is completed on the slot itself: servers are filled to the brim by
value per load, which can only improve it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError, Refused
from qmectk.language import Language
from qmectk.readings.quadratic import read_quadratic
from qmectk.views import RESTRICTION, Lowered

from .bits import ServerBits
from .slot import DriftSlot


@dataclass(frozen=True)
class WholeSlots:
    """The restricted problem, declared in the same language as the slot."""

    instance: DriftSlot
    devices: NDArray[np.intp]  #: device of each bit
    columns: NDArray[np.intp]  #: column of each bit
    steps: int

    def declare(self, m: Language) -> None:
        one = self.instance
        x = m.var("x", len(self.devices), kind="binary")
        m.maximize(m.dot(one.value[self.devices, self.columns], x))
        for device in np.unique(self.devices):
            if np.sum(self.devices == device) > 1:
                m.le(m.dot((self.devices == device).astype(float), x), 1, f"radio {device + 1}")
        for k, limit in enumerate(one.capacity):
            loads = np.ceil(one.served[self.devices, k] / limit * self.steps - 1e-9) * (self.columns == k)
            if loads.sum() > self.steps:
                m.le(m.dot(loads, x), self.steps, f"server {k + 1}")


def lower_to_whole_slots(instance: DriftSlot, steps: int, max_bits: int | None) -> Lowered:
    """The restriction with as many bits as the backend takes, the most valuable pairs first.

    Raises
    ------
    Refused
        When not one pair fits beside the slack bits.
    """
    if steps < 1:
        raise InputError(f"option 'steps' must be at least 1, not {steps}")
    useful = np.argwhere(instance.value > 0)
    if not len(useful):  # nothing gains: one bit that stays off
        useful = np.array([np.unravel_index(int(np.argmax(instance.value)), instance.value.shape)])
    worth = instance.value[useful[:, 0], useful[:, 1]]
    useful = useful[np.argsort(-worth, kind="stable")]
    note = f"{steps} steps a server"
    if max_bits is not None:
        slack = len(instance.capacity) * math.ceil(math.log2(steps + 1))
        room = max_bits - slack
        if room < 1:
            raise Refused(f"{slack} slack bits leave no room in {max_bits}", "try fewer steps: -o steps=1")
        if room < len(useful):
            note += f", the best {room} of {len(useful)} pairs"
            useful = useful[:room]
    made = WholeSlots(instance, useful[:, 0], useful[:, 1], steps)
    decoder = ServerBits(instance)

    def lift(values: Mapping[str, Any]) -> dict[str, Any]:
        action = np.zeros(instance.value.shape, dtype=np.int8)
        on = np.asarray(values["x"]) > 0.5
        action[useful[on, 0], useful[on, 1]] = 1
        return decoder.complete(action.ravel())

    return Lowered(read_quadratic(made), lift, RESTRICTION, note)
