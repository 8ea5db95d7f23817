"""The ends of a branch: few free bits are enumerated, and a single point is valued."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arrays import lost, put_bits
from .compiled import EPS, Bits, inner
from .form import Form


@inner
def enumerate_bits(form: Form, pinned: int, found: Bits) -> tuple[float, float]:
    """The best value over all x, with sum x = pinned where that is >= 0; its bits in `found`.

    A tree over the bits in order: every partial sum is kept by its level, with what it lost by rounding and the size of
    what was added up, so nothing drifts, and the cost is O(2^n d).

    Returns
    -------
    (value, bound): the best value, and what none is below whatever the rounding.
    """
    n, d = form.block.shape
    y = np.zeros((n + 1, d))
    y_lost = np.zeros((n + 1, d))
    y_size = np.zeros((n + 1, d))
    cost = np.zeros(n + 1)
    cost_lost = np.zeros(n + 1)
    cost_size = np.zeros(n + 1)
    ones = np.zeros(n + 1, np.int64)
    bits = np.zeros(n, np.int8)
    tried = np.zeros(n, np.int8)
    twice = 4.0 * (n + 4.0) * EPS * EPS
    for r in range(d):
        y[0, r] = -form.target[r]
        y_size[0, r] = abs(form.target[r])
    best = math.inf
    bound = math.inf
    level = 0
    while level >= 0:
        if level == n:
            if pinned < 0 or ones[n] == pinned:
                own = cost[n] + cost_lost[n]
                value: Any = form.constant + own
                size = abs(form.constant) + abs(own)
                beyond = cost_size[n]
                for r in range(d):
                    residual = y[n, r] + y_lost[n, r]
                    square = residual * residual
                    value += form.sign[r] * square
                    size += square
                    beyond += y_size[n, r] * (abs(residual) + EPS * y_size[n, r])
                count = form.penalty * (ones[n] - form.goal) ** 2
                value += count
                if value < best:
                    best = value
                    put_bits(found, bits)
                bound = min(bound, value - (d + 8.0) * EPS * (size + count) - twice * beyond)
            level -= 1
            continue
        if tried[level] == 2:
            tried[level] = 0
            level -= 1
            continue
        bit = tried[level]
        tried[level] += 1
        if pinned >= 0 and (ones[level] + bit > pinned or ones[level] + bit + n - level - 1 < pinned):
            continue
        bits[level] = bit
        ones[level + 1] = ones[level] + bit
        for r in range(d):
            y[level + 1, r] = y[level, r]
            y_lost[level + 1, r] = y_lost[level, r]
            y_size[level + 1, r] = y_size[level, r]
        cost[level + 1] = cost[level]
        cost_lost[level + 1] = cost_lost[level]
        cost_size[level + 1] = cost_size[level]
        if bit:
            for r in range(d):
                term = form.block[level, r]
                y_lost[level + 1, r] += lost(y[level, r], term)
                y[level + 1, r] += term
                y_size[level + 1, r] += abs(term)
            cost_lost[level + 1] += lost(cost[level], form.linear[level])
            cost[level + 1] += form.linear[level]
            cost_size[level + 1] += abs(form.linear[level])
            if level > 0 and bits[level - 1]:
                link = form.link[level - 1]
                cost_lost[level + 1] += lost(cost[level + 1], link)
                cost[level + 1] += link
                cost_size[level + 1] += abs(link)
        level += 1
    return best, bound
