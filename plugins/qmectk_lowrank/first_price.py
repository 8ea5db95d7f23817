"""Prices for a search to begin with, in O(n d): the ones that would be right if all blocks had one direction.

Let m be the unit vector along the sum of the blocks and a_i = m.B_i. Were every B_i = a_i m and the links nothing, the
best mixture would take the bits with a_i below some t, with p = s m and pi = 2 l1 (k - c) for its s = sum a_i - m.T and
its number of ones c, and at the edge the weight 2 s t - pi would vanish. The left side of s t = l1 (k - c) rises with
t and the right one falls, so bisection finds it.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import Floats, inner
from .form import Form

#: Halvings; a price that is off by a percent costs the simplicial decomposition nothing.
HALVINGS = 16


@inner
def first_prices(form: Form, price: Floats) -> None:
    """Write p and pi, (d + 1,); zeros where the blocks cancel."""
    n, d = form.block.shape
    along = np.empty(n)
    direction = np.zeros(d)
    for i in range(n):
        for r in range(d):
            direction[r] += form.block[i, r]
    length = 0.0
    for r in range(d):
        length += direction[r] ** 2
    length = math.sqrt(length)
    if not 0.0 < length < math.inf:
        return
    target = 0.0
    for r in range(d):
        direction[r] /= length
        target += direction[r] * form.target[r]
    low = high = 0.0
    for i in range(n):
        along[i] = 0.0
        for r in range(d):
            along[i] += direction[r] * form.block[i, r]
        low = min(low, along[i])
        high = max(high, along[i])
    between = n  # the first so many of `along` may be between low and high; the sums of those below low are kept
    ones_below, total_below = 0.0, -target
    for _ in range(HALVINGS):
        edge = 0.5 * (low + high)
        ones, total = ones_below, total_below
        for i in range(between):  # without a branch, which would be guessed wrong
            below = 1.0 if along[i] < edge else 0.0
            ones += below
            total += below * along[i]
        upper = total * edge < form.penalty * (form.goal - ones)
        if upper:
            low, ones_below, total_below = edge, ones, total
        else:
            high = edge
        left = 0
        for i in range(between):
            along[left] = along[i]
            left += (along[i] >= edge) == upper
        between = left
        price[d] = 2.0 * form.penalty * (form.goal - ones)
        for r in range(d):
            price[r] = total * direction[r]
        if between < 2:
            break
