"""Binary view of single-cloud offloading: local or away, everything else completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Infeasible
from qmectk.views import Binary

from .costs import CPU, LOCAL, QPU
from .slot import MeqcYeSlot

Array = NDArray[np.float64]


class CloudBits(Binary):
    """x_m = 1 offloads device m in its best mode, x_m = 0 computes locally; scores are sums over devices.

    A device that its deadline leaves no choice follows its bit as far as it can. With `both`, the bits are the
    declared ones: all `offload`, then all `qpu`.
    """

    title = "Binary (offload or not, mode and share completed)"
    sense = -1
    tolerance = 1e-9

    def __init__(self, instance: MeqcYeSlot, *, both: bool = False) -> None:
        self.instance, self.both = instance, both
        self.n = 2 * instance.n if both else instance.n
        curves = instance.curves
        share, _ = curves.minimise()
        # away is a share above 0: as much as allowed, where nothing would be best
        self.share = np.where((share == 0.0) & (np.arange(3) != LOCAL), curves.upper, share)
        self.value = np.where(curves.available, curves.value(self.share), np.inf)

    def _modes(self, actions: Any) -> tuple[Any, Array]:
        """Mode and value of each device under each action, shape (K, devices)."""
        bits = np.atleast_2d(actions) != 0
        devices = self.instance.n
        local, cpu, qpu = (self.value[:, k] for k in range(3))
        away = bits[:, :devices]
        # (K, devices, modes): what the bits name, and everything where they name nothing that is there
        named = np.stack([~away, away, away], axis=2)
        if self.both:
            quantum = bits[:, devices:]
            named[:, :, CPU] &= ~quantum
            named[:, :, QPU] &= quantum
        there = np.stack([local, cpu, qpu], axis=1)
        value = np.where(named, there, np.inf)
        value = np.where(np.isfinite(value).any(axis=2, keepdims=True), value, there)
        if self.instance.slots is not None:
            value = self._within_slots(value, there)
        mode = np.argmin(value, axis=2)
        return mode, np.take_along_axis(value, mode[..., None], axis=2)[..., 0]

    def _within_slots(self, value: Array, there: Array) -> Array:
        """The largest gains keep a QPU slot; the others take the CPU, or stay local where there is none."""
        other = np.where(np.arange(3) == QPU, np.inf, value)
        least = other.min(axis=2)
        # those that may only use the QPU by their bits fall back to any other mode
        spare = np.where(np.arange(3) == QPU, np.inf, there)
        fallback = np.where(np.isfinite(least)[..., None], other, spare)
        with np.errstate(invalid="ignore"):
            gain = np.nan_to_num(fallback.min(axis=2) - value[:, :, QPU], nan=-np.inf)
        rank = np.argsort(np.argsort(-gain, axis=1, kind="stable"), axis=1, kind="stable")
        served = (rank < (self.instance.slots or 0)) & (gain > 0)
        return np.where(served[..., None], value, fallback)

    def score(self, actions: Any) -> Array:
        return np.asarray(-self._modes(actions)[1].sum(axis=1))

    def complete(self, action: Any) -> dict[str, Any]:
        mode, value = (rows[0] for rows in self._modes(action))
        if not np.isfinite(value).all():
            raise Infeasible("some devices find no mode: the QPU has too few slots")
        return self.instance.point(mode, self.share[np.arange(self.instance.n), mode])

    def action(self, values: Mapping[str, Any]) -> Any:
        names = ("offload", "qpu") if self.both else ("offload",)
        return (np.concatenate([np.asarray(values[name]) for name in names]) > 0.5).astype(np.int8)

    def features(self) -> Array:
        """Logarithms of the local, CPU and QPU cost of each device, and of its queue over V."""
        one = self.instance
        away = np.where(one.terms.costs.admissible, one.terms.away, 10.0 * one.terms.home[:, None])
        columns = np.column_stack([one.terms.home, away, one.queue / one.V])
        return np.asarray(np.log1p(np.maximum(columns, 0.0)).ravel())
