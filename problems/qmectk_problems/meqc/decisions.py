"""What a policy decides of a slot, and what it may see of it; of one slot or, with leading axes, of many.

Every user stays at home or goes to one of the servers; :mod:`.settling` says what follows. With `latency: serial` it
takes its whole task there, since the cost is linear in the share; with `parallel` the share is open. What completes
decisions takes any share in [0, 1] all the same, so that a policy as it was published, which draws shares from a normal
distribution, can be carried out.

Three kinds of features:

=========== =========================================== ==================================================
kind        of a user                                   of a user and a server
=========== =========================================== ==================================================
own         log clock, log size, scale pb, log power    log clock, log qubits, level 1, 2, 3 or more, gain
costs       log cost at home                            log cost of the CPU, of the QPU over home, QPU
                                                        wanted, log of the cheaper one, log CPU over the
                                                        user's cheapest CPU
published   size, cycles a byte, qubits and depth of    gain, clock, level, qubits, in natural units
            the circuit, power, clock
=========== =========================================== ==================================================

`own` is physical, in logarithms about the middle of the default ranges. `published` is the list of Xu et al. as it
stands. Of the first choice, home, there is nothing to be seen beside the user itself.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.views import Decision, Decisions, Features

from ..physics.quantum_hardware import circuit
from .drawn import Drawn
from .settling import completed
from .slot import MeqcSlot

Array = NDArray[np.float64]

#: Middle of the default ranges: clocks [Hz], task size [byte], transmit power [W], qubits; scale pb and gain with half
#: their width. Fixed, so that a policy sees the same numbers in problems of other sizes and ranges.
CLOCK, EDGE_CLOCK, SIZE, POWER, QUBITS = 2e9, 15e9, 5632 * 163_840.0, 1e-4, 3000.0
SCALE, GAIN = (6.0, 3.0), (6.0, 2.0)
#: Unit and largest size of a logarithm of a ratio of costs: home costs up to some hundred times as much as a CPU, and
#: QPUs of level 3 cost 10^8 times as much as anything else.
RATIO, MOST = 3.0, 2.0
#: Smallest cost that is divided by, over no cost at all [weighted s and J].
NOTHING = 1e-300


def decisions(one: MeqcSlot) -> Decisions:
    """The view of a slot, or of a stack of them."""
    shape = (*one.local_cost.shape, 1 + one.servers)
    most = np.ones(shape)
    most[..., 0] = 0.0
    return Decisions(
        choices=("home", *(f"server {e}" for e in range(one.servers))),
        allowed=np.ones(shape, bool),
        least=np.zeros(shape) if one.parallel else most,
        most=most,
        sense=-1,
        scale=home_cost(one),
        see=partial(_see, one),
        complete=partial(_complete, one),
        seen=("costs",) if one.drawn is None else ("own", "costs", "published"),
        arrays={"partial": most},
    )


def home_cost(one: MeqcSlot) -> Array:
    """Cost of each user at home, above 0, shape (..., users)."""
    return np.maximum(one.local_cost, NOTHING)


def _complete(one: MeqcSlot, decision: Decision) -> dict[str, Any]:
    if one.local_cost.ndim > 1:
        raise InputError("many slots are completed one by one", "take the view of one of them")
    return completed(one, decision.choice, decision.share)


def _see(one: MeqcSlot, kind: str) -> Features:
    if kind == "costs":
        return _costs(one)
    assert one.drawn is not None
    return _physical(one.drawn) if kind == "own" else _printed(one.drawn)


def _physical(d: Drawn) -> Features:
    device = np.stack(
        [
            np.log(d.local_clock / CLOCK),
            np.log(np.maximum(d.size, 1.0) / SIZE),
            (d.scale - SCALE[0]) / SCALE[1],
            np.log(d.power / POWER),
        ],
        axis=-1,
    )
    server = [np.log(d.edge_clock / EDGE_CLOCK), np.log(np.maximum(d.qubits, 1.0) / QUBITS)]
    server += [d.level == 1, d.level == 2, d.level >= 3]
    names = ("log clock", "log size", "scale", "log power"), (
        "log edge clock", "log qubits", "level 1", "level 2", "level 3 or more", "gain",
    )  # fmt: skip
    return Features(device, _pairs(server, (d.gain - GAIN[0]) / GAIN[1]), *names)


def _printed(d: Drawn) -> Features:
    cycles, qubits, depth = circuit(d.scale)
    device = np.stack([d.size, cycles, qubits, depth, d.power, d.local_clock], axis=-1)
    names = ("size", "cycles", "circuit qubits", "depth", "power", "clock"), ("edge clock", "level", "qubits", "gain")
    return Features(device, _pairs([d.edge_clock, d.level, d.qubits], d.gain), *names)


def _pairs(server: list[Any], gain: Array) -> Array:
    """Numbers of servers and the gain of pairs side by side, behind a row of zeros for home."""
    each = [np.broadcast_to(np.asarray(part, dtype=float)[..., None, :], gain.shape) for part in server]
    return _behind_home(np.stack([*each, gain], axis=-1))


def _costs(one: MeqcSlot) -> Features:
    home = home_cost(one)[..., None]
    if one.parallel:
        value = one.best_modes[1]
        cpu, qpu = value[..., 1 : 1 + one.servers], value[..., 1 + one.servers :]
    else:
        cpu, qpu = (
            np.where(allowed, cost, np.inf)
            for allowed, cost in ((one.cpu_allowed, one.cpu_cost), (one.admissible, one.qpu_cost))
        )
    best = np.minimum(cpu.min(axis=-1, keepdims=True), home)
    pairs = [
        _ratio(cpu, home),
        _ratio(qpu, home),
        one.admissible & (one.forced | (qpu < cpu)),
        _ratio(np.minimum(cpu, qpu), home),
        _ratio(cpu, best),
    ]
    pair = _behind_home(np.stack([np.asarray(part, dtype=float) for part in pairs], axis=-1))
    names = "CPU over home", "QPU over home", "QPU wanted", "cheaper over home", "CPU over best"
    return Features((np.log(home) - np.log(HOME)) / RATIO, pair, ("log home cost",), names)


#: Middle of the costs at home [weighted s and J]: the middle task of 192 cycles a byte at 2 GHz.
HOME = 0.5 * SIZE * 192.0 * (1.0 / CLOCK + 1e-11)


def _ratio(cost: Array, unit: Array) -> Array:
    ratio = np.maximum(cost, NOTHING) / np.maximum(unit, NOTHING)
    return np.clip(np.log(ratio) / RATIO, -MOST, MOST)


def _behind_home(pair: Array) -> Array:
    return np.concatenate([np.zeros_like(pair[..., :1, :]), pair], axis=-2)


__all__ = ["decisions", "home_cost"]
