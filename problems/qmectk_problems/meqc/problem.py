"""The problem family meqc: parameters to slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from qmectk.copies import Copies
from qmectk.problem import Instance, Problem
from qmectk.process import slot_generator

from ..physics.quantum_hardware import QUBITS_A_LEVEL, circuit
from ..physics.radio import shannon_rate
from ..tasks import BLOCK, MEGABYTE
from .copies import MeqcCopies
from .drawn import Drawn, draw
from .instance import MeqcInstance
from .params import MeqcParams

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

    def fingerprint(self) -> str:
        return self.params.rows.stamped(super().fingerprint())

    def copies(self, count: int, rng: np.random.Generator) -> Copies:
        return MeqcCopies(self, count, rng)

    def draw(self, rng: np.random.Generator, frame: int = 0) -> MeqcInstance:
        """A slot; slots are independent, so the optimum of each is the best policy in the long run."""
        drawn = draw(self.params, rng)
        return self.slot(replace(drawn, **self.params.rows.at(frame)), frame)

    def instance(self, *, frame: int = 0, **drawn: Any) -> MeqcInstance:
        """The slot with these tasks and servers: the arrays of :class:`~.drawn.Drawn` by name, `order` aside."""
        arrays = {name: np.asarray(array) for name, array in drawn.items()}
        return self.slot(Drawn(**arrays, order=np.arange(arrays["scale"].shape[-1], dtype=float)), frame)

    def slot(self, drawn: Drawn, frame: int = 0) -> MeqcInstance:
        """The slot, or with leading axes the slots, that this becomes."""
        p = self.params
        hardware = p.hardware.model
        size, clock = drawn.size[..., None].astype(float), drawn.edge_clock[..., None, :].astype(float)
        cycles, logical, depth = (part[..., None] for part in circuit(drawn.scale))
        level = drawn.level[..., None, :]
        watts = drawn.power[..., None].astype(float)
        work = size * cycles  # [cycle]
        upload = 8.0 * size / shannon_rate(p.bandwidth, watts, drawn.gain.astype(float), p.noise)
        upload_energy = watts * upload
        compute = work / clock
        data = size / UNITS[p.qpu_unit]
        gate_time, bracket = hardware.gate_time(level), hardware.power(level)
        quantum_time = data * logical * gate_time
        # (8) is a power times the data; a power times the time it is drawn for is an energy
        quantum_energy = (data if p.qpu_energy == "printed" else quantum_time) * logical * bracket
        return MeqcInstance(
            local_time=work[..., 0] / drawn.local_clock,
            local_energy=p.chip * work[..., 0],
            cpu_time=upload + compute,
            cpu_energy=upload_energy + p.chip * work,
            qpu_time=upload + quantum_time,
            qpu_energy=upload_energy + quantum_energy,
            admissible=self.admissible(logical, depth, level, drawn.qubits[..., None, :]),
            upload=upload,
            upload_energy=upload_energy,
            compute=np.broadcast_to(compute, upload.shape),
            slots=np.full(drawn.edge_clock.shape, p.qpu_slots),
            time_weight=p.weights.time,
            energy_weight=p.weights.energy,
            forced=p.qpu_rule == "forced",
            parallel=p.latency == "parallel",
            allow_none=p.allow_none,
            sharing=p.sharing,
            conflicts=p.conflicts,
            drawn=drawn,
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
