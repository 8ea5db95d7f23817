"""Blocks that cost nothing: with enough of them apart from each other the value 0 is reached and nothing is below it.

After a ReLU about half of the blocks are zero. Scanning from the left and taking every zero block that is not next to
the last one taken finds a largest set without neighbours (the greedy choice is optimal on a path); with k of them,
sum of squares, cardinality and chain all vanish.
"""

from __future__ import annotations

import math

from .compiled import Bits, compiled
from .form import Form


@compiled
def take_zeros(form: Form, pinned: int, bits: Bits) -> bool:
    """Whether E = constant is reached and is a lower bound; then `bits` holds such a choice.

    Parameters
    ----------
    pinned : the exact number of ones, or -1
    """
    n, d = form.block.shape
    wanted = pinned if pinned >= 0 else int(form.goal)
    if wanted < 0 or wanted > n or not math.isfinite(form.goal):
        return False
    if form.penalty > 0.0 and form.goal != wanted:
        return False
    for r in range(d):
        if form.sign[r] < 0.0 or form.target[r] != 0.0:
            return False
    for i in range(n):
        if form.linear[i] < 0.0 or form.link[i] < 0.0:
            return False
    found = 0
    last = False
    for i in range(n):
        bits[i] = 0
        if found == wanted:
            continue
        if last and form.link[i - 1] != 0.0:
            last = False
            continue
        free = form.linear[i] == 0.0
        for r in range(d):
            if form.block[i, r] != 0.0:
                free = False
                break
        if free:
            bits[i] = 1
            found += 1
        last = free
    return found == wanted
