"""Fixing bits by reduced cost: a bit whose other value cannot beat the incumbent is settled.

Forward and backward tables of the chain program give, for each bit and each value, the least Lagrangian value with that
bit forced (its min-marginal). Where it reaches the cutoff, no better point has that value. The cutoff is a value that
is already in hand, so ties with the incumbent are settled, too.
"""

from __future__ import annotations

import math

import numpy as np

from .chain_dp import tables
from .compiled import EPS, Bits, Floats, inner
from .dual_bound import allowance, base, cheapest_count, count_term, price_bits
from .form import FREE, Form


@inner
def fix(form: Form, size: Floats, pinned: int, price: Floats, cutoff: float, status: Bits) -> int:
    """Write the status of every bit (0, 1 or FREE); returns the number of free ones, or -1 when none can be better.

    `size` is that of :func:`~.dual_bound.sizes`.
    """
    n = form.linear.size
    weight = np.empty(n)
    off, on, after_off, after_on = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    price_bits(form, price, weight)
    minimum = tables(weight, form.link, off, on, after_off, after_on)
    constant = base(form, price) + count_term(form, pinned, price[-1])
    room = cutoff - constant
    fixed_part = allowance(form, pinned, price, size, minimum)
    free = 0
    for i in range(n):
        least_off = off[i] + after_off[i]
        least_on = on[i] + after_on[i]
        # the allowance counts 4 n roundings of the minimum; here the forced value takes its place
        slack_off = fixed_part + EPS * 4.0 * n * abs(least_off)
        slack_on = fixed_part + EPS * 4.0 * n * abs(least_on)
        no_off = least_off - slack_off >= room
        no_on = least_on - slack_on >= room
        if no_off and no_on:
            return -1
        status[i] = FREE
        if no_on:
            status[i] = 0
        elif no_off:
            status[i] = 1
        else:
            free += 1
    return free


@inner
def count_bound(form: Form, price: Floats, bound: float, count: int) -> float:
    """The bound for one cardinality at these prices; `bound` is the one over all of them.

    The difference to the cheapest one is formed without the large numbers that both have in common.
    """
    pi = price[-1]
    apart = count - cheapest_count(form, -1, pi)
    if apart == 0.0:
        return bound
    middle = 2.0 * count - apart - 2.0 * form.goal
    change = apart * (pi + form.penalty * middle)
    error = abs(apart) * (abs(pi) + form.penalty * (abs(middle) + abs(form.goal)))
    return bound + change - 8.0 * EPS * (abs(bound) + error)


@inner
def counts_left(form: Form, price: Floats, bound: float, cutoff: float, first: int, last: int) -> tuple[int, int]:
    """The smallest and largest c in first..last whose bound at these prices is below the cutoff.

    The bound is convex in c, so the ones that are left form an interval; empty where smallest > largest.
    """
    low, high = math.inf, -math.inf
    for c in range(first, last + 1):
        if count_bound(form, price, bound, c) < cutoff:
            low = min(low, float(c))
            high = max(high, float(c))
    if low > high:
        return last + 1, first - 1
    return int(low), int(high)
