"""Devices and their cloud: parameters to the costs of a slot, and to the slot."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qmectk.problem import Problem
from qmectk.seeds import Stream, generator

from ..physics.mobility import GaussMarkov
from ..physics.quantum_hardware import QUBITS_A_LEVEL, circuit
from ..physics.radio import dbm_to_watt, shannon_rate, thermal_noise
from ..tasks import BLOCK, MEGABYTE
from .costs import LEAST_SHARE, Arrivals, Costs, Terms
from .instance import MeqcYeInstance
from .params import MeqcYeParams

Array = NDArray[np.float64]


class Cell(Problem):
    """What a slot costs the devices of a problem; how slots follow each other is :class:`~.problem.MeqcYe`'s."""

    Params = MeqcYeParams
    params: MeqcYeParams

    def __init__(self, params: MeqcYeParams, source: str = "") -> None:
        super().__init__(params, source)
        rng = generator(Stream.DATA, params.seed, 3)
        self.clock = rng.choice(np.array(params.local_clock), params.devices)
        level = rng.uniform(*params.power, size=params.devices)
        self.power = dbm_to_watt(level) if params.power_unit == "dBm" else 1e-3 * level
        self.level = rng.choice(np.array(params.levels), params.devices)
        self.hardware = params.hardware.model
        self.gate_time, self.bracket = self.hardware.gate_time(self.level), self.hardware.power(self.level)
        self._latest: tuple[Arrivals, Terms] | None = None

    @cached_property
    def law(self) -> GaussMarkov:
        """How devices move."""
        motion = self.params.motion
        printed = self.params.mobility_noise == "printed"
        return GaussMarkov(motion.radius, motion.memory, motion.speed, motion.slot, printed)

    def instance(self, terms: Terms, queue: Array, slot: int = 0) -> MeqcYeInstance:
        """A slot with given queues, shape (devices,)."""
        p = self.params
        charge = queue * p.Delta if p.queue == "printed" else np.zeros_like(queue)
        return MeqcYeInstance(terms, p.V, queue, charge, p.qpu_slots, f"meqc-ye[{p.title}, slot {slot}]", slot, self)

    def terms(self, arrivals: Arrivals) -> Terms:
        """The cost of a slot as curves; asked for when the slot is posed, and again when it is left."""
        if self._latest is None or self._latest[0] is not arrivals:
            self._latest = (arrivals, self.terms_of(self.costs(arrivals)))
        return self._latest[1]

    def terms_of(self, costs: Costs) -> Terms:
        """The cost under this problem's form and weights."""
        p = self.params
        least = LEAST_SHARE if p.queue == "printed" else 0.0
        return Terms(costs, p.cost_form, p.weights.time, p.weights.energy, p.drop_penalty, least)

    def costs(self, arrivals: Arrivals) -> Costs:
        """Latencies and energies of slots, (2)-(8) of the paper."""
        p, one, hardware = self.params, arrivals, self.hardware
        cloud, qubits = one.cloud_clock[..., None], one.qubits[..., None]
        cycles, logical, depth = circuit(one.scale)
        rate = shannon_rate(p.bandwidth, self.power, one.gain, thermal_noise(p.bandwidth, p.noise_density))
        linked = rate > 0.0
        rate = np.where(linked, rate, p.bandwidth)  # in outage nothing is sent, so any number does
        work = one.size * cycles
        local_time = work / self.clock
        upload, answer = 8.0 * one.size / rate, 8.0 * p.result / rate
        compute = work / cloud
        data = one.size / (MEGABYTE if p.qpu_unit == "MB" else BLOCK)
        quantum = data * logical * self.gate_time
        # (6) multiplies the transmit power by the computing time
        sent = quantum if p.upload_power == "compute" else upload
        quantum_energy = (data if p.qpu_energy == "printed" else quantum) * logical * self.bracket
        time = np.stack([upload + compute, upload + quantum], axis=-1)
        energy = np.stack(
            [
                self.power * upload + p.cloud_capacitance * cloud**p.exponent * compute,
                self.power * sent + quantum_energy,
            ],
            axis=-1,
        )
        success = hardware.success(logical, depth, self.level, printed=p.success_formula == "printed")
        taken = logical * float(QUBITS_A_LEVEL) ** self.level
        fits = taken <= qubits if p.qubits_are == "physical" else logical <= np.floor(qubits / QUBITS_A_LEVEL)
        admissible = np.stack([linked, linked & fits & (success >= p.success)], axis=-1)
        fastest = np.minimum(local_time, np.where(admissible, time + answer[..., None], np.inf).min(axis=-1))
        deadline = one.slack * fastest
        seen = (cloud, qubits, one.size, cycles, deadline, one.gain, self.clock)
        return Costs(
            local_time,
            p.capacitance * self.clock**p.exponent * local_time,
            time,
            energy,
            answer,
            self.power * answer,
            deadline,
            admissible,
            np.stack(np.broadcast_arrays(*seen), axis=-1),
        )
