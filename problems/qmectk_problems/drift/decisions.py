"""What a policy decides in a slot: how every device spreads itself over servers and its own CPU.

One function over arrays with any leading axes, used by a slot's view and by copies of the queues. `arrays` holds, of
shape (..., devices, columns) unless stated otherwise:

value     drift-plus-penalty won by a whole y [tasks^2]
penalty   the part of the value that is not the queues': what a whole y adds to V U
load      tasks that y = 1 serves, c; what it takes of a server
rate      tasks that a whole slot carries, b
capacity  tasks that a column takes in a slot, (..., columns); inf for the own CPU and where servers are not limited
backlog, virtual   Q and H [tasks], (..., devices)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views.decisions import Decision, Decisions, Features

from .slot import DriftSlot

Array = NDArray[np.float64]

#: Largest size of a feature that is a quotient; a link in a deep fade costs any amount a task.
MOST = 10.0

DEVICE = ("log(1 + Q)", "log(1 + H)")
PAIR = ("value", "less than best", "load", "crowd", "value a task", "worth it", "is best")


def decisions_of_slots(slots: DriftSlot) -> Decisions:
    """The view of one slot, or of many in one instance whose arrays have leading axes."""
    value = slots.value
    lead, (devices, columns) = value.shape[:-2], value.shape[-2:]
    servers = columns - slots.local
    names = tuple(f"server {k + 1}" for k in range(servers)) + ("own CPU",) * slots.local
    limits = np.full((*lead, columns), np.inf)
    limits[..., : slots.capacity.shape[-1]] = slots.capacity
    size = np.mean(np.abs(value), axis=(-2, -1))
    size = np.where(size > 0, size, 1.0)
    arrays = {
        "value": value,
        "penalty": value - (slots.backlog + slots.virtual)[..., None] * slots.served,
        "load": slots.served,
        "rate": slots.rate,
        "capacity": limits,
        "backlog": slots.backlog,
        "virtual": slots.virtual,
    }

    def see(kind: str) -> Features:
        return SEEN[kind](arrays, size, servers)

    def complete(decision: Decision) -> dict[str, Any]:
        return slots.point(slots.fit(slots.alone(decision.share)))

    return Decisions(
        names,
        allowed=np.ones(value.shape, bool),
        least=np.zeros(value.shape),
        most=np.ones(value.shape),
        sense=1,
        scale=np.broadcast_to(size[..., None], (*lead, devices)),
        see=see,
        complete=complete,
        seen=tuple(SEEN),
        spread=True,
        arrays=arrays,
    )


def own(arrays: dict[str, Array], size: Array, servers: int) -> Features:
    """Values in units of their mean size, loads in units of what a server takes: no scale of the queues is left."""
    value, load, limits = arrays["value"], arrays["load"], arrays["capacity"][..., None, :]
    scaled = value / size[..., None, None]
    best = scaled.max(axis=-1, keepdims=True)
    wanted = (scaled == best) & (scaled > 0)
    taken = np.divide(load, limits, out=np.zeros_like(load), where=limits > 0)
    crowd = np.sum(np.where(wanted, taken, 0.0), axis=-2, keepdims=True)
    mean = load.mean(axis=(-2, -1))
    task = scaled * np.where(mean > 0, mean, 1.0)[..., None, None]
    density = np.divide(task, load, out=np.zeros_like(load), where=load > 0)
    pair = (
        scaled,
        best - scaled,
        np.minimum(taken, MOST),
        np.broadcast_to(np.minimum(crowd, MOST), value.shape),
        np.clip(density, -MOST, MOST),
        scaled > 0,
        wanted,
    )
    return Features(_queues(arrays), np.stack(pair, axis=-1).astype(float), DEVICE, PAIR)


def logarithms(arrays: dict[str, Array], size: Array, servers: int) -> Features:
    """Queues and rates as they are, in logarithms: what a network without structure can make something of."""
    return Features(_queues(arrays), np.log1p(arrays["rate"])[..., None], DEVICE, ("log(1 + b)",))


def published(arrays: dict[str, Array], size: Array, servers: int) -> Features:
    """The paper's list: Q, H and the servers' rates in one row of 2 M + M S numbers less their mean, over their
    standard deviation. What is lost is the scale of the queues, which the best policy needs."""
    queues = np.stack([arrays["backlog"], arrays["virtual"]], axis=-1)
    rate = arrays["rate"][..., :servers]
    row = np.concatenate([queues, rate], axis=-1)
    mean, deviation = row.mean(axis=(-2, -1), keepdims=True), row.std(axis=(-2, -1), keepdims=True)
    row = (row - mean) / np.where(deviation > 0, deviation, 1.0)
    pair = np.zeros(arrays["rate"].shape)
    pair[..., :servers] = row[..., 2:]
    return Features(row[..., :2], pair[..., None], ("Q, z-scored", "H, z-scored"), ("b, z-scored",))


SEEN = {"own": own, "published": published, "log": logarithms}


def _queues(arrays: dict[str, Array]) -> Array:
    return np.log1p(np.stack([arrays["backlog"], arrays["virtual"]], axis=-1))


__all__ = ["SEEN", "decisions_of_slots"]
