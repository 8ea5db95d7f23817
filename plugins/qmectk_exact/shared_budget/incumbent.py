"""Feasible points from the bound: the best action at a point of the Lagrangian, completed by the budget's price.

At (a, nu) the Lagrangian turns item i on if b_i z^3 > L_i z (q = a^(2/3) > L_i/b_i): a threshold action. With limits on
the number of items that are on, the items with the largest difference are. The action's own best a and tau come from
one price equation (`price.clear_budget`; P2 in Bi and Zhang, IEEE TWC 17(6), 2018), and that price is also the next one
worth trying in the bound.
"""

from __future__ import annotations

import math

from .bound import sort_by_crossing
from .price import clear_budget, uncounted
from .state import ACTIVE, FREE, GROUPS, OFF, ON, VALUE, State


@uncounted
def choose(s: State, where: float, fewest: int, mostly: int) -> int:
    """Set `pick` to the best action at `where` with fewest..mostly free items on.

    Returns the rank in `order` of the first item left out if the limits on the number bind, else 0.
    """
    free = s.counter[FREE]
    on = 0
    for i in range(free):
        s.pieces[i].crossing = s.items[i].passive - s.items[i].snr * s.groups[s.items[i].group].worth * where
        s.pieces[i].order = i
        s.items[i].pick = s.pieces[i].crossing < 0.0
        on += s.items[i].pick
    if fewest <= on <= mostly:
        return 0
    chosen = mostly if on > mostly else fewest
    sort_by_crossing(s.pieces, free)
    for k in range(free):
        s.items[s.pieces[k].order].pick = k < chosen
    return chosen


@uncounted
def count_multiplier(s: State, where: float, fewest: int, mostly: int) -> tuple[float, float]:
    """(beta, lambda) halfway between the last chosen and the first rejected item at `where`; 0, 0 if none is needed."""
    chosen = choose(s, where, fewest, mostly)
    if chosen == 0:
        return 0.0, 0.0
    i = s.pieces[chosen - 1].order
    j = s.pieces[chosen].order
    beta = 0.5 * (s.items[i].snr * s.groups[s.items[i].group].worth + s.items[j].snr * s.groups[s.items[j].group].worth)
    return beta, 0.5 * (s.items[i].passive + s.items[j].passive)


@uncounted
def complete_pick(s: State, nu: float, where: float) -> tuple[float, float, int]:
    """Complete the picked action and keep it if it is better than the incumbent.

    Returns its price, the slope of D in the price at `where`, and its number of items that are on.
    """
    free = s.counter[FREE]
    groups = s.counter[GROUPS]
    for g in range(groups):
        s.groups[g].sums = s.groups[g].fixed
    off = s.number[OFF]
    on = s.counter[ON]
    for i in range(free):
        if s.items[i].pick:
            s.groups[s.items[i].group].sums += s.items[i].snr
            on += 1
        else:
            off += s.items[i].passive
    ratio = 1.0
    for k in range(s.counter[ACTIVE]):
        ratio += s.groups[s.groups[k].active].sums * s.groups[s.groups[k].active].share
    slope = 1.0 - where * math.sqrt(where) * ratio
    value, price, _ = clear_budget(groups, s.groups, off, nu)
    if value > s.number[VALUE]:
        s.number[VALUE] = value
        for i in range(s.items.size):
            s.by_item[s.items[i].item].best = s.items[i].pick if i < free else s.items[i].on
    return price, slope, on
