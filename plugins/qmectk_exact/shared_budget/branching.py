"""Depth-first branch and bound on the Lagrangian bound, compiled, reading and writing nothing but arrays.

A node is a set of decided items, an interval of q = a^(2/3) and a range for the number of items that are on. In a node
the search

1. evaluates the bound at a price and completes the threshold action at the bound's maximum to a feasible point (a
   candidate incumbent); that point's price is tried next, or the one where the bound's tangents at two prices meet;
2. drops the ends of the interval that this price explains, so that the interval ends up covered piece by piece with
   one price each, and decides every item whose other choice would push the bound below the target;
3. once the tangents show that no single price explains the rest, branches: on the number of items that are on, when
   the two maxima that hold the bound up differ in several items (near-identical items); else on the item closest to
   its crossing point, with what dominance implies.
"""

from __future__ import annotations

import math

from .bound import interval_maximum, price_groups, rounding_allowance, rounding_factor
from .dominance import dominates, ranks_above
from .incumbent import choose, complete_pick, count_multiplier
from .price import log_snr, merged, uncounted
from .state import (
    ACTIVE,
    BOUND,
    DEPTH,
    FREE,
    GAP,
    NODES,
    OFF,
    ON,
    ROOT_BOUND,
    VALUE,
    State,
    decide,
    open_node,
    restore,
)

MAX_PRICES = 16  # prices tried in one node
MANY = 3  # two maxima differing in at least this many items: branch on their number


@uncounted
def fix_by_bound(s: State, beta: float, lam: float, left: float, right: float, spare: float) -> None:
    """Decide the items whose other choice lowers the bound by at least `spare` everywhere in [left, right]."""
    low = math.sqrt(left)
    high = math.sqrt(right)
    for i in range(s.counter[FREE] - 1, -1, -1):
        b = s.items[i].snr * s.groups[s.items[i].group].worth - beta
        c = s.items[i].passive - lam
        # z (c - b z^2) where positive at both ends is concave, or increasing, in between: the ends tell
        at_left = low * (c - b * left)
        at_right = high * (c - b * right)
        if min(at_left, at_right) >= spare:
            decide(s, i, 0)
        elif max(at_left, at_right) <= -spare:
            decide(s, i, 1)


@uncounted
def propagate(s: State, branched: int, on: int, pool: float, highest_price: float) -> None:
    """Decide what dominance implies after deciding one item; `pool` as before the decision (see `dominates`)."""
    i = s.by_item[branched].place
    if on:
        t = log_snr(highest_price / s.groups[s.items[i].group].scale)
        for j in range(s.counter[FREE] - 1, -1, -1):
            if ranks_above(j, i, s.items, s.groups) and dominates(j, i, pool, t, s.items, s.groups):
                decide(s, j, 1)
    else:
        for k in range(s.counter[ACTIVE]):
            s.groups[s.groups[k].active].t = log_snr(highest_price / s.groups[s.groups[k].active].scale)
        for j in range(s.counter[FREE] - 1, -1, -1):
            g = s.items[j].group
            if ranks_above(i, j, s.items, s.groups) and dominates(
                i, j, s.groups[g].fixed, s.groups[g].t, s.items, s.groups
            ):
                decide(s, j, 0)


@uncounted
def close_action(s: State, nu: float) -> float:
    """Bound of a node whose items are all decided: D at the price that clears the budget."""
    price, _, _ = complete_pick(s, nu, 0.5)
    price_groups(price, s.counter[ACTIVE], s.groups)
    on_sum = 0.0
    for k in range(s.counter[ACTIVE]):
        on_sum += s.groups[s.groups[k].active].fixed * s.groups[s.groups[k].active].worth
    top, _, _, _ = interval_maximum(
        price, 0.0, 0.0, 0, 0, 0.0, 1.0, math.inf, 0,
        s.items, s.groups, s.number[OFF], on_sum, s.pieces,
    )  # fmt: skip
    return top + rounding_factor(s.items.size) * (top + price)


@uncounted
def branch_on_item(
    s: State, left: float, right: float, nu: float, bound: float, where: float, least: int, most: int
) -> None:
    """Open the two choices of the item closest to its crossing point; the likelier one is visited first."""
    price_groups(nu, s.counter[ACTIVE], s.groups)
    nearest = 0
    distance = math.inf
    for i in range(s.counter[FREE]):
        away = abs(math.log(s.items[i].snr * s.groups[s.items[i].group].worth * where / s.items[i].passive))
        if away < distance:
            distance = away
            nearest = i
    on = 1 if s.items[nearest].snr * s.groups[s.items[nearest].group].worth * where > s.items[nearest].passive else 0
    item = s.items[nearest].item
    open_node(s, left, right, nu, bound, where, item, 1 - on, least, most)
    open_node(s, left, right, nu, bound, where, item, on, least, most)


@uncounted
def visit(s: State) -> float:  # noqa: C901
    """Take the last open node and close it or open its children. Returns a bound of the node."""
    d = s.counter[DEPTH] - 1
    s.counter[DEPTH] = d
    left = s.nodes[d].left
    right = s.nodes[d].right
    nu = s.nodes[d].price
    inherited = s.nodes[d].bound
    bound = inherited
    where = s.nodes[d].where
    item = s.nodes[d].item
    least = s.nodes[d].least
    most = s.nodes[d].most
    restore(s, s.nodes[d].free)
    if item >= 0:
        i = s.by_item[item].place
        pool = s.groups[s.items[i].group].fixed
        # an optimal action's price is its value - (2/3) Lambda a^(1/3), with Lambda and a no smaller than here
        highest = bound - 2.0 / 3.0 * s.number[OFF] * math.sqrt(left) * (1.0 - 1e-9)
        choice = s.nodes[d].choice
        decide(s, i, choice)
        propagate(s, item, choice, pool, highest)

    items = s.items.size
    low_nu = low_top = low_slope = low_where = high_top = high_slope = 0.0
    high_where = -1.0  # not yet known
    high_nu = math.inf
    explained = -math.inf  # level of what has been dropped or excluded in this node
    low_on = high_on = on = 0
    beta = lam = target = 0.0
    for _ in range(MAX_PRICES):
        if most < s.counter[ON] or least > s.counter[ON] + s.counter[FREE]:
            return explained
        if most == s.counter[ON] or least == s.counter[ON] + s.counter[FREE]:
            only = 0 if most == s.counter[ON] else 1
            while s.counter[FREE] > 0:
                decide(s, s.counter[FREE] - 1, only)
        if s.counter[FREE] == 0:
            return max(explained, close_action(s, nu))

        price_groups(nu, s.counter[ACTIVE], s.groups)
        on_sum = 0.0
        for k in range(s.counter[ACTIVE]):
            on_sum += s.groups[s.groups[k].active].fixed * s.groups[s.groups[k].active].worth
        fewest = max(0, least - s.counter[ON])
        mostly = min(s.counter[FREE], most - s.counter[ON])
        beta = lam = 0.0
        if fewest > 0 or mostly < s.counter[FREE]:
            beta, lam = count_multiplier(s, where, fewest, mostly)
        allowance = rounding_allowance(items, nu, beta, lam)
        factor = 1.0 + rounding_factor(items)
        target = s.number[VALUE] * (1.0 + s.number[GAP])
        top, where, from_q, to_q = interval_maximum(
            nu, beta, lam, fewest, mostly, left, right, (target - allowance) / factor, s.counter[FREE],
            s.items, s.groups, s.number[OFF], on_sum, s.pieces,
        )  # fmt: skip
        above = top * factor + allowance
        choose(s, where, fewest, mostly)
        price, slope, on = complete_pick(s, nu, where)
        bound = min(bound, max(above, explained))
        target = s.number[VALUE] * (1.0 + s.number[GAP])
        if bound <= target:
            return bound
        if from_q <= to_q:
            left = from_q
            right = to_q
        fix_by_bound(s, beta, lam, left, right, (above - target) * (1.0 + 1e-9))
        explained = target
        # tangents of the bound as a function of the price
        if slope < 0.0:
            low_nu = nu
            low_top = top
            low_slope = slope
            low_where = where
            low_on = on
        else:
            high_nu = nu
            high_top = top
            high_slope = slope
            high_where = where
            high_on = on
        if low_nu > 0.0 and high_nu < math.inf:
            width = high_nu - low_nu
            meet = (low_top - high_top + high_slope * high_nu - low_slope * low_nu) / (high_slope - low_slope)
            if not low_nu < meet < high_nu:
                meet = 0.5 * (low_nu + high_nu)
            floor = low_top + low_slope * (meet - low_nu)
            if floor > target and left <= low_where <= right and left <= high_where <= right:
                nu = meet
                break  # no single price explains this interval
            if width <= 1e-13 * high_nu:
                break
            nu = price if low_nu + 0.01 * width < price < high_nu - 0.01 * width else meet
        elif low_nu < price < high_nu:
            nu = price
        else:
            nu = 2.0 * nu if slope < 0.0 else 0.5 * nu

    s.number[BOUND] = max(s.number[BOUND], explained)
    split = -1
    # a count that has hardly helped (other items take the place of those counted out) is not refined further
    if least < most and (item >= 0 or inherited == math.inf or inherited - bound > 0.02 * (inherited - target)):
        if (
            abs(high_on - low_on) >= MANY
            and low_nu > 0.0
            and left <= low_where <= right
            and left <= high_where <= right
        ):
            # any whole number between splits the node rightly; slopes that overflowed have none, and no floor either
            meeting = (high_slope * low_on - low_slope * high_on) / (high_slope - low_slope)
            split = math.floor(min(meeting, most - 1.0)) if meeting >= least else least
        elif lam > 0.0:
            split = most - 1 if on >= most else least
    if split >= 0 and s.counter[FREE] > 0:
        split = min(max(split, least), most - 1)
        open_node(s, left, right, nu, bound, where, -1, 0, least, split)
        open_node(s, left, right, nu, bound, where, -1, 0, split + 1, most)
    elif s.counter[FREE] > 0:
        branch_on_item(s, left, right, nu, bound, where, least, most)
    else:
        return max(explained, close_action(s, nu))
    return bound


@merged
def search(s: State, nodes: int) -> bool:
    """Visit up to this many nodes. Returns whether the search is over; State.number holds the bounds."""
    for _ in range(nodes):
        d = s.counter[DEPTH] - 1
        if d < 0:
            break
        bound = visit(s)
        if s.counter[NODES] == 0:
            s.number[ROOT_BOUND] = bound
        s.counter[NODES] += 1
        if s.counter[DEPTH] == d:  # closed
            s.number[BOUND] = max(s.number[BOUND], bound)
    return bool(s.counter[DEPTH] == 0)


@merged
def bound_open_nodes(s: State) -> None:
    """Give every open node its own bound instead of its parent's. Ends the search: it cannot go on afterwards.

    From the last node down: visiting one moves only items that are free in it, and they are free in all before it.
    """
    depth = s.counter[DEPTH]
    held = math.inf
    for d in range(depth - 1, -1, -1):
        bound = s.nodes[d].bound
        s.counter[DEPTH] = d + 1
        bound = min(bound, visit(s))  # opens its children in its own place and in that of the node after it
        s.nodes[d + 1].bound = held
        held = bound
    s.nodes[0].bound = held
    s.counter[DEPTH] = depth
