"""The ends of a branch: few free bits are enumerated, and a single point is valued."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arrays import put_bits
from .compiled import Bits, inner
from .form import Form


@inner
def enumerate_bits(form: Form, pinned: int, found: Bits) -> float:
    """The best value over all x, with sum x = pinned where that is >= 0; its bits in `found`.

    A tree over the bits in order: every partial sum is kept by its level, so nothing drifts, and the cost is O(2^n d).
    """
    n, d = form.block.shape
    y = np.zeros((n + 1, d))
    cost = np.zeros(n + 1)
    ones = np.zeros(n + 1, np.int64)
    bits = np.zeros(n, np.int8)
    tried = np.zeros(n, np.int8)
    best = math.inf
    level = 0
    while level >= 0:
        if level == n:
            if pinned < 0 or ones[n] == pinned:
                squares: Any = 0.0
                for r in range(d):
                    squares += form.sign[r] * (y[n, r] - form.target[r]) ** 2
                value: float = form.constant + (cost[n] + squares) + form.penalty * (ones[n] - form.goal) ** 2
                if value < best:
                    best = value
                    put_bits(found, bits)
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
        if bit:
            for r in range(d):
                y[level + 1, r] = y[level, r] + form.block[level, r]
            cost[level + 1] = cost[level] + form.linear[level]
            if level > 0 and bits[level - 1]:
                cost[level + 1] += form.link[level - 1]
        else:
            for r in range(d):
                y[level + 1, r] = y[level, r]
            cost[level + 1] = cost[level]
        level += 1
    return best
