"""Binary views of the multi-server edge-quantum problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Infeasible
from qmectk.views import Binary
from qmectk.views.assignment import match_users

from .slot import MeqcSlot

Array = NDArray[np.float64]


class OffloadBits(Binary):
    """x_u = 1 offloads user u, to whatever the best assignment gives it; x_u = 0 keeps its task at home.

    Every optimum has such an action, so a proof by enumeration is a proof. A user that can only stay at home, or
    that has nothing but a slot, follows its bit as far as it can.
    """

    title = "Binary (offload or not, servers assigned)"
    sense = -1
    tolerance = 1e-9

    def __init__(self, instance: MeqcSlot) -> None:
        self.instance = instance
        self.n = instance.users
        share, _ = instance.best_modes
        servers = instance.servers
        curves = instance.curves
        at_home = np.where(curves.available, curves.value(np.zeros_like(share)), np.inf)
        # away is a share above 0: everything, where nothing would be best
        share = np.where(share == 0.0, 1.0, share)
        away = np.where(curves.available, curves.value(share), np.inf)
        # the cost of each mode under either bit: at home the share is 0, and the slot may still be charged
        self.modes = (at_home, np.where(np.arange(1 + 2 * servers) == 0, np.inf, away))
        self.shares = (np.zeros_like(share), share)
        self.alone = tuple(costs[:, : 1 + servers].min(axis=1) for costs in self.modes)
        self.pair = tuple(costs[:, 1 + servers :] for costs in self.modes)

    def score(self, actions: Any) -> Array:
        return np.array([self._value(action) for action in np.atleast_2d(actions) != 0])

    def complete(self, action: Any) -> dict[str, Any]:
        bits = np.asarray(action) != 0
        pair, alone = self._costs(bits)
        match = match_users(pair, alone, self.instance.slots)
        if match is None:
            raise Infeasible("no assignment gives every user that needs one a QPU slot")
        u, pick = np.arange(self.n), bits.astype(int)
        modes = np.where(bits[:, None], self.modes[1], self.modes[0])
        unconnected = np.argmin(modes[:, : 1 + self.instance.servers], axis=1)
        mode = np.where(match < 0, unconnected, 1 + self.instance.servers + match)
        share = np.stack(self.shares)[pick, u, mode]
        return self.instance.point(mode, share)

    def action(self, values: Mapping[str, Any]) -> Any:
        """A user is away where a share of its task is."""
        shape = (self.instance.servers, self.n)
        away = sum(np.reshape(values[name], shape).sum(axis=0) for name in ("cpu_share", "qpu_share"))
        return (np.asarray(away) > 0.0).astype(np.int8)

    def _costs(self, bits: Any) -> tuple[Array, Array]:
        pair = np.where(bits[:, None], self.pair[1], self.pair[0])
        alone = np.where(bits, self.alone[1], self.alone[0])
        return pair, alone

    def _value(self, bits: Any) -> float:
        pair, alone = self._costs(bits)
        match = match_users(pair, alone, self.instance.slots)
        if match is None:
            return -np.inf
        u = np.arange(self.n)
        return -float(np.where(match < 0, alone, pair[u, np.maximum(match, 0)]).sum())

    def features(self) -> Array:
        """Cost at home, cost at the best CPU and the two cheapest QPUs of each user, as log(1 + cost / mean)."""
        one, servers = self.instance, self.instance.servers
        qpu = np.sort(np.where(one.admissible, one.qpu_cost, np.inf), axis=1)[:, : min(2, servers)]
        columns = np.column_stack([one.local_cost, one.cpu_cost.min(axis=1), qpu])
        scale = float(one.local_cost.mean()) or 1.0
        return np.asarray(np.log1p(np.minimum(columns / scale, 1e3)).ravel())


class NamedPairs(Binary):
    """The declared bits: (server, user) pairs that use the CPU, then those that use the QPU.

    Bits that name several pairs of a user allow each of them, and the best assignment among the allowed pairs is
    what counts: that is how a fractional assignment is rounded. Where servers are shared there is no best
    assignment to be had cheaply; the bits then must be a decision.
    """

    title = "Binary (pairs of user and processor)"
    sense = -1
    tolerance = 1e-9

    def __init__(self, instance: MeqcSlot) -> None:
        self.instance = instance
        self.n = 2 * instance.users * instance.servers

    def score(self, actions: Any) -> Array:
        rows = np.atleast_2d(actions)
        if self.instance.sharing != "none":
            return self._shared_scores(rows)
        return np.array([self._assigned(row)[0] for row in rows])

    def complete(self, action: Any) -> dict[str, Any]:
        if self.instance.sharing != "none":
            if not np.isfinite(self._shared_scores(np.atleast_2d(action))[0]):
                raise Infeasible("these bits are no decision: a user has several servers, or a QPU takes too many")
            cpu, qpu = self._split(np.atleast_2d(action))
            crowd = self.instance.crowds(cpu[0].T.astype(float), qpu[0].T.astype(float))
            return {"cpu": cpu[0].T.ravel().astype(float), "qpu": qpu[0].T.ravel().astype(float), "crowd": crowd}
        _, mode, share = self._assigned(np.asarray(action))
        if mode is None:
            raise Infeasible("no assignment among these pairs gives every user that needs one a QPU slot")
        return self.instance.point(mode, share)

    def _split(self, rows: Any) -> tuple[Any, Any]:
        """Bits as (candidate, user, server) of the CPU and of the QPU."""
        one = self.instance
        both = np.asarray(rows).reshape(len(rows), 2, one.servers, one.users) != 0
        return both[:, 0].swapaxes(1, 2), both[:, 1].swapaxes(1, 2)

    def _assigned(self, row: Any) -> tuple[float, Any, Any]:
        one, servers = self.instance, self.instance.servers
        cpu, qpu = (bits[0] for bits in self._split(np.atleast_2d(row)))
        share, value = one.best_modes
        allowed = np.hstack([np.ones((one.users, 1), bool), cpu, qpu])
        value = np.where(allowed, value, np.inf)
        alone = value[:, : 1 + servers].min(axis=1)
        match = match_users(value[:, 1 + servers :], alone, one.slots)
        if match is None:
            return -np.inf, None, None
        mode = np.where(match < 0, np.argmin(value[:, : 1 + servers], axis=1), 1 + servers + match)
        u = np.arange(one.users)
        return -float(value[u, mode].sum()), mode, share[u, mode]

    def _shared_scores(self, rows: Any) -> Array:
        one = self.instance
        cpu, qpu = self._split(rows)
        fixed_cpu, fixed_qpu, each = one.contention()
        sharers = cpu | qpu if one.sharing == "bandwidth" else cpu
        crowd = sharers.sum(axis=1)
        cost = one.local_cost.sum() + (cpu * fixed_cpu + qpu * fixed_qpu).sum(axis=(1, 2))
        cost = cost + ((sharers * each).sum(axis=1) * crowd).sum(axis=1)
        wrong = ((cpu | qpu).sum(axis=2) > 1).any(axis=1) | (cpu & qpu).any(axis=(1, 2))
        wrong |= (cpu & ~one.cpu_allowed).any(axis=(1, 2)) | (qpu & ~one.admissible).any(axis=(1, 2))
        wrong |= (qpu.sum(axis=1) > one.slots).any(axis=1)
        return np.where(wrong, -np.inf, -cost)
