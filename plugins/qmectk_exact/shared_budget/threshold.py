"""A rule of two numbers: who is on follows from a price of the budget and a level of the common resource.

At a price nu and a resource a the Lagrangian switches item i on where b_i a > L_i a^(1/3) (see `bound`): a threshold
on one order of the items. A sweep completes that action (`price.clear_budget`) and moves the threshold item by item
while that is better. The best action has a price and a resource of its own, at which the next sweep orders anew. Where
the threshold action is the incumbent, single items are tried. Repricing without moving the threshold settles in one of
two basins from about 50 items on (a few on, or none). There is no bound here, and nothing is learned.

Source: the Lagrangian of P1 (Bi and Zhang, IEEE TWC 17(6), 2018); the price of a fixed action is that of their (P2).
"""

from __future__ import annotations

import math

import numpy as np

from .bound import price_groups
from .price import Floats, bare, clear_budget, uncounted
from .solve import finish
from .state import ACTIVE, DEPTH, FREE, GROUPS, OFF, VALUE, Bits, State, new_state, restore, start

#: Share of the budget at which the first sweep sorts: about the optimal one of P1 with 10 to 30 devices.
FIRST_SHARE = 0.45

#: First price: a third of all passive values, and this share of the best item's value alone at full resource.
FIRST_PRICE = 0.55

#: An item that earns more than 1 + CLOSE times what it gives up is not switched off alone.
CLOSE = 0.5

#: Most sweeps of an instance; three or four are usual.
SWEEPS = 12

#: Values this close, relative, are the same but for the order of their sums.
SAME = 1e-12


@uncounted
def outermost(s: State, on: int) -> int:
    """The free item with this choice that is closest to the other one by its margin, or -1."""
    best = -1
    for i in range(s.counter[FREE]):
        if s.items[i].pick == on and (best < 0 or (s.pieces[i].crossing > s.pieces[best].crossing) == (on == 1)):
            best = i
    return best


@uncounted
def flip(
    s: State, i: int, off: float, value: float, price: float, resource: float
) -> tuple[float, float, float, float]:
    """Flip the free item i of the picked action where that makes it better; value, price, resource and off after it."""
    g = s.items[i].group
    former = s.groups[g].sums
    sign = -1.0 if s.items[i].pick else 1.0
    s.groups[g].sums = max(former + sign * s.items[i].snr, s.groups[g].fixed)
    changed = max(off - sign * s.items[i].passive, 0.0)
    found, its_price, its_resource = clear_budget(s.counter[GROUPS], s.groups, changed, price)
    if found > value:
        s.items[i].pick = 1 - s.items[i].pick
        return found, its_price, its_resource, changed
    s.groups[g].sums = former
    return value, price, resource, off


@uncounted
def keep(s: State, value: float) -> None:
    """Replace the incumbent by the picked action where its value is better."""
    if value > s.number[VALUE]:
        s.number[VALUE] = value
        for i in range(s.items.size):
            s.by_item[s.items[i].item].best = s.items[i].pick if i < s.counter[FREE] else s.items[i].on


@uncounted
def polish(s: State, nu: float) -> tuple[float, float]:
    """Switch single items of the incumbent off, and the outermost one on, where that is better.

    The margins are linear and see no item's size: the largest of those that are on may be one too many.
    """
    off = s.number[OFF]
    for g in range(s.counter[GROUPS]):
        s.groups[g].sums = s.groups[g].fixed
    for i in range(s.counter[FREE]):
        s.items[i].pick = s.by_item[s.items[i].item].best
        if s.items[i].pick:
            s.groups[s.items[i].group].sums += s.items[i].snr
        else:
            off += s.items[i].passive
    value, price, resource = clear_budget(s.counter[GROUPS], s.groups, off, nu)
    next_on = outermost(s, 0)
    for i in range(s.counter[FREE]):
        if i == next_on or (s.items[i].pick and -s.pieces[i].crossing < CLOSE * s.items[i].passive):
            value, price, resource, off = flip(s, i, off, value, price, resource)
    keep(s, value)
    return price, math.pow(resource, 2.0 / 3.0)


@uncounted
def sweep(s: State, nu: float, where: float) -> tuple[float, float]:
    """Complete the threshold of (nu, q = `where`) and its neighbours, up and down, until they get worse.

    Returns the price and q of the best; the incumbent is replaced where it is better.
    """
    free = s.counter[FREE]
    groups = s.counter[GROUPS]
    price_groups(nu, s.counter[ACTIVE], s.groups)
    for g in range(groups):
        s.groups[g].sums = s.groups[g].fixed
    off = s.number[OFF]
    known = s.number[VALUE] > -math.inf
    for i in range(free):
        s.pieces[i].crossing = s.items[i].passive - s.items[i].snr * s.groups[s.items[i].group].worth * where
        s.items[i].pick = s.pieces[i].crossing < 0.0
        known = known and s.items[i].pick == s.by_item[s.items[i].item].best
        if s.items[i].pick:
            s.groups[s.items[i].group].sums += s.items[i].snr
        else:
            off += s.items[i].passive
    if known:
        return nu, where  # it settled
    best_value, best_price, best_resource = clear_budget(groups, s.groups, off, nu)
    climbed = False
    for on in range(2):  # first switch items on, then off
        while not (on == 1 and climbed):
            i = outermost(s, on)
            if i < 0:
                break
            before = best_value
            best_value, best_price, best_resource, off = flip(s, i, off, best_value, best_price, best_resource)
            if not best_value > before:
                break
            climbed = climbed or on == 0
    keep(s, best_value)
    return best_price, math.pow(best_resource, 2.0 / 3.0)


@bare
def _threshold_frames(
    s: State, passive: Floats, scale: Floats, snr: Floats, unknown: Bits, action: Bits, tau: Floats, out: Floats
) -> None:
    """`threshold_frames` with the arrays of a search over N items, and no bits."""
    for f in range(passive.shape[0]):
        start(s, passive[f], scale[f], snr[f], 0.0, unknown)
        restore(s, s.counter[FREE])
        s.counter[DEPTH] = 0  # no search follows: the root node is not wanted
        nu = 0.0
        largest = 0.0
        for i in range(passive.shape[1]):
            nu += passive[f, i] / 3.0
            largest = max(largest, scale[f, i] * math.log1p(snr[f, i]))
        nu += FIRST_PRICE * largest
        where = math.pow(FIRST_SHARE, 2.0 / 3.0)
        for i in range(passive.shape[1]):
            s.by_item[i].best = 0  # where nothing earns anything, the price is 0 and everything stays off
        for _ in range(SWEEPS if nu > 0.0 else 0):
            before = s.number[VALUE]
            nu, where = sweep(s, nu, where)
            if not s.number[VALUE] > before * (1.0 + SAME):
                nu, where = polish(s, nu)
                if not s.number[VALUE] > before * (1.0 + SAME):
                    break
        out[f, 0], out[f, 1], _ = finish(s, passive[f], snr[f], action[f], tau[f])


def threshold_frames(passive: Floats, scale: Floats, snr: Floats, action: Bits, tau: Floats, out: Floats) -> None:
    """The rule on every row of (F, N) arrays.

    Parameters
    ----------
    passive, scale, snr : (F, N), as `solve.solve_shared_budget_many` takes them
    action, tau : (F, N) receive the action and the budget of each item
    out : (F, 2) receives value and resource
    """
    _threshold_frames(new_state(passive.shape[1]), passive, scale, snr, np.empty(0, np.int8), action, tau, out)


__all__ = ["threshold_frames"]
