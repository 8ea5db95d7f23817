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

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import view
from qmectk.language import Language
from qmectk.presenting.describing import Table
from qmectk.readings.quadratic import read_quadratic
from qmectk.views import RESTRICTION, Assignment, Binary, Decisions, Fidelity, Lowered, Modes, Quadratic

from .bits import NamedPairs, OffloadBits
from .candidates import candidates
from .decisions import decisions
from .shown import draw, tables
from .slot import MeqcSlot

Array = NDArray[np.float64]


class MeqcInstance(MeqcSlot):
    """A slot as it is declared, and its views."""

    def declare(self, m: Language) -> None:
        users, servers, size = self.users, self.servers, self.users * self.servers
        cpu = m.var("cpu", size, kind="binary")
        qpu = m.var("qpu", size, kind="binary")
        rows = [slice(e * users, (e + 1) * users) for e in range(servers)]
        chosen = _total([cpu[row] + qpu[row] for row in rows])
        if self.sharing == "none":
            self._partial(m, rows, cpu, qpu)
        else:
            self._shared(m, rows, cpu, qpu)
        if self.allow_none or self.sharing != "none":
            m.le(chosen, 1, "at most one server a user")
        else:
            m.eq(chosen, 1, "one server a user")
        m.le(qpu, _flat(self.admissible), "only admissible circuits on a QPU")
        if self.forced:
            m.le(cpu, _flat(self.cpu_allowed), "admissible circuits take the QPU")
        for e, row in enumerate(rows):
            slots = self.slots[..., e, None] if m.batched else float(self.slots[e])
            m.le(m.sum(qpu[row]), slots, f"QPU slots of server {e}")

    def _partial(self, m: Language, rows: list[slice], cpu: Any, qpu: Any) -> None:
        """Shares computed remotely, and the cost, without contention."""
        size = self.users * self.servers
        cpu_share = m.var("cpu_share", size, upper=1)
        qpu_share = m.var("qpu_share", size, upper=1)
        m.le(cpu_share, cpu, "a share only where the CPU is chosen")
        m.le(qpu_share, qpu, "a share only where the QPU is chosen")
        if not self.parallel:
            cpu_gain = _flat(self.cpu_cost - self.local_cost[..., None])
            qpu_gain = _flat(self.qpu_cost - self.local_cost[..., None])
            home = _sum(m, self.local_cost)
            m.minimize(m.dot(cpu_gain, cpu_share) + m.dot(qpu_gain, qpu_share) + home)
            return
        time = m.var("time", self.users)
        cpu_gain = _flat(self.cpu_energy - self.local_energy[..., None])
        qpu_gain = _flat(self.qpu_energy - self.local_energy[..., None])
        energy = m.dot(cpu_gain, cpu_share) + m.dot(qpu_gain, qpu_share) + _sum(m, self.local_energy)
        m.minimize(self.time_weight * m.sum(time) + self.energy_weight * energy)
        remote = _total([cpu_share[row] + qpu_share[row] for row in rows])
        cpu_time, qpu_time = cpu_share * _flat(self.cpu_time), qpu_share * _flat(self.qpu_time)
        m.ge(time, self.local_time * (1 - remote), "time at home")
        m.ge(time, _total([cpu_time[row] + qpu_time[row] for row in rows]), "time at the server")

    def _shared(self, m: Language, rows: list[slice], cpu: Any, qpu: Any) -> None:
        """The cost with contention: a share of the server is 1/n, so n users each pay n times the cost."""
        users = self.users
        crowd = m.var("crowd", users * self.servers, upper=float(users))
        fixed_cpu, fixed_qpu, each = self.contention()
        m.minimize(
            m.dot(_flat(fixed_cpu), cpu)
            + m.dot(_flat(fixed_qpu), qpu)
            + m.dot(_flat(each), crowd)
            + _sum(m, self.local_cost)
        )
        for e, row in enumerate(rows):
            sharers = cpu[row] + qpu[row] if self.sharing == "bandwidth" else cpu[row]
            m.ge(crowd[row], m.sum(sharers) - users * (1 - sharers), f"crowd at server {e}")
            m.ge(crowd[row], sharers, f"oneself at server {e}", redundant=True)

    # ---- structure --------------------------------------------------------------------------------

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kind of each mode: at home, CPU of each server, QPU of each server."""
        return ("local", *["cpu"] * self.servers, *["qpu"] * self.servers)

    @view(Assignment)
    def assignment(self) -> Lowered:
        """Users to QPU slots; all others take the best of home and CPUs."""
        made = Assignment(*self.best_costs, self.slots, self.matched)
        return Lowered(made, self.matched)

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
        self.without_contention()
        made = decisions(self)
        # in a random order the slot may go to a user that the optimum sends to the CPU beside it
        return Lowered(made, made.complete, Fidelity.EXACT if self.conflicts == "gain" else RESTRICTION)

    # ---- for people -------------------------------------------------------------------------------

    def describe(self) -> list[Table]:
        return tables(self)

    def picture(self, figure: Any) -> None:
        draw(self, figure)


def _flat(array: Any) -> Array:
    """Numbers of (user, server) in the order of the variables, with a leading axis where there is one."""
    return np.swapaxes(array, -1, -2).reshape(*array.shape[:-2], -1).astype(float)


def _sum(m: Language, array: Array) -> Any:
    """Sum over the users, a scalar of the language."""
    return array.sum(axis=-1, keepdims=True) if m.batched else float(array.sum())


def _total(parts: list[Any]) -> Any:
    """Sum of vectors, pairwise: as deep as the logarithm of their number."""
    while len(parts) > 1:
        parts = [a + b for a, b in zip(parts[::2], parts[1::2], strict=False)] + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]
