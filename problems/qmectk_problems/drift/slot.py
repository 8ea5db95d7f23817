"""The numbers of one slot of drift-plus-penalty offloading, and what becomes of shares of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import Instance
from qmectk.problem import Problem

from ..stacking import stacked
from .params import DriftParams

Array = NDArray[np.float64]


@dataclass(eq=False)
class DriftSlot(Instance):
    """Arrays of one slot; columns are the servers, then the device's own CPU where there is local service.

    Attributes
    ----------
    value
        Psi c / b: drift-plus-penalty won by a whole y, shape (devices, columns).
    rate
        b: tasks a whole slot carries.
    served
        c: tasks that y = 1 serves.
    power
        Power while serving [W].
    capacity
        Tasks a server takes in a slot, shape (servers,); empty when servers are not limited.
    backlog, virtual
        Q and H at the beginning of the slot [tasks], shape (devices,).
    gain
        alpha of every link, shape (devices, servers), where it is known.
    """

    value: Array
    rate: Array
    served: Array
    power: Array
    capacity: Array
    backlog: Array
    virtual: Array
    local: bool = False
    frame: int = 0
    problem: Problem | None = None
    unit: str = "tasks^2"
    gain: Array | None = None

    @property
    def label(self) -> str:  # type: ignore[override]
        params = None if self.problem is None else self.problem.params
        preset = f", {params.title}" if isinstance(params, DriftParams) else ""
        return f"drift[slot {self.frame}{preset}]"

    @property
    def devices(self) -> int:
        """Number of devices; variables hold one block of columns a device."""
        return int(self.value.shape[-2])

    one_server = False

    @classmethod
    def stack(cls, instances: Sequence[Self]) -> Self | None:
        names = ("value", "rate", "served", "power", "capacity", "backlog", "virtual")
        found = stacked(instances, names, ("local",))
        return None if found is None else cls(**found)

    def data(self) -> dict[str, Any]:
        """Power gains of the links, and the queues: what a slot depends on."""
        found = {"backlog": self.backlog, "virtual": self.virtual}
        return found if self.gain is None else {"gain": self.gain, **found}

    def point(self, y: Any) -> dict[str, Any]:
        """All declared variables from y, shape (devices, columns)."""
        values = {"y": np.asarray(y, dtype=float).reshape(-1)}
        if self.one_server:
            values["z"] = (values["y"] > 0).astype(float)
        return values

    def alone(self, y: Array) -> Array:
        """y with the largest share of every device alone where it may use one server only, shape (..., devices,
        columns)."""
        if not self.one_server:
            return y
        return np.where(np.arange(y.shape[-1]) == np.argmax(y, axis=-1)[..., None], y, 0.0)

    def fit(self, y: Array) -> Array:
        """y with the columns of overloaded servers scaled down to their capacity, shape (..., devices, columns)."""
        return np.asarray(y * self.room(np.sum(self.served * y, axis=-2, keepdims=True)))

    def room(self, load: Array) -> Array:
        """The part of loads of shape (..., k, columns) that fits into their columns, at most 1."""
        servers = self.capacity.shape[-1]
        factor = np.ones(load.shape)
        factor[..., :servers] = np.minimum(1.0, self.capacity[..., None, :] / np.maximum(load[..., :servers], 1e-300))
        return factor
