"""What is drawn of a slot, in natural units: tasks, servers and channels, of one slot or of many at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .params import MeqcParams

#: Numbers as they are drawn, whole ones too.
Array = NDArray[Any]

#: Bytes of a frame of a task: 128 x 128 pixels of 10 byte.
FRAME_BYTES = 128 * 128 * 10


@dataclass(frozen=True)
class Drawn:
    """Tasks and servers; leading axes of slots are allowed everywhere.

    Attributes
    ----------
    scale, size, power, local_clock
        Task scale pb, task size [byte], transmit power [W] and clock [Hz] of each user, shape (..., users).
    gain
        Channel gains, shape (..., users, servers).
    edge_clock, level, qubits
        Clock [Hz], level of concatenation and qubits of each server, shape (..., servers).
    order
        Who goes first where `conflicts: random` settles who gets a slot: the smallest, shape (..., users).
    """

    scale: Array
    size: Array
    power: Array
    local_clock: Array
    gain: Array
    edge_clock: Array
    level: Array
    qubits: Array
    order: Array

    def replaced(self, other: Drawn, where: NDArray[np.bool_]) -> Drawn:
        """Along the leading axis: the other's slots where `where` is true."""
        made: dict[str, Any] = {}
        for field in fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            made[field.name] = np.where(where.reshape(-1, *[1] * (mine.ndim - 1)), its, mine)
        return Drawn(**made)


def draw(p: MeqcParams, rng: np.random.Generator, slots: tuple[int, ...] = ()) -> Drawn:
    """One slot, or as many as the shape `slots` says; slots are independent of each other."""
    users, servers = (*slots, p.users), (*slots, p.servers)
    return Drawn(
        scale=rng.integers(p.scale[0], p.scale[1] + 1, users),
        size=rng.integers(p.frames_of_task[0], p.frames_of_task[1] + 1, users) * float(FRAME_BYTES),
        power=rng.uniform(*p.power, size=users),
        local_clock=rng.choice(p.local_clock, users),
        gain=rng.uniform(*p.gain, size=(*users, p.servers)),
        edge_clock=rng.choice(p.edge_clock, servers),
        level=rng.choice(p.levels, servers),
        qubits=rng.integers(p.qubits[0], p.qubits[1] + 1, servers),
        order=rng.random(users),
    )


__all__ = ["Drawn", "draw"]
