"""The numbers of one slot of single-cloud hybrid offloading, and what modes and shares come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import Instance
from qmectk.problem import Problem
from qmectk.views import Curves

from ..stacking import stacked
from .costs import CPU, LOCAL, QPU, Arrivals, Costs, Terms

Array = NDArray[np.float64]


@dataclass(eq=False)
class MeqcYeSlot(Instance):
    """Arrays of one slot.

    Attributes
    ----------
    terms
        The cost of every mode as a curve of the share.
    V
        Weight of the cost.
    queue
        Virtual queues z, shape (devices,).
    local_charge
        z Delta with the printed queue, else 0, shape (devices,).
    slots
        Most devices on the QPU; None for no limit.
    arrivals
        What it was made of, where that is kept.
    """

    terms: Terms
    V: float
    queue: Array
    local_charge: Array
    slots: int | None = None
    label: str = "meqc-ye"
    frame: int = 0
    problem: Problem | None = None
    unit: str = "weighted s and J"
    arrivals: Arrivals | None = None

    def data(self) -> dict[str, Any]:
        """What the slot brings, and the queues."""
        return {**({} if self.arrivals is None else vars(self.arrivals)), "backlog": self.queue}

    @property
    def n(self) -> int:
        """Number of devices."""
        return int(self.queue.shape[-1])

    @classmethod
    def stack(cls, instances: Sequence[Self]) -> Self | None:
        arrays = stacked(instances, ("queue", "local_charge"), ("V", "slots"))
        rest = [field.name for field in fields(Terms) if field.name != "costs"]
        settings = stacked([one.terms for one in instances], (), rest)
        if arrays is None or settings is None:
            return None
        return cls(Terms(Costs.join([one.terms.costs for one in instances]), **settings), **arrays)

    @cached_property
    def curves(self) -> Curves:
        """Value of a share in each mode, shape (devices, 3)."""
        return self.terms.curves(self.V, self.queue, local_charge=self.local_charge)

    def point(self, mode: Any, share: Any) -> dict[str, Any]:
        """All declared variables from the mode and share of each device."""
        mode = np.asarray(mode)
        used = np.where(mode == LOCAL, 0.0, share)
        point = {
            "offload": (mode != LOCAL).astype(float),
            "qpu": (mode == QPU).astype(float),
            "cpu_share": np.where(mode == CPU, used, 0.0),
            "qpu_share": np.where(mode == QPU, used, 0.0),
        }
        if self.terms.form == "parallel":
            one = self.terms.costs
            remote = used * np.where(mode == QPU, one.time[:, 1], one.time[:, 0]) + one.answer_time
            point["time"] = np.maximum((1.0 - used) * one.local_time, np.where(mode == LOCAL, 0.0, remote))
        return point
