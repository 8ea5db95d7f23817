"""The candidates of a slot, one bit each: what is worth considering of every user's modes at their best shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..choices import Choices, Indices
from .slot import MeqcSlot

Array = NDArray[np.float64]


def candidates(one: MeqcSlot) -> tuple[Choices, Indices, Array]:
    """The choices of a slot, and the mode and the share of each candidate."""
    users, servers = one.users, one.servers
    if one.sharing == "none":
        share, value = one.best_modes
        keep = np.isfinite(value)
        best = 1 + np.argmin(value[:, 1 : 1 + servers], axis=1)
        keep[:, 1 : 1 + servers] &= np.arange(1, 1 + servers) == best[:, None]
        # a local mode is dominated where the CPU's best share costs no more
    else:
        fixed_cpu, fixed_qpu, _ = one.contention()
        value = np.hstack([np.zeros((users, 1)), fixed_cpu, fixed_qpu]) + one.local_cost[:, None]
        keep = np.hstack([np.ones((users, 1), bool), one.cpu_allowed, one.admissible])
        share = np.ones_like(value)
    device, mode = np.nonzero(keep)
    crowds = () if one.sharing == "none" else tuple(_crowd(one, e, device, mode) for e in range(servers))
    slot = np.where(mode > servers, mode - 1 - servers, -1)
    made = Choices(value[device, mode], device, slot, users, one.slots, crowds)
    return made, mode, share[device, mode]


def _crowd(one: MeqcSlot, server: int, device: Any, mode: Any) -> tuple[Any, Any]:
    """The candidates that share a server, and what each pays for every one of them."""
    _, _, each = one.contention()
    here = mode == 1 + server
    if one.sharing == "bandwidth":
        here |= mode == 1 + one.servers + server
    members = np.flatnonzero(here)
    return members, each[device[members], server]
