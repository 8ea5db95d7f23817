"""The problem family meqc: parameters to slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qmectk.problem import Instance, Problem
from qmectk.process import slot_generator

from ..physics.quantum_hardware import QUBITS_A_LEVEL, circuit
from ..physics.radio import shannon_rate
from ..tasks import BLOCK, MEGABYTE
from .instance import MeqcInstance
from .params import MeqcParams

#: Bytes of a frame of a task: 128 x 128 pixels of 10 byte.
FRAME_BYTES = 128 * 128 * 10

#: Bytes per unit of data in the QPU's latency and energy.
UNITS = {"bytes": 1.0, "MB": MEGABYTE, "blocks": BLOCK}


class Meqc(Problem):
    """Edge servers with CPUs and QPUs, one quantum task a server (Xu et al.)."""

    name = "meqc"
    environment = "qmectk/Meqc-v0"
    summary = "users to edge servers with CPUs and QPUs, one quantum task a server (Xu)"
    Params = MeqcParams
    params: MeqcParams

    def memory(self, start: int, stop: int) -> float:
        # seven arrays of times, energies and choices a slot, and five while one is made
        return 8.0 * self.params.users * self.params.servers * (7 * (stop - start) + 5)

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        return [self.draw(slot_generator(self.params.seed, t), t) for t in range(start, stop)]

    def draw(self, rng: np.random.Generator, frame: int = 0) -> MeqcInstance:
        """A slot; slots are independent, so the optimum of each is the best policy in the long run."""
        p = self.params
        users, servers = p.users, p.servers
        drawn = {
            "scale": rng.integers(p.scale[0], p.scale[1] + 1, users),
            "size": rng.integers(p.frames_of_task[0], p.frames_of_task[1] + 1, users) * float(FRAME_BYTES),
            "power": rng.uniform(*p.power, size=users),
            "local_clock": rng.choice(p.local_clock, users),
            "gain": rng.uniform(*p.gain, size=(users, servers)),
            "edge_clock": rng.choice(p.edge_clock, servers),
            "level": rng.choice(p.levels, servers),
            "qubits": rng.integers(p.qubits[0], p.qubits[1] + 1, servers),
        }
        return self.instance(frame=frame, **drawn)

    def instance(
        self,
        *,
        scale: Any,
        size: Any,
        power: Any,
        local_clock: Any,
        gain: Any,
        edge_clock: Any,
        level: Any,
        qubits: Any,
        frame: int = 0,
    ) -> MeqcInstance:
        """The slot with these tasks and servers.

        Parameters
        ----------
        scale, size, power, local_clock
            Task scale pb, task size [byte], transmit power [W] and clock [Hz] of each user, shape (users,).
        gain
            Channel gains, shape (users, servers).
        edge_clock, level, qubits
            Clock [Hz], level of concatenation and qubits of each server, shape (servers,).
        """
        p = self.params
        hardware = p.hardware.model
        size, clock = np.asarray(size, dtype=float)[:, None], np.asarray(edge_clock, dtype=float)[None, :]
        cycles, logical, depth = (part[:, None] for part in circuit(np.asarray(scale)))
        level = np.asarray(level)[None, :]
        watts = np.asarray(power, dtype=float)[:, None]
        work = size * cycles  # [cycle]
        upload = 8.0 * size / shannon_rate(p.bandwidth, watts, np.asarray(gain, dtype=float), p.noise)
        upload_energy = watts * upload
        compute = work / clock
        data = size / UNITS[p.qpu_unit]
        gate_time, bracket = hardware.gate_time(level), hardware.power(level)
        quantum_time = data * logical * gate_time
        # (8) is a power times the data; a power times the time it is drawn for is an energy
        quantum_energy = (data if p.qpu_energy == "printed" else quantum_time) * logical * bracket
        return MeqcInstance(
            local_time=(work[:, 0] / np.asarray(local_clock, dtype=float)),
            local_energy=p.chip * work[:, 0],
            cpu_time=upload + compute,
            cpu_energy=upload_energy + p.chip * work,
            qpu_time=upload + quantum_time,
            qpu_energy=upload_energy + quantum_energy,
            admissible=self.admissible(logical, depth, level, np.asarray(qubits)[None, :]),
            upload=upload,
            upload_energy=upload_energy,
            compute=np.broadcast_to(compute, upload.shape),
            slots=np.full(upload.shape[1], p.qpu_slots),
            time_weight=p.weights.time,
            energy_weight=p.weights.energy,
            forced=p.qpu_rule == "forced",
            parallel=p.latency == "parallel",
            allow_none=p.allow_none,
            sharing=p.sharing,
            label=f"meqc[{p.title}, slot {frame}]",
            frame=frame,
            problem=self,
        )

    def admissible(self, logical: Any, depth: Any, level: Any, qubits: Any) -> np.ndarray:
        """I_u(e): whether a circuit fits a server's qubits and succeeds often enough, shape (users, servers)."""
        p = self.params
        if p.qubits_are == "physical":
            fits = logical * float(QUBITS_A_LEVEL) ** level <= qubits
        elif p.qubits_are == "one level":
            fits = logical <= np.floor(qubits / QUBITS_A_LEVEL)
        else:
            fits = logical <= qubits
        return np.asarray(fits & (p.hardware.model.success(logical, depth, level) >= p.success))
