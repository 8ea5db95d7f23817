"""The ends of a branch: where few points are left, all of them are looked at."""

from __future__ import annotations

import math

import numpy as np

from .arrays import put_bits
from .compiled import EPS, Bits, Floats, inner
from .form import Form, energy, rounding

#: Most bits, in units of the exponent of the number of points: tables of pairs are made of them.
MOST_BITS = 3


@inner
def few_points(n: int, pinned: int, leaf: int) -> bool:
    """Whether there are at most 2^leaf points of n bits, with `pinned` of them set where that is >= 0."""
    if pinned < 0 or n > MOST_BITS * leaf:
        return n <= leaf
    total = 1.0
    for i in range(min(pinned, n - pinned)):
        total *= (n - i) / (i + 1.0)
    return total <= 2.0**leaf


@inner
def expanded(form: Form, pair: Floats, single: Floats) -> tuple[float, float]:
    """Write E as value + sum_i single_i x_i + sum_{i<j} pair_ij x_i x_j; returns (value, error).

    The error is what the rounding may make of a value that is summed up of these numbers.
    """
    n, d = form.block.shape
    value = form.constant + form.penalty * form.goal * form.goal
    goal = abs(form.goal)
    total = abs(form.constant) + form.penalty * (n + goal) ** 2
    for r in range(d):
        value += form.sign[r] * form.target[r] * form.target[r]
        size = abs(form.target[r])
        for i in range(n):
            size += abs(form.block[i, r])
        total += size * size
    for i in range(n):
        single[i] = form.linear[i] + form.penalty * (1.0 - 2.0 * form.goal)
        total += abs(form.linear[i]) + abs(form.link[i])
        for r in range(d):
            single[i] += form.sign[r] * form.block[i, r] * (form.block[i, r] - 2.0 * form.target[r])
        for j in range(i + 1, n):
            product = form.penalty
            for r in range(d):
                product += form.sign[r] * form.block[i, r] * form.block[j, r]
            pair[i, j] = 2.0 * product
        if i + 1 < n:
            pair[i, i + 1] += form.link[i]
    return value, EPS * (4.0 * n + 2.0 * d + 16.0) * total


@inner
def enumerate_bits(form: Form, pinned: int, limit: float, found: Bits) -> tuple[float, float]:
    """The best value over all x, with sum x = pinned where that is >= 0; its bits in `found`.

    Bits are set in order, and with the last one set goes what each later one would add: O(1) a point on average. These
    sums only say which points may be below `limit` and the best one so far; those are valued afresh.

    Returns
    -------
    (value, bound): the best value of those, inf where there are none; no point is below the lesser of the bound and the
    limit, whatever the rounding.
    """
    n = form.linear.size
    pair = np.empty((n, n))
    change = np.empty((n + 1, n))  # by the number of bits set: what one more adds
    value = np.empty(n + 1)
    following = np.zeros(n + 1, np.int64)  # the first bit that has not been tried as the next one
    bits = np.zeros(n, np.int8)
    value[0], off = expanded(form, pair, change[0])
    best = math.inf
    bound = math.inf
    ones = 0
    fresh = True
    while ones >= 0:
        if fresh:
            fresh = False
            if (pinned < 0 or ones == pinned) and not value[ones] - off >= min(best, limit):
                exact = energy(form, bits)
                bound = min(bound, exact - rounding(form, bits))
                if exact < best:
                    best = exact
                    put_bits(found, bits)
        j = following[ones]
        if j == n or ones == pinned or n - j < pinned - ones:
            ones -= 1
            if ones >= 0:
                bits[following[ones] - 1] = 0
            continue
        bits[j] = 1
        value[ones + 1] = value[ones] + change[ones, j]
        following[ones] = following[ones + 1] = j + 1
        ones += 1
        fresh = True
        if ones != pinned:
            for i in range(j + 1, n):
                change[ones, i] = change[ones - 1, i] + pair[j, i]
    return best, bound
