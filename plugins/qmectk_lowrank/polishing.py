"""Better points from the one at hand: bits are fixed, swapped and taken over while the search goes on."""

from __future__ import annotations

import numpy as np

from .arrays import put_bits
from .compiled import Bits, inner
from .descent import descend
from .form import FREE, energy, reduce, rounding
from .state import (
    ROUNDING,
    VALUE,
    State,
)

#: Rounds of descent for the first incumbent.
POLISH = 3


@inner
def accept(s: State, status: Bits, free: Bits, value: float) -> None:
    """Take a point of the reduced problem as the incumbent if it is better."""
    if not value < s.number[VALUE] + 1e-9 * abs(s.number[VALUE]) + s.number[ROUNDING]:
        return
    n = status.size
    bits = np.empty(n, np.int8)
    j = 0
    for i in range(n):
        bits[i] = status[i]
        if status[i] == FREE:
            bits[i] = free[j]
            j += 1
    exact = energy(s.form, bits)
    if exact < s.number[VALUE]:
        s.number[VALUE] = exact
        s.number[ROUNDING] = 2.0 * rounding(s.form, bits)
        put_bits(s.best, bits)


@inner
def count_fixed(status: Bits) -> int:
    """How many bits are fixed to 1."""
    ones = 0
    for i in range(status.size):
        ones += status[i] == 1
    return ones


@inner
def swaps(s: State, status: Bits) -> int:
    """How many swaps of a set and a clear bit the incumbent has among the free ones."""
    free = 0
    ones = 0
    for i in range(status.size):
        if status[i] == FREE:
            free += 1
            ones += s.best[i]
    return ones * (free - ones)


@inner
def polish(s: State, status: Bits, pin: int) -> None:
    """Descend from the incumbent's values of the free bits; the others are as `status` has them."""
    form = reduce(s.form, status)
    point = np.empty(form.linear.size, np.int8)
    left = pin - count_fixed(status) if pin >= 0 else -1
    ones = 0
    j = 0
    for i in range(status.size):
        if status[i] == FREE:
            point[j] = s.best[i]
            ones += point[j]
            j += 1
    if left < 0 or left == ones:
        accept(s, status, point, descend(form, left, POLISH, point))
