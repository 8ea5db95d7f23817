"""Queues over time: arrivals, backlogs Q, virtual queues H, fading.

Q_m(t+1) = [Q_m(t) - sum_s mu_ms(t)]^+ + A_m(t)
H_m(t+1) = [H_m(t) + gamma_m - sum_s mu_ms(t)]^+
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qmectk.problem import Problem
from qmectk.seeds import Stream, generator
from qmectk.worlds.process import Process, slot_generator

from .bounds import HorizonBound, horizon_bound
from .inputs import Inputs
from .instance import DriftInstance, OneServerInstance
from .links import Links
from .params import DriftParams

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


class DriftProcess(Links, Process[DriftState]):
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

    def __init__(self, problem: Problem) -> None:
        params = problem.params
        assert isinstance(params, DriftParams)
        super().__init__(params)
        self.problem = problem
        self.inputs = Inputs(params, params.rows.between(params.training_frames, None))

    def reset(self, rng: np.random.Generator) -> DriftState:
        empty = np.zeros(self.devices)
        return DriftState(0, empty, empty, self.inputs.gains(rng, 0))

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

    def path(self, seed: int, slots: int) -> tuple[Array, Array]:
        """Gains (slots, devices, servers) and arrivals (slots, devices) that a simulation with this seed sees."""
        gain = np.empty((slots, self.devices, self.params.servers))
        arrived = np.empty((slots, self.devices))
        gain[0] = self.reset(generator(Stream.PATH, seed)).gain
        for t in range(slots):
            rng = slot_generator(seed, t)
            arrived[t] = self.inputs.arrivals(rng, t)
            if t + 1 < slots:
                gain[t + 1] = self.inputs.gains(rng, t + 1)
        return gain, arrived

    def bound(self, seed: int, start: int, stop: int) -> HorizonBound:
        """The offline optimum over slots start..stop-1 of the path that a simulation with this seed sees."""
        gain, arrived = self.path(seed, stop)
        return horizon_bound(self, gain[start:], arrived[start:])
