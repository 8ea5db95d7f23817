"""The baselines of the offloading literature on the Capacity view: best channel, random server, own CPU.

They look at no queue and no price; every device serves what it has at the server it picks, and servers that get too
much serve all users in proportion.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk import Backend, Budget, Reply, Termination
from qmectk.views.capacity import Capacity


def shared_in_proportion(view: Capacity, picked: NDArray[np.intp]) -> Any:
    """y for the column picked by each device, columns scaled down to their capacity."""
    y = np.zeros(view.shape)
    y[np.arange(len(picked)), picked] = 1.0
    used = np.sum(view.load * y, axis=0)
    over = used > view.capacity
    return y * np.divide(view.capacity, used, out=np.ones_like(used), where=over)


class _Baseline(Backend):
    accepts = (Capacity,)

    @abstractmethod
    def pick(self, view: Capacity, offered: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
        """The column each device takes among the `offered` servers."""

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        columns = view.shape[1]
        offered = np.array([k for k in range(columns) if k != view.own], dtype=np.intp)
        return Reply(shared_in_proportion(view, self.pick(view, offered, rng)), Termination.CONVERGED)


class BestChannel(_Baseline):
    """Every device sends to the server with the best link."""

    name = "best-channel"
    summary = "every device at the server with the best link"

    def pick(self, view: Capacity, offered: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
        return offered[np.argmax(view.quality[:, offered], axis=1)]


class RandomServer(_Baseline):
    """Every device sends to a server drawn at random."""

    name = "random-server"
    summary = "every device at a random server"

    def pick(self, view: Capacity, offered: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
        return offered[rng.integers(len(offered), size=view.shape[0])]


class LocalService(_Baseline):
    """Every device computes on its own CPU; idle where the problem gives it none."""

    name = "local-service"
    summary = "every device on its own CPU (idle where it has none)"

    def pick(self, view: Capacity, offered: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
        return np.full(view.shape[0], view.own, dtype=np.intp)

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        if view.own is None:
            return Reply(np.zeros(view.shape), Termination.CONVERGED, message="devices have no CPU of their own")
        return super().solve(view, budget, rng)
