"""The arrays of a search, and how items are decided and freed again.

Decided items are kept behind the free ones in the same arrays (swapped there), so going back is restoring one count:
memory is linear in the number of items whatever the depth. Everything that a search has to remember is in the arrays,
so it can stop after any node and go on later.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .price import Floats, Integers, clear_budget, merged, uncounted

Bits = NDArray[np.int8]

MAX_GROUPS = 64  # beyond this many distinct scales every item is its own group

# entries of State.number
VALUE, BOUND, ROOT_BOUND, OFF, GAP = range(5)
# entries of State.counter
FREE, GROUPS, ACTIVE, DEPTH, NODES, ON = range(6)
# columns of an open node
LEFT, RIGHT, PRICE, NODE_BOUND, WHERE = range(5)
NODE_FREE, ITEM, CHOICE, LEAST, MOST = range(5)


class State(NamedTuple):
    """A search: items by position, groups by number, incumbent by item, open nodes as a stack."""

    passive: Floats
    gain: Floats
    group: Integers
    item: Integers
    place: Integers  # position of each item
    on: Bits  # choice of the decided items
    pick: Bits  # choice of the free items in the action at hand
    scale: Floats  # per group
    fixed: Floats  # per group: sum of the gains that are decided on
    worth: Floats
    share: Floats
    t: Floats
    sums: Floats
    active: Integers  # groups that have free items or items that are on
    crossing: Floats  # scratch
    order: Integers
    best: Bits  # incumbent
    number: Floats
    counter: Integers
    open_number: Floats  # (depth, 5) interval of q, price and q to start with, bound of the parent
    open_count: Integers  # (depth, 5) free items, item to decide or -1, its choice, least and most items on


def new_state(items: int) -> State:
    """Arrays for a search over this many items. A path has at most N decisions and N halvings of the count's range."""
    depth = 2 * items + 2
    return State(
        np.empty(items),
        np.empty(items),
        np.empty(items, np.int64),
        np.empty(items, np.int64),
        np.empty(items, np.int64),
        np.empty(items, np.int8),
        np.empty(items, np.int8),
        np.empty(items),
        np.empty(items),
        np.empty(items),
        np.empty(items),
        np.empty(items),
        np.empty(items),
        np.empty(items, np.int64),
        np.empty(items + 1),
        np.empty(items + 1, np.int64),
        np.empty(items, np.int8),
        np.empty(5),
        np.empty(6, np.int64),
        np.empty((depth, 5)),
        np.empty((depth, 5), np.int64),
    )


@uncounted
def decide(s: State, i: int, on: int) -> None:
    """Decide the item at position i: swap it behind the free ones."""
    last = s.counter[FREE] - 1
    s.counter[FREE] = last
    if i != last:
        s.passive[i], s.passive[last] = s.passive[last], s.passive[i]
        s.gain[i], s.gain[last] = s.gain[last], s.gain[i]
        s.group[i], s.group[last] = s.group[last], s.group[i]
        s.item[i], s.item[last] = s.item[last], s.item[i]
        s.place[s.item[i]] = i
        s.place[s.item[last]] = last
    s.on[last] = on
    if on:
        s.fixed[s.group[last]] += s.gain[last]
        s.counter[ON] += 1
    else:
        s.number[OFF] += s.passive[last]


@uncounted
def restore(s: State, free: int) -> None:
    """Make the items 0..free-1 free; sum the decided ones afresh, so that rounding does not pile up."""
    s.counter[FREE] = free
    s.number[OFF] = 0.0
    s.counter[ON] = 0
    groups = s.counter[GROUPS]
    for g in range(groups):
        s.fixed[g] = 0.0
        s.sums[g] = 0.0
    for i in range(s.item.size):
        if i < free:
            s.sums[s.group[i]] = 1.0
        elif s.on[i]:
            s.fixed[s.group[i]] += s.gain[i]
            s.counter[ON] += 1
            s.sums[s.group[i]] = 1.0
        else:
            s.number[OFF] += s.passive[i]
    active = 0
    for g in range(groups):  # a group whose items are all off needs no price
        if s.sums[g] > 0.0:
            s.active[active] = g
            active += 1
    s.counter[ACTIVE] = active


@uncounted
def open_node(
    s: State,
    left: float,
    right: float,
    price: float,
    bound: float,
    where: float,
    item: int,
    choice: int,
    least: int,
    most: int,
) -> None:
    """Push a node: the present free items, with `item` (or none: -1) to be decided when it is visited."""
    d = s.counter[DEPTH]
    s.open_number[d, LEFT] = left
    s.open_number[d, RIGHT] = right
    s.open_number[d, PRICE] = price
    s.open_number[d, NODE_BOUND] = bound
    s.open_number[d, WHERE] = where
    s.open_count[d, NODE_FREE] = s.counter[FREE]
    s.open_count[d, ITEM] = item
    s.open_count[d, CHOICE] = choice
    s.open_count[d, LEAST] = least
    s.open_count[d, MOST] = most
    s.counter[DEPTH] = d + 1


@uncounted
def group_items(s: State, scale: Floats) -> None:
    """Number the distinct scales."""
    groups = 0
    for i in range(scale.size):
        g = 0
        while g < groups and s.scale[g] != scale[i]:
            g += 1
        if g == groups:
            if groups == MAX_GROUPS:
                groups = -1
                break
            s.scale[groups] = scale[i]
            groups += 1
        s.group[i] = g
    if groups < 0:
        groups = scale.size
        for i in range(groups):
            s.group[i] = i
            s.scale[i] = scale[i]
    s.counter[GROUPS] = groups


@uncounted
def begin_at(s: State, action: Bits) -> tuple[float, float]:
    """Make an action the incumbent; the price of its own best (a, tau), and q = a^(2/3) there."""
    groups = s.counter[GROUPS]
    for g in range(groups):
        s.sums[g] = 0.0
    off = 0.0
    for p in range(s.item.size):
        on = action[s.item[p]] if p < s.counter[FREE] else s.on[p]
        s.best[s.item[p]] = on
        if on:
            s.sums[s.group[p]] += s.gain[p]
        else:
            off += s.passive[p]
    value, price, a = clear_budget(groups, s.scale, s.sums, off, off, s.t)
    s.number[VALUE] = value
    return price, a ** (2.0 / 3.0)


@merged
def start(s: State, passive: Floats, scale: Floats, gain: Floats, gap: float, known: Bits) -> None:
    """Load an instance and open the root node, at a known action, or at a guess where `known` is empty."""
    items = passive.size
    group_items(s, scale)
    largest = 0.0
    whole = 0.0
    every = 0.0
    for i in range(items):
        s.passive[i] = passive[i]
        s.gain[i] = gain[i]
        s.item[i] = i
        s.place[i] = i
        s.fixed[s.group[i]] = 0.0
        every += passive[i]
        if scale[i] > 0.0 and gain[i] > 0.0:
            largest = max(largest, scale[i])
            whole += gain[i]
    s.counter[FREE] = items
    s.counter[ON] = 0
    s.number[OFF] = 0.0
    for i in range(items - 1, -1, -1):
        if not (s.scale[s.group[i]] > 0.0 and s.gain[i] > 0.0):
            decide(s, i, 0)  # switching on gains nothing
        elif s.passive[i] <= 0.0:
            decide(s, i, 1)  # switching on costs nothing
    s.number[VALUE] = -math.inf
    s.number[BOUND] = -math.inf
    s.number[ROOT_BOUND] = math.inf
    s.number[GAP] = gap
    s.counter[NODES] = 0
    s.counter[DEPTH] = 0
    price = every / 3.0 + 0.5 * largest * math.log1p(whole)
    where = 0.5
    if known.size:
        price, where = begin_at(s, known)
    open_node(s, 0.0, 1.0, price, math.inf, where, -1, 0, 0, items)
