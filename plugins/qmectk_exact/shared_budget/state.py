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
from .records import CHOICE, CROSSING, GROUP, ITEM, NODE, Records

Bits = NDArray[np.int8]

MAX_GROUPS = 64  # beyond this many distinct scales every item is its own group

# entries of State.number
VALUE, BOUND, ROOT_BOUND, OFF, GAP = range(5)
# entries of State.counter
FREE, GROUPS, ACTIVE, DEPTH, NODES, ON = range(6)


class State(NamedTuple):
    """What a search remembers."""

    items: Records  # (N,) ITEM, by position
    by_item: Records  # (N,) CHOICE, by item
    groups: Records  # (N,) GROUP
    pieces: Records  # (N + 1,) CROSSING
    nodes: Records  # (2 N + 2,) NODE, the open ones as a stack
    number: Floats  # VALUE and so on
    counter: Integers  # FREE and so on


def new_state(items: int) -> State:
    """Arrays for a search over this many items. A path has at most N decisions and N halvings of the count's range."""
    return State(
        np.empty(items, ITEM),
        np.empty(items, CHOICE),
        np.empty(items, GROUP),
        np.empty(items + 1, CROSSING),
        np.empty(2 * items + 2, NODE),
        np.empty(5),
        np.empty(6, np.int64),
    )


@uncounted
def decide(s: State, i: int, on: int) -> None:
    """Decide the item at position i: swap it behind the free ones."""
    last = s.counter[FREE] - 1
    s.counter[FREE] = last
    if i != last:
        s.items[i].passive, s.items[last].passive = s.items[last].passive, s.items[i].passive
        s.items[i].snr, s.items[last].snr = s.items[last].snr, s.items[i].snr
        s.items[i].group, s.items[last].group = s.items[last].group, s.items[i].group
        s.items[i].item, s.items[last].item = s.items[last].item, s.items[i].item
        s.by_item[s.items[i].item].place = i
        s.by_item[s.items[last].item].place = last
    s.items[last].on = on
    if on:
        s.groups[s.items[last].group].fixed += s.items[last].snr
        s.counter[ON] += 1
    else:
        s.number[OFF] += s.items[last].passive


@uncounted
def restore(s: State, free: int) -> None:
    """Make the items 0..free-1 free; sum the decided ones afresh, so that rounding does not pile up."""
    s.counter[FREE] = free
    s.number[OFF] = 0.0
    s.counter[ON] = 0
    groups = s.counter[GROUPS]
    for g in range(groups):
        s.groups[g].fixed = 0.0
        s.groups[g].sums = 0.0
    for i in range(s.items.size):
        if i < free:
            s.groups[s.items[i].group].sums = 1.0
        elif s.items[i].on:
            s.groups[s.items[i].group].fixed += s.items[i].snr
            s.counter[ON] += 1
            s.groups[s.items[i].group].sums = 1.0
        else:
            s.number[OFF] += s.items[i].passive
    active = 0
    for g in range(groups):  # a group whose items are all off needs no price
        if s.groups[g].sums > 0.0:
            s.groups[active].active = g
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
    s.nodes[d].left = left
    s.nodes[d].right = right
    s.nodes[d].price = price
    s.nodes[d].bound = bound
    s.nodes[d].where = where
    s.nodes[d].free = s.counter[FREE]
    s.nodes[d].item = item
    s.nodes[d].choice = choice
    s.nodes[d].least = least
    s.nodes[d].most = most
    s.counter[DEPTH] = d + 1


@uncounted
def group_items(s: State, scale: Floats) -> None:
    """Number the distinct scales."""
    groups = 0
    for i in range(scale.size):
        g = 0
        while g < groups and s.groups[g].scale != scale[i]:
            g += 1
        if g == groups:
            if groups == MAX_GROUPS:
                groups = -1
                break
            s.groups[groups].scale = scale[i]
            groups += 1
        s.items[i].group = g
    if groups < 0:
        groups = scale.size
        for i in range(groups):
            s.items[i].group = i
            s.groups[i].scale = scale[i]
    s.counter[GROUPS] = groups


@uncounted
def begin_at(s: State, action: Bits) -> tuple[float, float]:
    """Make an action the incumbent; the price of its own best (a, tau), and q = a^(2/3) there."""
    groups = s.counter[GROUPS]
    for g in range(groups):
        s.groups[g].sums = 0.0
    off = 0.0
    for p in range(s.items.size):
        on = action[s.items[p].item] if p < s.counter[FREE] else s.items[p].on
        s.by_item[s.items[p].item].best = on
        if on:
            s.groups[s.items[p].group].sums += s.items[p].snr
        else:
            off += s.items[p].passive
    value, price, a = clear_budget(groups, s.groups, off, off)
    s.number[VALUE] = value
    return price, a ** (2.0 / 3.0)


@merged
def start(s: State, passive: Floats, scale: Floats, snr: Floats, gap: float, known: Bits) -> None:
    """Load an instance and open the root node, at a known action, or at a guess where `known` is empty."""
    items = passive.size
    group_items(s, scale)
    largest = 0.0
    whole = 0.0
    every = 0.0
    for i in range(items):
        s.items[i].passive = passive[i]
        s.items[i].snr = snr[i]
        s.items[i].item = i
        s.by_item[i].place = i
        s.groups[s.items[i].group].fixed = 0.0
        every += passive[i]
        if scale[i] > 0.0 and snr[i] > 0.0:
            largest = max(largest, scale[i])
            whole += snr[i]
    s.counter[FREE] = items
    s.counter[ON] = 0
    s.number[OFF] = 0.0
    for i in range(items - 1, -1, -1):
        if not (s.groups[s.items[i].group].scale > 0.0 and s.items[i].snr > 0.0):
            decide(s, i, 0)  # switching on gains nothing
        elif s.items[i].passive <= 0.0:
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
