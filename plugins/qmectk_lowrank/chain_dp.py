"""The chain dynamic program: a linear function plus links of neighbours, minimised exactly in O(n).

    min_x  sum_i w_i x_i + sum_a link_a x_a x_{a+1},   x in {0,1}^n

Two numbers a position, the best values of the prefix with its last bit 0 and 1 (Bellman). The forward and backward
tables together give the min-marginals: the best value with one bit forced.
"""

from __future__ import annotations

from .compiled import Bits, Floats, inner


@inner
def minimise(weight: Floats, link: Floats, choice: Bits, bits: Bits) -> float:
    """The minimum; writes a minimiser into `bits`. `choice` is scratch of n entries. Ties go to 0."""
    n = weight.size
    if n == 0:
        return 0.0
    off = 0.0
    on = weight[0]
    for i in range(1, n):
        linked = on + link[i - 1]
        came_on = off  # value before this bit is set
        mark = 0
        if linked < off:
            came_on = linked
            mark = 2
        if on < off:
            off = on
            mark += 1
        choice[i] = mark
        on = weight[i] + came_on
    state = 1 if on < off else 0
    best = min(on, off)
    for i in range(n - 1, 0, -1):
        bits[i] = state
        state = (choice[i] >> state) & 1
    bits[0] = state
    return best


@inner
def tables(weight: Floats, link: Floats, off: Floats, on: Floats, after_off: Floats, after_on: Floats) -> float:
    """Forward and backward tables; off[i] + after_off[i] is the minimum with bit i at 0, likewise for 1."""
    n = weight.size
    if n == 0:
        return 0.0
    off[0] = 0.0
    on[0] = weight[0]
    for i in range(1, n):
        off[i] = min(off[i - 1], on[i - 1])
        on[i] = weight[i] + min(off[i - 1], on[i - 1] + link[i - 1])
    after_off[n - 1] = 0.0
    after_on[n - 1] = 0.0
    for i in range(n - 2, -1, -1):
        following = weight[i + 1] + after_on[i + 1]
        after_off[i] = min(after_off[i + 1], following)
        after_on[i] = min(after_off[i + 1], following + link[i])
    return min(off[n - 1], on[n - 1])
