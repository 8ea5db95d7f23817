"""One slot of the multi-server edge-quantum problem (Xu et al., arXiv 2504.08134, (12)-(13)), declared once.

    min  sum_u C_u     user u computes a share at home and 1 - phi_u, the remote share, at one server:
    C_u = lD (phi t^L + (1 - phi) t^X) + lE (phi e^L + (1 - phi) e^X),   X = its server's CPU or QPU
    s.t. one server a user; at most K quantum tasks a server; only admissible users on a QPU.

With `qpu_rule: forced` a user that is admissible at its server takes that server's slot whatever its share; with
`optional` the server decides. Rates depend on the chosen server only, so for given servers the cost is linear in
the shares: the optimum offloads everything or nothing, and the problem is a bipartite assignment. With
`latency: parallel` a time is the larger of the two, shares in between pay off, and it still is an assignment.
Where users share a server's bandwidth or CPU it is not: costs then grow with the number of users of a server.

Vectors over (server, user) are flat, server by server: element e U + u.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.describing import Table
from qmectk.errors import Refused
from qmectk.language import Language
from qmectk.problem import Instance, view
from qmectk.readings.quadratic import read_quadratic
from qmectk.views import RESTRICTION, Assignment, Binary, Curves, Decisions, Fidelity, Lowered, Modes, Quadratic

from ..stacking import stacked
from .bits import NamedPairs, OffloadBits
from .candidates import candidates
from .decisions import decisions
from .declaration import declare
from .drawn import Drawn
from .shown import draw, tables

if TYPE_CHECKING:
    from .problem import Meqc

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


#: Attributes that are arrays, and those that all slots of a stream have in common.
ARRAYS = (
    "local_time", "local_energy", "cpu_time", "cpu_energy", "qpu_time", "qpu_energy", "admissible", "upload",
    "upload_energy", "compute", "slots",
)  # fmt: skip
SETTINGS = ("time_weight", "energy_weight", "forced", "parallel", "allow_none", "sharing")


@dataclass(eq=False)
class MeqcInstance(Instance):
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
        The rules; see the module's docstring.
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
    problem: Meqc | None = None
    unit: str = "weighted s and J"

    @property
    def users(self) -> int:
        """Number U of users."""
        return int(self.local_time.shape[-1])

    @property
    def servers(self) -> int:
        """Number E of servers."""
        return int(self.cpu_time.shape[-1])

    @classmethod
    def stack(cls, instances: Sequence[MeqcInstance]) -> MeqcInstance | None:
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

    def declare(self, m: Language) -> None:
        declare(self, m)

    def contention(self) -> tuple[Array, Array, Array]:
        """Cost over local of a user alone at a server's CPU and QPU without the shared part, and the shared part."""
        if self.sharing == "bandwidth":
            each = self.weigh(self.upload, self.upload_energy)
            base = self.local_cost[..., None] + each
            return self.cpu_cost - base, self.qpu_cost - base, each
        each = self.time_weight * self.compute
        return self.cpu_cost - self.local_cost[..., None] - each, self.qpu_cost - self.local_cost[..., None], each

    # ---- structure --------------------------------------------------------------------------------

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kind of each mode: at home, CPU of each server, QPU of each server."""
        return ("local", *["cpu"] * self.servers, *["qpu"] * self.servers)

    @cached_property
    def curves(self) -> Curves:
        """Cost of a remote share in each mode, shape (users, 1 + 2 servers)."""
        self._no_contention()
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

    @view(Assignment)
    def assignment(self) -> Lowered:
        """Users to QPU slots; everybody else takes the best of home and CPUs."""
        made = Assignment(*self.best_costs, self.slots, self.matched)
        return Lowered(made, self.matched)

    def matched(self, match: Any) -> dict[str, Any]:
        """The point of a matching: the best mode of users alone, the QPU of the others."""
        share, value = self.best_modes
        alone = np.argmin(value[:, : 1 + self.servers], axis=1)
        mode = np.where(np.asarray(match) < 0, alone, 1 + self.servers + np.asarray(match))
        return self.point(mode, share[np.arange(self.users), mode])

    @view(Modes)
    def modes(self) -> Lowered:
        """Every mode of every user, for the baselines."""
        servers = np.arange(self.servers)
        slots = np.full((self.users, 1 + 2 * self.servers), -1)
        slots[:, 1 + self.servers :] = servers
        made = Modes(self.curves, self.kinds, np.concatenate([[-1], servers, servers]), slots, self.slots, self.point)
        return Lowered(made, lambda point: self.point(*point))

    @view(Quadratic)
    def choices(self) -> Lowered:
        """One bit a candidate: home, the best CPU, each admissible QPU at its best share. Exact."""
        made, mode, share = candidates(self)

        def lift(values: Any) -> dict[str, Any]:
            picked = made.chosen(values["x"])
            return self.point(mode[picked], share[picked])

        return Lowered(read_quadratic(made), lift)

    @view(Binary, RESTRICTION)
    def named_pairs(self) -> Binary:
        """The declared bits themselves, for rounding relaxations; heuristics prefer the view below."""
        return NamedPairs(self)

    @view(Binary)
    def offload_bits(self) -> Binary:
        """One bit a user: at home or away, completed by the best assignment."""
        return NamedPairs(self) if self.sharing != "none" else OffloadBits(self)

    @view(Decisions)
    def decisions(self) -> Lowered:
        """Home or a server of each user; who of several gets a QPU is settled by `conflicts`."""
        self._no_contention()
        made = decisions(self)
        # in a random order the slot may go to a user that the optimum sends to the CPU beside it
        return Lowered(made, made.complete, Fidelity.EXACT if self.conflicts == "gain" else RESTRICTION)

    def _no_contention(self) -> None:
        if self.sharing != "none":
            raise Refused(f"users share the servers' {self.sharing}, so a user's cost depends on the others")

    # ---- for people -------------------------------------------------------------------------------

    def describe(self) -> list[Table]:
        return tables(self)

    def picture(self, figure: Any) -> None:
        draw(self, figure)

    # ---- points -----------------------------------------------------------------------------------

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
            return {"cpu": flat["cpu"], "qpu": flat["qpu"], "crowd": self._crowds(bits["cpu"], bits["qpu"])}
        if self.parallel:
            remote = np.where(away, share, 0.0)
            there = np.where(quantum, self.qpu_time[u, server], self.cpu_time[u, server])
            flat["time"] = np.maximum((1.0 - remote) * self.local_time, remote * there)
        return flat

    def _crowds(self, cpu: Array, qpu: Array) -> Array:
        sharers = cpu + qpu if self.sharing == "bandwidth" else cpu
        return np.asarray((sharers * sharers.sum(axis=1, keepdims=True)).ravel())


def _side(*parts: Any) -> Any:
    """Arrays side by side along the last axis."""
    return np.concatenate(parts, axis=-1)
