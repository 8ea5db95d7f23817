"""What becomes of users that decided by themselves: who gets a QPU slot, what each pays, what each costs the others.

A user stays at home or goes to a server with a share of its task. There it wants the QPU where the QPU is cheaper for
that share than the CPU (`qpu_rule: optional`), or has to take it where it is admissible (`forced`). Of more users than
a QPU has slots those with the largest gain, the cost without the slot less the cost with it, get them, or under
`conflicts: random` those that come first in the slot's order. The others use the CPU; under `forced` that is not open
to them, and they stay at home.

Under `forced` and without `allow_none` a user whose circuit fits every server needs a slot somewhere even at home.
Such users go first, slots are kept for those of them that have none, and they sit in them at home.

Everything takes leading axes of slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Infeasible

from .slot import MeqcSlot

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]


def must_have(one: MeqcSlot) -> Mask:
    """Users that cannot be without a slot, shape (..., users)."""
    return np.asarray(~one.alone_allowed)


def seats_everybody(one: MeqcSlot) -> Mask:
    """Whether a slot has a feasible point, shape (...,): such users fit every server, so only their number counts."""
    return np.asarray(must_have(one).sum(axis=-1) <= one.slots.sum(axis=-1))


@dataclass(frozen=True)
class Settled:
    """A decision settled.

    Attributes
    ----------
    mode, share
        As :meth:`MeqcSlot.point` takes them, shape (..., users).
    cost
        C_u of each user, shape (..., users).
    """

    one: MeqcSlot
    mode: Indices
    share: Array
    cost: Array
    _contest: Contest

    @property
    def quantum(self) -> Mask:
        """Users with a slot."""
        return np.asarray(self.mode > self.one.servers)

    @cached_property
    def caused(self) -> Array:
        """D_u: what the slot would cost less without the user, shape (..., users).

        Its own cost, and what it keeps from the user that would have the slot in its place.
        """
        return self.cost + self._contest.kept_from_others()


class Contest:
    """Who gets the slots.

    Parameters
    ----------
    wants
        Users that ask for a slot of their server, shape (..., users).
    server
        Which one that is.
    gain
        Cost without the slot less cost with it.
    """

    def __init__(self, one: MeqcSlot, wants: Mask, server: Indices, gain: Array) -> None:
        self.wants, self.server, self.gain, self.servers = wants, server, gain, one.servers
        order = None if one.drawn is None else one.drawn.order
        if one.conflicts == "gain":
            key = -gain
        else:
            key = np.broadcast_to(np.arange(wants.shape[-1], dtype=float) if order is None else order, wants.shape)
        self.must = must_have(one) & np.ones_like(wants)
        self.any_must = bool(self.must.any())
        slots = np.take_along_axis(np.broadcast_to(one.slots, (*wants.shape[:-1], self.servers)), server, axis=-1)
        self.rank = _ranks(np.where(wants, server, self.servers), ~self.must, key)
        self.slots = slots
        self.first = self.wins = wants & (self.rank < slots)
        if self.any_must:
            room = one.slots.sum(axis=-1) - self.must.sum(axis=-1)
            others = self.first & ~self.must
            #: Place among all that are no such users and would get a slot; only so many as there is room for do.
            self.place = _ranks(np.where(others, 0, 1), np.zeros_like(others), key)
            self.room = room[..., None]
            self.wins = self.first & (self.must | (self.place < self.room))
            self.key = key

    def kept_from_others(self) -> Array:
        """Gain of those that would have a slot if a user were not there, shape (..., users); one or two of them."""
        following, there = self._next()
        gain = np.where(there, np.take_along_axis(self.gain, following, axis=-1), 0.0)
        if not self.any_must:
            return np.where(self.wins, gain, 0.0)
        waiting = self.first & ~self.must & (self.place == self.room)
        blocked = np.broadcast_to(np.argmax(waiting, axis=-1)[..., None], self.wins.shape)
        some = np.broadcast_to(waiting.any(axis=-1, keepdims=True), self.wins.shape)
        freed = np.where(some, np.take_along_axis(self.gain, blocked, axis=-1), 0.0)
        # behind a user that had no need of a slot only one can move up: the first
        ahead = there & (~some | (self._key(following) < self._key(blocked)))
        either = np.where(ahead, gain, freed)
        needs = there & np.take_along_axis(self.must, following, axis=-1)
        behind_must = np.where(self.wins & needs, gain + freed, np.where(self.wins, either, freed))
        return np.where(self.must, behind_must, np.where(self.wins, either, 0.0))

    def _key(self, user: Indices) -> Array:
        return np.asarray(np.take_along_axis(self.key, user, axis=-1))

    def _next(self) -> tuple[Indices, Mask]:
        """The user that would have each user's slot in its place, and where there is one."""
        following = np.full((*self.wants.shape[:-1], self.servers), -1)
        at = np.nonzero(self.wants & (self.rank == self.slots))
        following[(*at[:-1], self.server[at])] = at[-1]
        mine = np.take_along_axis(following, self.server, axis=-1)
        return np.maximum(mine, 0), self.first & (mine >= 0)


def settle(one: MeqcSlot, choice: Any, share: Any) -> Settled:
    """What becomes of choices (0 for home, 1 + e for server e) and remote shares in [0, 1].

    A slot that has no feasible point (:func:`seats_everybody`) leaves users at home without the slot they need.
    """
    choice = np.asarray(choice)
    away, server = choice > 0, np.maximum(choice - 1, 0)
    share = np.where(away, np.clip(share, 0.0, 1.0), 0.0)
    admissible = _at(one.admissible, server)
    home = one.local_cost
    cpu = _cost(one, one.cpu_time, one.cpu_energy, server, share)
    qpu = _cost(one, one.qpu_time, one.qpu_energy, server, share)
    bound = admissible & one.forced
    without = np.where(bound, home, cpu)
    gain = without - qpu
    contest = Contest(one, away & admissible & (one.forced | (gain > 0.0)), server, gain)
    wins = contest.wins
    on_cpu = away & ~wins & ~bound
    mode = np.where(wins, 1 + one.servers + server, np.where(on_cpu, 1 + server, 0))
    cost = np.where(wins, qpu, np.where(on_cpu, cpu, home))
    if contest.any_must:
        mode = _seated(one, mode, contest.must & ~wins)
    return Settled(one, mode, np.where(wins | on_cpu, share, 0.0), cost, contest)


def completed(one: MeqcSlot, choice: Any, share: Any) -> dict[str, Any]:
    """The point of one slot; Infeasible where it has none."""
    if not seats_everybody(one):
        raise Infeasible("no assignment gives every user that needs one a QPU slot")
    found = settle(one, choice, share)
    return one.point(found.mode, found.share)


def _cost(one: MeqcSlot, time: Array, energy: Array, server: Indices, share: Array) -> Array:
    """Cost of a remote share on the server that each user chose, shape (..., users)."""
    there, joules = _at(time, server), _at(energy, server)
    home, away = (1.0 - share) * one.local_time, share * there
    seconds = np.maximum(home, away) if one.parallel else home + away
    return one.weigh(seconds, (1.0 - share) * one.local_energy + share * joules)


def _at(array: Any, server: Indices) -> Any:
    """Numbers of (..., users, servers) at each user's server, shape (..., users)."""
    return np.take_along_axis(array, server[..., None], axis=-1)[..., 0]


def _seated(one: MeqcSlot, mode: Indices, users: Mask) -> Indices:
    """The same modes with these users in free slots, where they compute at home."""
    taken = (mode[..., None] == 1 + one.servers + np.arange(one.servers)).sum(axis=-2)
    free = np.cumsum(one.slots - taken, axis=-1)
    number = np.cumsum(users, axis=-1) - 1
    seat = (free[..., None, :] <= number[..., None]).sum(axis=-1)
    return np.where(users & (seat < one.servers), 1 + one.servers + seat, mode)


def _ranks(group: Any, late: Mask, key: Array) -> Indices:
    """Place of each element among those of its group along the last axis: early ones first, then by key."""
    order = np.lexsort((key, late, group), axis=-1)
    ordered = np.take_along_axis(group, order, axis=-1)
    count = np.arange(group.shape[-1])
    new = np.concatenate([np.ones_like(ordered[..., :1], bool), ordered[..., 1:] != ordered[..., :-1]], axis=-1)
    place = count - np.maximum.accumulate(np.where(new, count, 0), axis=-1)
    ranks = np.empty_like(place)
    np.put_along_axis(ranks, order, place, axis=-1)
    return ranks


__all__ = ["Settled", "completed", "must_have", "seats_everybody", "settle"]
