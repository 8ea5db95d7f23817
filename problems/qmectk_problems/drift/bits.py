"""The Binary view of a slot: one bit a device and server, completed server by server."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Binary

from .slot import DriftSlot

Array = NDArray[np.float64]


class ServerBits(Binary):
    """Any bits are a feasible action: a device keeps the most valuable server among the chosen ones.

    With a server for every device the servers separate, and each is a fractional knapsack: devices by value per
    load until it is full (Dantzig 1957). So a candidate costs one sort.
    """

    sense = 1
    title = "Binary (a bit a device and server)"

    def __init__(self, instance: DriftSlot) -> None:
        self.instance = instance
        self.n = instance.value.size
        self.limits = np.full(instance.value.shape[1], np.inf)
        self.limits[: len(instance.capacity)] = instance.capacity
        load = np.maximum(instance.served, 1e-300)
        #: devices of each server, the most valuable per load first
        self.order = np.argsort(-instance.value / load, axis=0, kind="stable")

    def allocations(self, actions: Any) -> Array:
        """y of every candidate, shape (K, n) -> (K, devices, columns)."""
        one = self.instance
        devices, columns = one.value.shape
        chosen = np.asarray(actions).reshape(-1, devices, columns) > 0
        worth = np.where(chosen & (one.value > 0), one.value, 0.0)
        best = np.argmax(worth, axis=2)
        on = np.take_along_axis(worth, best[:, :, None], 2) > 0
        y = np.where((np.arange(columns) == best[:, :, None]) & on, 1.0, 0.0)
        for k in np.flatnonzero(np.isfinite(self.limits)):
            order = self.order[:, k]
            taken = y[:, order, k] * one.served[order, k]
            before = np.cumsum(taken, axis=1) - taken
            room = np.clip(self.limits[k] - before, 0.0, taken)
            y[:, order, k] = np.divide(room, one.served[order, k], out=np.zeros_like(room), where=taken > 0)
        return y

    def score(self, actions: Any) -> Array:
        return np.einsum("kmc,mc->k", self.allocations(actions), self.instance.value)

    def effects(self) -> Array:
        one = self.instance
        load = np.where(np.isfinite(self.limits), one.served, 1.0)  # a server without a limit serves all there is
        room = np.minimum(load, self.limits)
        share = np.divide(room, load, out=np.zeros_like(one.value), where=load > 0)
        return np.where(one.value > 0, share * one.value, 0.0).ravel()

    def complete(self, action: Any) -> dict[str, Any]:
        return self.instance.point(self.allocations(np.asarray(action)[None, :])[0])
