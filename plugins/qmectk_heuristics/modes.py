"""The baselines of edge-quantum offloading, over the Modes view: none of them claims a bound.

Xu et al. (arXiv 2504.08134) compare with random offloading, random edge partitioning and a centralised greedy,
Ye et al. (arXiv 2306.14588) with CPU or QPU only, discrete or continuous, and with random decisions. Slots are
given out one device after another; a device whose kind of mode is not there takes whatever mode it has left, since
it must do something. "Local computing only" is ``local-only``.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qmectk import Backend, Budget, Modes, Reply, Termination

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class ModePolicy(Backend):
    """One device after another picks a mode that still has a slot, and a share in it."""

    accepts = (Modes,)
    shuffled: ClassVar[bool] = True  #: devices come in random order, or in the order they are declared in

    def solve(self, view: Modes, budget: Budget, rng: np.random.Generator) -> Reply:
        shares, values = self.shares(view, rng)
        left = view.capacity.copy()
        devices = values.shape[0]
        mode, share = np.zeros(devices, np.int64), np.zeros(devices)
        order = rng.permutation(devices) if self.shuffled else np.arange(devices)
        for count, i in enumerate(order):
            slot = view.slots[i]
            open_ = np.isfinite(values[i]) & ((slot < 0) | (left[slot] > 0 if len(left) else False))
            if not open_.any():
                message = f"device {i} finds no mode with a slot left; {count} of {devices} devices were served"
                return Reply(None, Termination.CONVERGED, message=message)
            mode[i] = self.pick(view, i, open_, values[i], rng)
            share[i] = shares[i, mode[i]]
            if slot[mode[i]] >= 0:
                left[slot[mode[i]]] -= 1
        kinds = np.array(view.kinds)[mode]
        info = {kind: int((kinds == kind).sum()) for kind in dict.fromkeys(view.kinds)}
        return Reply((mode, share), Termination.CONVERGED, info=info)

    def shares(self, view: Modes, rng: np.random.Generator) -> tuple[Array, Array]:
        """A share of every mode of every device, and the curve's value there; inf where the mode is not there."""
        return view.curves.minimise()

    @abstractmethod
    def pick(self, view: Modes, device: int, available: Mask, values: Array, rng: np.random.Generator) -> int:
        """The mode of a device among the available ones."""


class CentralGreedy(ModePolicy):
    """Users in their order take the cheapest mode that still has a slot (Xu et al. 2025)."""

    name, summary = "central-greedy", "users in order take the cheapest mode that is left (Xu et al. 2025)"
    shuffled = False

    def pick(self, view: Modes, device: int, available: Mask, values: Array, rng: np.random.Generator) -> int:
        return int(np.argmin(np.where(available, values, np.inf)))


class RandomServer(ModePolicy):
    """A random server, and there the cheaper of the processors it may use; slots are first come first served."""

    def pick(self, view: Modes, device: int, available: Mask, values: Array, rng: np.random.Generator) -> int:
        remote = available & (view.servers >= 0)
        if not remote.any():
            return int(np.argmax(available))
        server = rng.choice(np.unique(view.servers[remote]))
        return int(np.argmin(np.where(remote & (view.servers == server), values, np.inf)))


class RandomOffloading(RandomServer):
    """Everything is offloaded to a random server (Xu et al. 2025)."""

    name = "random-offloading"
    summary = "everything to a random server, QPU slots first come first served (Xu et al. 2025)"

    def shares(self, view: Modes, rng: np.random.Generator) -> tuple[Array, Array]:
        return _at(view, np.asarray(view.curves.upper, dtype=float))


class RandomPartition(RandomServer):
    """A random share is offloaded to a random server (Xu et al. 2025)."""

    name = "random-partition"
    summary = "a random share to a random server, QPU slots first come first served (Xu et al. 2025)"

    def shares(self, view: Modes, rng: np.random.Generator) -> tuple[Array, Array]:
        return _random_shares(view, rng)


class RandomMode(ModePolicy):
    """A random mode with a random share (Ye et al. 2023)."""

    name, summary = "random-mode", "a random mode and a random share in it (Ye et al. 2023)"

    def shares(self, view: Modes, rng: np.random.Generator) -> tuple[Array, Array]:
        return _random_shares(view, rng)

    def pick(self, view: Modes, device: int, available: Mask, values: Array, rng: np.random.Generator) -> int:
        return int(rng.choice(np.flatnonzero(available)))


class OneProcessor(ModePolicy):
    """Local or one kind of remote processor, whichever is cheaper for the device alone."""

    kind: ClassVar[str]
    discrete: ClassVar[bool]

    def shares(self, view: Modes, rng: np.random.Generator) -> tuple[Array, Array]:
        share, value = view.curves.minimise()
        if not self.discrete:
            return share, value
        # all or nothing: the whole task where the limits allow it, nothing in the local mode
        upper = np.broadcast_to(view.curves.upper, value.shape)
        whole = np.where(np.array(view.servers) >= 0, upper, 0.0)
        at = np.where((view.servers < 0) | (whole >= 1.0), whole, share)
        return at, np.where(np.isfinite(value), view.curves.value(at), np.inf)

    def pick(self, view: Modes, device: int, available: Mask, values: Array, rng: np.random.Generator) -> int:
        kinds = np.array(view.kinds)
        wanted = available & ((kinds == "local") | (kinds == self.kind))
        if self.discrete:
            upper = np.broadcast_to(view.curves.upper, (len(view.slots), len(kinds)))[device]
            whole = wanted & ((view.servers < 0) | (upper >= 1.0))
            wanted = whole if whole.any() else wanted
        return int(np.argmin(np.where(wanted if wanted.any() else available, values, np.inf)))


class CpuDiscrete(OneProcessor):
    """Local or the whole task on a remote CPU (Ye et al. 2023)."""

    name, summary = "cpu-discrete", "local or all on a remote CPU (Ye et al. 2023)"
    kind, discrete = "cpu", True


class CpuContinuous(OneProcessor):
    """Any share on a remote CPU (Ye et al. 2023)."""

    name, summary = "cpu-continuous", "the best share on a remote CPU (Ye et al. 2023)"
    kind, discrete = "cpu", False


class QpuDiscrete(OneProcessor):
    """Local or the whole task on a QPU (Ye et al. 2023)."""

    name, summary = "qpu-discrete", "local or all on a QPU (Ye et al. 2023)"
    kind, discrete = "qpu", True


class QpuContinuous(OneProcessor):
    """Any share on a QPU (Ye et al. 2023)."""

    name, summary = "qpu-continuous", "the best share on a QPU (Ye et al. 2023)"
    kind, discrete = "qpu", False


MODE_POLICIES: tuple[type[ModePolicy], ...] = (
    CentralGreedy,
    RandomOffloading,
    RandomPartition,
    RandomMode,
    CpuDiscrete,
    CpuContinuous,
    QpuDiscrete,
    QpuContinuous,
)


def _at(view: Modes, shares: Array) -> tuple[Array, Array]:
    values = view.curves.value(shares)
    return np.broadcast_to(shares, values.shape), np.where(view.curves.available, values, np.inf)


def _random_shares(view: Modes, rng: np.random.Generator) -> tuple[Array, Array]:
    lower, upper = view.curves.lower, view.curves.upper
    size = np.broadcast_shapes(np.shape(lower), np.shape(upper), np.shape(view.curves.constant))
    return _at(view, lower + (upper - lower) * rng.uniform(size=size))
