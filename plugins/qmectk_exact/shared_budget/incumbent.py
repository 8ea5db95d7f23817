"""Feasible points from the bound: the best action at a point of the Lagrangian, completed by the budget's price.

At (a, nu) the Lagrangian turns item i on if b_i z^3 > L_i z (q = a^(2/3) > L_i/b_i): a threshold action. With limits on
the number of items that are on, the items with the largest difference are. The action's own best a and tau come from
one price equation (`price.clear_budget`; P2 in Bi and Zhang, IEEE TWC 17(6), 2018), and that price is also the next one
worth trying in the bound.
"""

from __future__ import annotations

import math

from .bound import sort_by_key
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
        s.crossing[i] = s.passive[i] - s.gain[i] * s.worth[s.group[i]] * where
        s.order[i] = i
        s.pick[i] = s.crossing[i] < 0.0
        on += s.pick[i]
    if fewest <= on <= mostly:
        return 0
    chosen = mostly if on > mostly else fewest
    sort_by_key(s.crossing, s.order, free)
    for k in range(free):
        s.pick[s.order[k]] = k < chosen
    return chosen


@uncounted
def count_multiplier(s: State, where: float, fewest: int, mostly: int) -> tuple[float, float]:
    """(beta, lambda) halfway between the last chosen and the first rejected item at `where`; 0, 0 if none is needed."""
    chosen = choose(s, where, fewest, mostly)
    if chosen == 0:
        return 0.0, 0.0
    i = s.order[chosen - 1]
    j = s.order[chosen]
    beta = 0.5 * (s.gain[i] * s.worth[s.group[i]] + s.gain[j] * s.worth[s.group[j]])
    return beta, 0.5 * (s.passive[i] + s.passive[j])


@uncounted
def complete_pick(s: State, nu: float, where: float) -> tuple[float, float, int]:
    """Complete the picked action and keep it if it is better than the incumbent.

    Returns its price, the slope of D in the price at `where`, and its number of items that are on.
    """
    free = s.counter[FREE]
    groups = s.counter[GROUPS]
    for g in range(groups):
        s.sums[g] = s.fixed[g]
    off = s.number[OFF]
    on = s.counter[ON]
    for i in range(free):
        if s.pick[i]:
            s.sums[s.group[i]] += s.gain[i]
            on += 1
        else:
            off += s.passive[i]
    ratio = 1.0
    for k in range(s.counter[ACTIVE]):
        ratio += s.sums[s.active[k]] * s.share[s.active[k]]
    slope = 1.0 - where * math.sqrt(where) * ratio
    value, price, _ = clear_budget(groups, s.scale, s.sums, off, nu, s.t)
    if value > s.number[VALUE]:
        s.number[VALUE] = value
        for i in range(s.item.size):
            s.best[s.item[i]] = s.pick[i] if i < free else s.on[i]
    return price, slope, on
