"""The arrays of a branch and bound: the problem, the open nodes and the incumbent.

A node is a status per bit (0, 1 or free), a pinned cardinality or none, the prices it starts from and its bound.
Everything is in arrays, so that the search can stop after any node and go on later; the caller makes more room when it
asks for it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import put, put_bits
from .compiled import Bits, Floats, Integers, compiled, inner
from .form import FREE, Form

# entries of State.number
VALUE, GAP, ROUNDING, LINK, CLOSED, BREACH = range(6)
# entries of State.counter
OPEN, NODES, WAY, LEAF = range(4)

#: Bytes of node status beyond which the search goes depth first, so that it needs hardly any more.
MOST_BYTES = 1 << 26


class State(NamedTuple):
    """A search; see the module's docstring."""

    form: Form
    status: Bits  # (room, n)
    pin: Integers  # (room,) exact cardinality or -1
    price: Floats  # (room, d + 1)
    bound: Floats  # (room,)
    best: Bits  # (n,) incumbent
    number: Floats
    counter: Integers


@compiled
def new_state(form: Form, pinned: int, room: int) -> State:
    """One open node with every bit free."""
    n, d = form.block.shape
    s = State(
        form,
        np.empty((room, n), np.int8),
        np.empty(room, np.int64),
        np.zeros((room, d + 1)),
        np.empty(room),
        np.zeros(n, np.int8),
        np.zeros(8),
        np.zeros(8, np.int64),
    )
    for i in range(n):
        s.status[0, i] = FREE
    s.pin[0] = pinned
    s.bound[0] = -np.inf
    s.counter[OPEN] = 1
    s.number[VALUE] = s.number[CLOSED] = np.inf
    return s


def more_room(s: State, room: int) -> State:
    """The same search with room for more nodes."""
    n, d = s.form.block.shape
    made = State(
        s.form,
        np.empty((room, n), np.int8),
        np.empty(room, np.int64),
        np.zeros((room, d + 1)),
        np.empty(room),
        s.best,
        s.number,
        s.counter,
    )
    count = s.counter[OPEN]
    made.status[:count] = s.status[:count]
    made.pin[:count] = s.pin[:count]
    made.price[:count] = s.price[:count]
    made.bound[:count] = s.bound[:count]
    return made


@inner
def cutoff(s: State) -> float:
    """Bounds at or above this are good enough: the incumbent less the gap to prove and its own rounding."""
    value = s.number[VALUE]
    return value - s.number[GAP] * abs(value) - s.number[ROUNDING] if value < np.inf else np.inf


@inner
def close(s: State, least: float) -> None:
    """A node was searched to the end: no point of it is below `least`."""
    if not least >= cutoff(s):
        s.number[CLOSED] = min(s.number[CLOSED], least)


@compiled
def lower_bound(s: State) -> float:
    """What is proved so far: the least over open nodes, and the cutoff for everything that was closed by a bound."""
    bound = min(cutoff(s), s.number[CLOSED])
    for j in range(s.counter[OPEN]):
        bound = min(bound, s.bound[j])
    return bound


@inner
def push(s: State, status: Bits, pin: int, price: Floats, bound: float) -> None:
    """Append an open node."""
    j = s.counter[OPEN]
    put_bits(s.status[j], status)
    s.pin[j] = pin
    put(s.price[j], price, price.size)
    s.bound[j] = bound
    s.counter[OPEN] = j + 1


@inner
def pop(s: State) -> int:
    """The open node to visit: moved to the end of the arrays, and taken off. The one with the least bound, until
    the nodes fill their memory; then the newest."""
    last = s.counter[OPEN] - 1
    chosen = last
    if s.status.size < MOST_BYTES or s.counter[OPEN] < s.bound.size // 2:
        for j in range(last):
            if s.bound[j] < s.bound[chosen]:
                chosen = j
    if chosen != last:
        for i in range(s.status.shape[1]):
            s.status[chosen, i], s.status[last, i] = s.status[last, i], s.status[chosen, i]
        s.pin[chosen], s.pin[last] = s.pin[last], s.pin[chosen]
        for r in range(s.price.shape[1]):
            s.price[chosen, r], s.price[last, r] = s.price[last, r], s.price[chosen, r]
        s.bound[chosen], s.bound[last] = s.bound[last], s.bound[chosen]
    s.counter[OPEN] = last
    return last
