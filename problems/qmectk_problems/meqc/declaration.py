"""What a slot of the multi-server problem declares: shares without contention, or crowds where servers are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.language import Language

if TYPE_CHECKING:
    from .instance import MeqcInstance

Array = NDArray[np.float64]


def declare(one: MeqcInstance, m: Language) -> None:
    """Variables, constraints and cost of a slot, or of a stack of slots."""
    users, servers, size = one.users, one.servers, one.users * one.servers
    cpu = m.var("cpu", size, kind="binary")
    qpu = m.var("qpu", size, kind="binary")
    rows = [slice(e * users, (e + 1) * users) for e in range(servers)]
    chosen = _total([cpu[row] + qpu[row] for row in rows])
    if one.sharing == "none":
        _partial(one, m, rows, cpu, qpu)
    else:
        _shared(one, m, rows, cpu, qpu)
    if one.allow_none or one.sharing != "none":
        m.le(chosen, 1, "at most one server a user")
    else:
        m.eq(chosen, 1, "one server a user")
    m.le(qpu, _flat(one.admissible), "only admissible circuits on a QPU")
    if one.forced:
        m.le(cpu, _flat(one.cpu_allowed), "admissible circuits take the QPU")
    for e, row in enumerate(rows):
        slots = one.slots[..., e, None] if m.batched else float(one.slots[e])
        m.le(m.sum(qpu[row]), slots, f"QPU slots of server {e}")


def _partial(one: MeqcInstance, m: Language, rows: list[slice], cpu: Any, qpu: Any) -> None:
    """Shares computed remotely, and the cost, without contention."""
    size = one.users * one.servers
    cpu_share = m.var("cpu_share", size, upper=1)
    qpu_share = m.var("qpu_share", size, upper=1)
    m.le(cpu_share, cpu, "a share only where the CPU is chosen")
    m.le(qpu_share, qpu, "a share only where the QPU is chosen")
    if not one.parallel:
        cpu_gain = _flat(one.cpu_cost - one.local_cost[..., None])
        qpu_gain = _flat(one.qpu_cost - one.local_cost[..., None])
        home = _sum(m, one.local_cost)
        m.minimize(m.dot(cpu_gain, cpu_share) + m.dot(qpu_gain, qpu_share) + home)
        return
    time = m.var("time", one.users)
    cpu_gain = _flat(one.cpu_energy - one.local_energy[..., None])
    qpu_gain = _flat(one.qpu_energy - one.local_energy[..., None])
    energy = m.dot(cpu_gain, cpu_share) + m.dot(qpu_gain, qpu_share) + _sum(m, one.local_energy)
    m.minimize(one.time_weight * m.sum(time) + one.energy_weight * energy)
    remote = _total([cpu_share[row] + qpu_share[row] for row in rows])
    cpu_time, qpu_time = cpu_share * _flat(one.cpu_time), qpu_share * _flat(one.qpu_time)
    m.ge(time, one.local_time * (1 - remote), "time at home")
    m.ge(time, _total([cpu_time[row] + qpu_time[row] for row in rows]), "time at the server")


def _shared(one: MeqcInstance, m: Language, rows: list[slice], cpu: Any, qpu: Any) -> None:
    """The cost with contention: a share of the server is 1/n, so n users each pay n times the cost."""
    users = one.users
    crowd = m.var("crowd", users * one.servers, upper=float(users))
    fixed_cpu, fixed_qpu, each = one.contention()
    m.minimize(
        m.dot(_flat(fixed_cpu), cpu)
        + m.dot(_flat(fixed_qpu), qpu)
        + m.dot(_flat(each), crowd)
        + _sum(m, one.local_cost)
    )
    for e, row in enumerate(rows):
        sharers = cpu[row] + qpu[row] if one.sharing == "bandwidth" else cpu[row]
        m.ge(crowd[row], m.sum(sharers) - users * (1 - sharers), f"crowd at server {e}")
        m.ge(crowd[row], sharers, f"oneself at server {e}", redundant=True)


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
