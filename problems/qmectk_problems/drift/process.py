"""Queues over time: arrivals, backlogs Q, virtual queues H, fading.

Q_m(t+1) = [Q_m(t) - sum_s mu_ms(t)]^+ + A_m(t)
H_m(t+1) = [H_m(t) + gamma_m - sum_s mu_ms(t)]^+
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qmectk.process import Process

from ..physics.radio import shannon_rate
from .inputs import Inputs
from .instance import DriftInstance, OneServerInstance

if TYPE_CHECKING:
    from .bounds import HorizonBound
    from .problem import Drift

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DriftState:
    """What the controller sees at the beginning of a slot.

    Attributes
    ----------
    slot
        Its number.
    backlog, virtual
        Q and H, shape (devices,) [tasks].
    gain
        alpha, shape (devices, servers).
    """

    slot: int
    backlog: Array
    virtual: Array
    gain: Array


class DriftProcess(Process[DriftState]):
    """The controlled queues of one problem."""

    #: records that are queue lengths; a simulation prints their last value over T
    backlogs: ClassVar[tuple[str, ...]] = ("backlog", "virtual_backlog")
    #: the record whose slots are multiplied by `sense` and averaged as the long-run objective
    goal: ClassVar[str] = "utility"
    units: ClassVar[dict[str, str]] = {
        "utility": "",
        "power": "W",
        "throughput": "tasks/slot",
        "served": "tasks/slot",
        "arrived": "tasks/slot",
        "admitted": "tasks/slot",
        "backlog": "tasks a device",
        "virtual_backlog": "tasks a device",
    }

    def __init__(self, problem: Drift) -> None:
        self.problem = problem
        params = self.params = problem.params
        self.devices = params.devices
        self.targets = params.targets
        self.inputs = Inputs(params, params.rows.between(params.training_frames, None))
        self.clipped = params.chosen("service") == "backlog"
        self.capacity = (
            np.full(params.servers, params.server_tasks) if params.chosen("limited_servers") else np.zeros(0)
        )
        columns = params.servers + params.local.service
        #: factor of each column in R: 1, or the server's number as printed in (5)
        self.factor = np.ones(columns)
        if params.chosen("throughput") == "stray factor s":
            self.factor[: params.servers] = np.arange(1, params.servers + 1)
        self.power = np.full((params.devices, columns), params.radio.power)
        if params.local.service:
            self.power[:, -1] = params.local_power
        #: weight of the power in U; as printed V weighs it there, too
        self.power_weight = params.weights.power * (params.V if params.chosen("V_counts") == "twice" else 1.0)

    def reset(self, rng: np.random.Generator) -> DriftState:
        empty = np.zeros(self.devices)
        return DriftState(0, empty, empty, self.inputs.gains(rng, 0))

    def rates(self, gain: Array) -> Array:
        """b: tasks a whole slot carries, shape (..., devices, columns)."""
        params, radio = self.params, self.params.radio
        rate = shannon_rate(radio.bandwidth, radio.power, gain, radio.noise) * (params.slot / params.task)
        if not params.local.service:
            return rate
        own = np.full((*rate.shape[:-1], 1), params.local_tasks)
        return np.concatenate([rate, own], axis=-1)

    def price(self, backlog: Array, virtual: Array, gain: Array) -> tuple[Array, Array, Array]:
        """(value, b, c) of states with any leading axes; see :class:`DriftInstance`."""
        params = self.params
        rate = self.rates(gain)
        served = np.minimum(rate, backlog[..., None]) if self.clipped else rate
        per_task = (backlog + virtual)[..., None] + params.V * params.weights.throughput * self.factor
        # Psi / b per task served; a link without any rate serves nobody
        cost = np.divide(
            params.V * self.power_weight * self.power, rate, out=np.full_like(rate, np.inf), where=rate > 0
        )
        value = np.where(rate > 0, (per_task - np.where(rate > 0, cost, 0.0)) * served, 0.0)
        return value, rate, served

    def instance(self, state: DriftState) -> DriftInstance:
        return self.posed(state.backlog, state.virtual, state.gain, state.slot)

    def posed(self, backlog: Array, virtual: Array, gain: Array, slot: int = 0) -> DriftInstance:
        """The slot of a state, or of many with leading axes in one instance."""
        value, rate, served = self.price(backlog, virtual, gain)
        kind = OneServerInstance if self.params.one_server else DriftInstance
        return kind(
            value,
            rate,
            served,
            self.power,
            self.capacity,
            backlog,
            virtual,
            self.params.local.service,
            slot,
            self.problem,
            gain=gain,
        )

    def advance(
        self, state: DriftState, values: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[DriftState, dict[str, float]]:
        arrived = self.inputs.arrivals(rng, state.slot)
        gain = self.inputs.gains(rng, state.slot + 1)
        rate = self.rates(state.gain)
        y = np.asarray(values["y"], dtype=float).reshape(rate.shape)
        backlog, virtual, record = self.step(state.backlog, state.virtual, rate, y, arrived)
        facts = {name: float(value) for name, value in record.items()}
        return DriftState(state.slot + 1, backlog, virtual, gain), facts

    def step(
        self, backlog: Array, virtual: Array, rate: Array, y: Array, arrived: Array
    ) -> tuple[Array, Array, dict[str, Array]]:
        """One slot of any number of parallel queues (leading axes): Q(t+1), H(t+1), records."""
        params = self.params
        served = (np.minimum(rate, backlog[..., None]) if self.clipped else rate) * y
        fraction = np.divide(served, rate, out=np.zeros_like(rate), where=rate > 0)
        service = served.sum(axis=-1)
        power = np.sum(fraction * self.power, axis=(-2, -1))
        throughput = np.sum(served * self.factor, axis=(-2, -1))
        admitted = (
            np.where(backlog <= params.V * params.weights.throughput, arrived, 0.0) if params.admission else arrived
        )
        after = np.maximum(backlog - service, 0.0) + admitted
        grown = np.maximum(virtual + self.targets - service, 0.0) if params.target else virtual
        record = {
            "utility": params.weights.throughput * throughput - self.power_weight * power,
            "power": power,
            "throughput": throughput,
            "served": np.minimum(service, backlog).sum(axis=-1),
            "arrived": arrived.sum(axis=-1),
            "admitted": admitted.sum(axis=-1),
            "backlog": after.mean(axis=-1),
            "virtual_backlog": grown.mean(axis=-1),
        }
        return after, grown, record

    def derived(self, means: Mapping[str, float]) -> dict[str, float]:
        """Numbers that follow from averages over a horizon."""
        energy = means["power"] * self.params.slot
        return {"bits_per_joule": means["served"] * self.params.task / energy} if energy > 0 else {}

    def bound(self, seed: int, start: int, stop: int) -> HorizonBound:
        """The offline optimum over slots start..stop-1 of the path that a simulation with this seed sees."""
        from .bounds import horizon_bound

        return horizon_bound(self, seed, start, stop)
