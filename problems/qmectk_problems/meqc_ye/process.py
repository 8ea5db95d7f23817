"""Slots linked by virtual queues and mobility.

z_m(r + 1) = [z_m(r) + Delta - phi_m(r)]^+ , z_m(0) = 0: the average share then is at least Delta - z_m(R)/R. As printed
in (13) the queue has Delta [phi = 0] - phi instead, which a share of 1e-9 a slot keeps at 0 for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qmectk.seeds import Stream, generator
from qmectk.worlds.process import Process, slot_generator

from ..physics.mobility import Movement
from ..physics.radio import rayleigh_gain, shadowing, urban_gain
from ..recorded import Recorded
from .bounds import HorizonBound, horizon_bound
from .cell import Cell
from .costs import CPU, LOCAL, QPU, Arrivals, Costs, Terms
from .instance import MeqcYeInstance

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MeqcYeState:
    """What the controller sees at the beginning of a slot."""

    slot: int
    queue: Array
    movement: Movement
    arrivals: Arrivals


class Path:
    """What the slots of a path bring, and where the devices are in the last of them.

    Whatever ends its making, it goes on from the last slot that is whole.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.arrivals: list[Arrivals] = []
        self.last: tuple[int, Movement] | None = None

    def add(self, slot: int, movement: Movement, arrivals: Arrivals) -> tuple[int, Movement]:
        """The next slot."""
        self.arrivals[slot:] = [arrivals]
        self.last = last = (slot, movement)
        return last


class MeqcYeProcess(Process[MeqcYeState]):
    """The controlled queues of one problem."""

    #: records that are queue lengths; a simulation prints their last value over T
    backlogs: ClassVar[tuple[str, ...]] = ("virtual_backlog", "largest_backlog")
    #: the record that is averaged as the long-run objective
    goal: ClassVar[str] = "cost"
    units: ClassVar[dict[str, str]] = {
        "cost": "weighted s and J a device",
        "share": "offloaded",
        "local": "of devices",
        "cpu": "of devices",
        "qpu": "of devices",
        "dropped": "of devices",
    }

    def __init__(self, problem: Cell, recorded: Recorded | None = None) -> None:
        self.problem = problem
        self.params = params = problem.params
        self.recorded = params.rows.between(params.training_frames, None) if recorded is None else recorded

    def reset(self, rng: np.random.Generator) -> MeqcYeState:
        movement = self.problem.law.start(rng, self.params.devices)
        return MeqcYeState(0, np.zeros(self.params.devices), movement, self.arrivals(rng, movement, 0))

    def arrivals(self, rng: np.random.Generator, movement: Movement, slot: Any) -> Arrivals:
        """Tasks, channels and the cloud's offer of one slot of each copy that moves, as drawn or as recorded."""
        p, devices = self.params, movement.speed.shape
        unit = 1e6 if p.size == "MB" else 100 * 1e6 / 8.0
        scale = rng.integers(p.scale[0], p.scale[1] + 1, devices).astype(float)
        size = rng.uniform(*p.sizes, size=devices) * unit
        slack = rng.uniform(*p.slack, size=devices)
        mean = urban_gain(np.maximum(movement.distance, 1.0)) * shadowing(rng, p.shadowing, devices)
        gain = rayleigh_gain(rng, mean)
        clock = rng.choice(np.array(p.cloud_clock), devices[:-1])
        qubits = rng.integers(p.qubits[0], p.qubits[1] + 1, devices[:-1])
        drawn = Arrivals(scale, size, slack, gain, np.asarray(clock, dtype=float), np.asarray(qubits, dtype=float))
        return replace(drawn, **self.recorded.at(slot, vars(drawn)))

    def instance(self, state: MeqcYeState) -> MeqcYeInstance:
        return self.problem.instance(self.problem.terms(state.arrivals), state.queue, state.slot)

    def advance(
        self, state: MeqcYeState, values: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[MeqcYeState, dict[str, float]]:
        movement = self.problem.law.step(state.movement, rng)
        arrivals = self.arrivals(rng, movement, state.slot + 1)
        terms = self.problem.terms(state.arrivals)
        away, quantum = np.asarray(values["offload"]) > 0.5, np.asarray(values["qpu"]) > 0.5
        mode = np.where(away, np.where(quantum, QPU, CPU), LOCAL)
        share = np.clip(np.asarray(values["cpu_share"]) + np.asarray(values["qpu_share"]), 0.0, 1.0)
        queue, record = self.step(terms, state.queue, mode, share)
        facts = {name: float(value) for name, value in record.items()}
        return MeqcYeState(state.slot + 1, queue, movement, arrivals), facts

    def step(self, terms: Terms, queue: Array, mode: Any, share: Array) -> tuple[Array, dict[str, Array]]:
        """One slot of any number of parallel queues (leading axes): z(r + 1) and the records."""
        p = self.params
        share = np.where(mode == LOCAL, 0.0, share)
        every = terms.curves(1.0, 0.0).value(share[..., None])
        cost = np.take_along_axis(every, np.asarray(mode)[..., None], axis=-1)[..., 0]
        owed = np.where(share == 0.0, p.Delta, 0.0) if p.queue == "printed" else p.Delta
        after = np.maximum(queue + owed - share, 0.0)
        record = {
            "cost": cost.mean(axis=-1),
            "share": share.mean(axis=-1),
            "virtual_backlog": after.mean(axis=-1),
            "largest_backlog": after.max(axis=-1),
            "local": (mode == LOCAL).mean(axis=-1),
            "cpu": (mode == CPU).mean(axis=-1),
            "qpu": (mode == QPU).mean(axis=-1),
            "dropped": terms.dropped.mean(axis=-1),
        }
        return after, record

    def unmet(self, means: Mapping[str, float], rates: Mapping[str, float]) -> str:
        """The target that average shares miss by more than z(R)/R says; only the queue as printed lets that happen."""
        least = self.params.Delta - rates["virtual_backlog"]
        if means["share"] >= least - 1e-9:  # rounding of sums
            return ""
        return f"the average share is {means['share']:.3g}, below Delta - z(R)/R = {least:.3g}"

    def idle(self, instance: Any) -> dict[str, Any]:
        """Local wherever the deadline allows it: what a device does without a controller."""
        return instance.offload_bits().complete(np.zeros(instance.n, np.int8))

    def path(self, seed: int, slots: int) -> Costs:
        """Latencies and energies of the slots that a simulation with this problem seed sees, decisions aside."""
        return Costs.join([self.problem.costs(one) for one in self.arriving(seed, slots)])

    def arriving(self, seed: int, slots: int) -> list[Arrivals]:
        """What these slots bring."""
        return self.goes_on(Path(seed), slots)

    def goes_on(self, path: Path, slots: int) -> list[Arrivals]:
        """The same where the first of these slots are known: it adds the others to `path`."""
        last = path.last
        if last is None:
            rng = generator(Stream.PATH, path.seed)
            movement = self.problem.law.start(rng, self.params.devices)
            last = path.add(0, movement, self.arrivals(rng, movement, 0))
        while last[0] + 1 < slots:
            t, before = last
            rng = slot_generator(path.seed, t)
            movement = self.problem.law.step(before, rng)
            last = path.add(t + 1, movement, self.arrivals(rng, movement, t + 1))
        return path.arrivals[:slots]

    def bound(self, seed: int, start: int, stop: int) -> HorizonBound:
        """The offline optimum over slots start..stop-1 of the path that a simulation with this seed sees."""
        path = self.path(seed, stop).at(slice(start, stop))
        return horizon_bound(self.problem.terms_of(path), self.params.Delta)
