"""Copies in loops: in compiled code they cost a fraction of what a slice assignment takes to compile."""

from __future__ import annotations

import numpy as np

from .compiled import Bits, Floats, inner


@inner
def put_bits(target: Bits, source: Bits) -> None:
    """target[:n] = source."""
    for i in range(source.size):
        target[i] = source[i]


@inner
def put(target: Floats, source: Floats, count: int) -> None:
    """target[:count] = source[:count]."""
    for i in range(count):
        target[i] = source[i]


@inner
def lost(total: float, term: float) -> float:
    """What total + term loses by rounding, exactly (Knuth's two-sum)."""
    rounded = total + term
    back = rounded - total
    return (total - (rounded - back)) + (term - back)


@inner
def bits_like(source: Bits) -> Bits:
    """A copy."""
    made = np.empty(source.size, np.int8)
    for i in range(source.size):
        made[i] = source[i]
    return made


@inner
def leading(source: Floats, count: int) -> Floats:
    """A copy of the first `count` entries."""
    made = np.empty(count)
    for i in range(count):
        made[i] = source[i]
    return made
