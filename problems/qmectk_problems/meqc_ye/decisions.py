"""The Decisions view of slots: each device's mode and its share within the deadline; a leading axis is allowed.

The queue's part of the objective is known without learning: -z phi away, and z Delta at home under the printed queue.
Where the QPU takes `qpu_slots` jobs only, those that gain the most from it keep it, given what was decided, and the
others go to the CPU at the share nearest to theirs, or stay local where the CPU is too slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Infeasible
from qmectk.views import Decision, Decisions, Features

from .costs import CPU, KINDS, LOCAL, QPU
from .features import own, published
from .slot import MeqcYeSlot

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Least scale of a device's objective, where V or the weights are 0 and nothing is left to learn.
TINY = 1e-12


@dataclass(frozen=True)
class Settled:
    """Decisions after the QPU's slots were given away.

    Attributes
    ----------
    mode, share, value
        Of every device, shape (..., devices); `value` is its part of the objective.
    crowded_out
        What the devices that hold a QPU slot keep the next in line from, >= 0, shape (..., devices).
    short
        Whether some device has only the QPU and finds no slot: the slot has no feasible point, shape (...).
    """

    mode: NDArray[np.int64]
    share: Array
    value: Array
    crowded_out: Array
    short: Mask


def decisions(one: MeqcYeSlot) -> Decisions:
    """What a policy decides of an instance, or of many with leading axes."""
    curves, terms = one.curves, one.terms
    problem: Any = one.problem  # knows the spread of what is seen
    allowed = curves.available
    slope = np.where(np.arange(len(KINDS)) == LOCAL, 0.0, -one.queue[..., None])
    charge = np.where(np.arange(len(KINDS)) == LOCAL, one.local_charge[..., None], 0.0)

    def see(kind: str) -> Features:
        return own(terms) if kind == "own" or problem is None else published(terms, *problem.observed)

    def complete(decision: Decision) -> dict[str, Any]:
        found = settle(one, decision)
        if found.short.any():
            raise Infeasible(f"more devices than the QPU's {one.slots} slots can finish in time nowhere else")
        return one.point(found.mode, found.share)

    return Decisions(
        choices=KINDS,
        allowed=allowed,
        least=np.where(allowed, curves.lower, 0.0),
        most=np.where(allowed, curves.upper, 0.0),
        sense=-1,
        scale=np.maximum(one.V * terms.home, TINY),
        see=see,
        complete=complete,
        known=(charge, slope),
        seen=("own",) if problem is None else ("own", "published"),
    )


def settle(one: MeqcYeSlot, decision: Decision) -> Settled:
    """Who keeps the QPU, what the others do, and what it comes to."""
    curves = one.curves
    lower, upper = (np.where(curves.available, limit, 0.0) for limit in (curves.lower, curves.upper))
    # the share in every mode: where a device ends up depends on the others
    every = np.clip(np.asarray(decision.share)[..., None], lower, upper)
    values = np.where(curves.available, curves.value(every), np.inf)
    mode = np.asarray(decision.choice)
    crowded_out, short = np.zeros(mode.shape), np.zeros(mode.shape[:-1], bool)
    if one.slots is not None:
        cpu = curves.available[..., CPU]
        spare = np.where(cpu, CPU, LOCAL)
        wanted = mode == QPU
        with np.errstate(invalid="ignore"):  # inf - inf where there is no QPU: not wanted
            gain = np.where(wanted, _take(values, spare) - values[..., QPU], -np.inf)
        order = np.argsort(-gain, axis=-1, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.broadcast_to(np.arange(mode.shape[-1]), order.shape), axis=-1)
        stuck = wanted & ~cpu & ~curves.available[..., LOCAL]
        held = wanted & ((rank < one.slots) | stuck)
        short = stuck.sum(axis=-1) > one.slots
        left = np.where(wanted & ~held, gain, 0.0).max(axis=-1, keepdims=True, initial=0.0)
        crowded_out = np.where(held, left, 0.0)
        mode = np.where(wanted & ~held, spare, mode)
    return Settled(mode, _take(every, mode), _take(values, mode), crowded_out, short)


def _take(array: Array, mode: Any) -> Array:
    return np.take_along_axis(array, np.asarray(mode)[..., None], axis=-1)[..., 0]
