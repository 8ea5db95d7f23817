"""The numbers of one slot of the multi-server problem and what modes and shares come to.

Vectors over (server, user) are flat, server by server: element e U + u.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Refused
from qmectk.instance import Instance
from qmectk.problem import Problem
from qmectk.views import Curves

from ..physics.quantum_hardware import QUBITS_A_LEVEL, circuit
from ..physics.radio import shannon_rate
from ..stacking import stacked
from ..tasks import BLOCK, MEGABYTE
from .drawn import Drawn
from .params import MeqcParams

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Bytes per unit of data in the QPU's latency and energy.
UNITS = {"bytes": 1.0, "MB": MEGABYTE, "blocks": BLOCK}

#: Attributes that are arrays, and those that all slots of a stream have in common.
ARRAYS = (
    "local_time", "local_energy", "cpu_time", "cpu_energy", "qpu_time", "qpu_energy", "admissible", "upload",
    "upload_energy", "compute", "slots",
)  # fmt: skip
SETTINGS = ("time_weight", "energy_weight", "forced", "parallel", "allow_none", "sharing")


@dataclass(eq=False)
class MeqcSlot(Instance):
    """Arrays of one slot; a stack of slots has a leading axis everywhere.

    Attributes
    ----------
    local_time, local_energy
        Of the whole task at home [s], [J], shape (users,).
    cpu_time, cpu_energy, qpu_time, qpu_energy
        Of the whole task at a server, transmission included, shape (users, servers).
    admissible
        I_u(e): whether user u may run its circuit on the QPU of server e.
    upload, upload_energy, compute
        Parts of the above: transmission time and energy, and the CPU's time [s], [J], shape (users, servers).
    slots
        Quantum tasks each server runs at once, shape (servers,).
    time_weight, energy_weight
        lD and lE.
    forced, parallel, allow_none
        The rules; see :mod:`.instance`.
    sharing
        "none", "bandwidth" or "cpu".
    conflicts
        "gain" or "random": who of several users that a policy sends to a QPU gets its slot.
    drawn
        What it was made of, where that is known; policies read it.
    """

    local_time: Array
    local_energy: Array
    cpu_time: Array
    cpu_energy: Array
    qpu_time: Array
    qpu_energy: Array
    admissible: Mask
    upload: Array
    upload_energy: Array
    compute: Array
    slots: NDArray[np.int64]
    time_weight: float = 0.5
    energy_weight: float = 0.5
    forced: bool = False
    parallel: bool = False
    allow_none: bool = False
    sharing: str = "none"
    conflicts: str = "gain"
    drawn: Drawn | None = None
    label: str = "meqc"
    frame: int = 0
    problem: Problem | None = None
    unit: str = "weighted s and J"

    @classmethod
    def of(cls, p: MeqcParams, drawn: Drawn, frame: int = 0, problem: Problem | None = None) -> Self:
        """The slot, or with leading axes the slots, that this becomes."""
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
        return cls(
            local_time=work[..., 0] / drawn.local_clock,
            local_energy=p.chip * work[..., 0],
            cpu_time=upload + compute,
            cpu_energy=upload_energy + p.chip * work,
            qpu_time=upload + quantum_time,
            qpu_energy=upload_energy + quantum_energy,
            admissible=_admissible(p, logical, depth, level, drawn.qubits[..., None, :]),
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
            problem=problem,
        )

    @property
    def users(self) -> int:
        """Number U of users."""
        return int(self.local_time.shape[-1])

    @property
    def servers(self) -> int:
        """Number E of servers."""
        return int(self.cpu_time.shape[-1])

    @classmethod
    def stack(cls, instances: Sequence[Self]) -> Self | None:
        found = stacked(instances, ARRAYS, SETTINGS)
        return None if found is None else cls(**found)

    def data(self) -> dict[str, Any]:
        """The tasks, servers and channels that it is made of."""
        return super().data() if self.drawn is None else dict(vars(self.drawn))

    def weigh(self, seconds: Array, joules: Array) -> Array:
        """lD t + lE e."""
        return self.time_weight * seconds + self.energy_weight * joules

    @cached_property
    def local_cost(self) -> Array:
        """Cost of the whole task at home, shape (users,)."""
        return self.weigh(self.local_time, self.local_energy)

    @cached_property
    def cpu_cost(self) -> Array:
        """Cost of the whole task on the CPU of each server, shape (users, servers)."""
        return self.weigh(self.cpu_time, self.cpu_energy)

    @cached_property
    def qpu_cost(self) -> Array:
        """Cost of the whole task on the QPU of each server, shape (users, servers)."""
        return self.weigh(self.qpu_time, self.qpu_energy)

    @cached_property
    def cpu_allowed(self) -> Mask:
        """Where a user may use a server without its QPU, shape (users, servers)."""
        return np.asarray(~self.admissible if self.forced else np.ones_like(self.admissible), dtype=bool)

    @cached_property
    def alone_allowed(self) -> Mask:
        """Users that can compute at home without occupying a QPU slot, shape (users,)."""
        return np.asarray(self.allow_none | self.cpu_allowed.any(axis=-1), dtype=bool)

    def contention(self) -> tuple[Array, Array, Array]:
        """Cost over local of a user alone at a server's CPU and QPU without the shared part, and the shared part."""
        if self.sharing == "bandwidth":
            each = self.weigh(self.upload, self.upload_energy)
            base = self.local_cost[..., None] + each
            return self.cpu_cost - base, self.qpu_cost - base, each
        each = self.time_weight * self.compute
        return self.cpu_cost - self.local_cost[..., None] - each, self.qpu_cost - self.local_cost[..., None], each

    def without_contention(self) -> None:
        """Refused where a user's cost depends on the others'."""
        if self.sharing != "none":
            raise Refused(f"users share the servers' {self.sharing}, so a user's cost depends on the others")

    @cached_property
    def curves(self) -> Curves:
        """Cost of a remote share in each mode, shape (users, 1 + 2 servers)."""
        self.without_contention()
        local = self.local_cost[..., None] if not self.parallel else self.local_energy[..., None] * self.energy_weight
        allowed = _side(self.alone_allowed[..., None], self.cpu_allowed, self.admissible)
        upper = np.where(allowed, 1.0, -1.0)
        upper[..., 0] = np.where(allowed[..., 0], 0.0, -1.0)
        lower = np.zeros_like(upper)
        if not self.parallel:
            remote = _side(local, self.cpu_cost, self.qpu_cost)
            return Curves(np.broadcast_to(local, upper.shape), remote - local, lower, upper)
        remote = self.energy_weight * _side(self.local_energy[..., None], self.cpu_energy, self.qpu_energy)
        seconds = _side(self.local_time[..., None], self.cpu_time, self.qpu_time)
        home = np.broadcast_to(self.local_time[..., None], upper.shape)
        nothing = np.zeros_like(upper)
        return Curves(
            np.broadcast_to(local, upper.shape),
            remote - local,
            lower,
            upper,
            weight=np.full_like(upper, self.time_weight),
            first=(home, -home),
            second=(nothing, seconds),
        )

    @cached_property
    def best_modes(self) -> tuple[Array, Array]:
        """Best share and its cost of every mode."""
        return self.curves.minimise()

    @property
    def best_costs(self) -> tuple[Array, Array]:
        """Least cost in a slot of each server, shape (users, servers), and without one, shape (users,)."""
        _, value = self.best_modes
        return value[..., 1 + self.servers :], value[..., : 1 + self.servers].min(axis=-1)

    def matched(self, match: Any) -> dict[str, Any]:
        """The point of a matching: the best mode of users alone, the QPU of the others."""
        share, value = self.best_modes
        alone = np.argmin(value[:, : 1 + self.servers], axis=1)
        mode = np.where(np.asarray(match) < 0, alone, 1 + self.servers + np.asarray(match))
        return self.point(mode, share[np.arange(self.users), mode])

    def point(self, mode: Any, share: Any) -> dict[str, Any]:
        """All declared variables from the mode and remote share of each user."""
        users, servers = self.users, self.servers
        mode = np.asarray(mode)
        away, quantum = mode > 0, mode > servers
        server = np.where(quantum, mode - 1 - servers, mode - 1)
        if not (self.allow_none or self.sharing != "none"):
            # at home a user still has a server, one that does not charge it a slot
            server = np.where(away, server, np.argmax(self.cpu_allowed, axis=1))
        named = away if self.allow_none or self.sharing != "none" else np.full(users, True)
        bits = {name: np.zeros((servers, users)) for name in ("cpu", "qpu", "cpu_share", "qpu_share")}
        u = np.arange(users)
        for name, there in (("cpu", named & ~quantum), ("qpu", quantum)):
            bits[name][server[there], u[there]] = 1.0
            bits[f"{name}_share"][server[there], u[there]] = np.where(away, share, 0.0)[there]
        flat = {name: array.ravel() for name, array in bits.items()}
        if self.sharing != "none":
            return {"cpu": flat["cpu"], "qpu": flat["qpu"], "crowd": self.crowds(bits["cpu"], bits["qpu"])}
        if self.parallel:
            remote = np.where(away, share, 0.0)
            there = np.where(quantum, self.qpu_time[u, server], self.cpu_time[u, server])
            flat["time"] = np.maximum((1.0 - remote) * self.local_time, remote * there)
        return flat

    def crowds(self, cpu: Array, qpu: Array) -> Array:
        """Who shares a server with how many, flat; from who is on its CPU and QPU, both of shape (servers, users)."""
        sharers = cpu + qpu if self.sharing == "bandwidth" else cpu
        return np.asarray((sharers * sharers.sum(axis=1, keepdims=True)).ravel())


def _admissible(p: MeqcParams, logical: Any, depth: Any, level: Any, qubits: Any) -> Mask:
    """I_u(e): whether a circuit fits a server's qubits and succeeds often enough, shape (users, servers)."""
    if p.qubits_are == "physical":
        fits = logical * float(QUBITS_A_LEVEL) ** level <= qubits
    elif p.qubits_are == "one level":
        fits = logical <= np.floor(qubits / QUBITS_A_LEVEL)
    else:
        fits = logical <= qubits
    return np.asarray(fits & (p.hardware.model.success(logical, depth, level) >= p.success))


def _side(*parts: Any) -> Any:
    """Arrays side by side along the last axis."""
    return np.concatenate(parts, axis=-1)
