"""Descent by single flips and best swaps, in the factors: what a rounding or a cooled sample is polished with.

`pull` holds u_i plus the links of bit i to set neighbours. Flipping bit i by w = +-1 changes E by

    w pull_i + sum_r sign_r w B_ir (2 y_r + w B_ir) + l1 (2 w (c - k) + 1),

and swapping j -> i by pull_i - pull_j (less their common link) + sum_r sign_r D_r (2 y_r + D_r), D = B_i - B_j.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import Bits, Floats, compiled, inner
from .form import Form, energy


@inner
def residuals(form: Form, bits: Bits, y: Floats) -> int:
    """Write B^T x - t into y; returns the number of ones."""
    n, d = form.block.shape
    for r in range(d):
        y[r] = -form.target[r]
    ones = 0
    for i in range(n):
        if bits[i]:
            ones += 1
            for r in range(d):
                y[r] += form.block[i, r]
    return ones


@inner
def pulls(form: Form, bits: Bits, pull: Floats) -> None:
    """Write u_i plus the links of every bit to its set neighbours."""
    n = bits.size
    for i in range(n):
        pull[i] = form.linear[i]
        if i > 0 and bits[i - 1]:
            pull[i] += form.link[i - 1]
        if i + 1 < n and bits[i + 1]:
            pull[i] += form.link[i]


@inner
def best_swap(
    block: Floats, sign: Floats, link: Floats, bits: Bits, y: Floats, pull: Floats, j: int, gain: float
) -> tuple[int, float]:
    """The clear bit whose swap with the set bit j lowers E most, and by how much; -1 when none is below `gain`."""
    n, d = block.shape
    best = -1
    if d == 1:
        b = block[j, 0]
        twice = 2.0 * y[0]
        way = sign[0]
        for i in range(n):
            if bits[i] == 0:
                step = block[i, 0] - b
                change = pull[i] - pull[j] + way * step * (twice + step)
                if change < gain + 1e-30 and i != j + 1 and i != j - 1:
                    gain = change
                    best = i
        first = max(j - 1, 0)
        last = min(j + 2, n)
    else:
        first = 0
        last = n
    for i in range(first, last):
        if bits[i] == 0:
            change = pull[i] - pull[j]
            # bit j no longer counts among the neighbours of i
            if i == j + 1:
                change -= link[j]
            elif j == i + 1:
                change -= link[i]
            for r in range(d):
                step = block[i, r] - block[j, r]
                change += sign[r] * step * (2.0 * y[r] + step)
            if change < gain:
                gain = change
                best = i
    return best, gain


@inner
def turn(block: Floats, link: Floats, bits: Bits, y: Floats, pull: Floats, i: int) -> None:
    """Flip bit i and keep y and the pulls up to date."""
    way = -1.0 if bits[i] else 1.0
    bits[i] = 1 - bits[i]
    for r in range(y.size):
        y[r] += way * block[i, r]
    if i > 0:
        pull[i - 1] += way * link[i - 1]
    if i + 1 < bits.size:
        pull[i + 1] += way * link[i]


@compiled
def descend(form: Form, pinned: int, rounds: int, bits: Bits) -> float:
    """Improve `bits` by the best swap of every set bit, and by flips where the cardinality is free; returns E."""
    n, d = form.block.shape
    block, sign, link = form.block, form.sign, form.link
    y = np.empty(d)
    pull = np.empty(n)
    for _ in range(rounds):
        ones = residuals(form, bits, y)  # afresh in every round, so that nothing drifts
        pulls(form, bits, pull)
        least = 1e-12 * abs(energy(form, bits))
        changed = False
        if pinned < 0:
            for i in range(n):
                way = -1.0 if bits[i] else 1.0
                change = way * pull[i] + form.penalty * (way * 2.0 * (ones - form.goal) + 1.0)
                for r in range(d):
                    step = way * block[i, r]
                    change += sign[r] * step * (2.0 * y[r] + step)
                if change < -least:
                    turn(block, link, bits, y, pull, i)
                    ones += 1 if way > 0.0 else -1
                    changed = True
        for j in range(n):
            if bits[j]:
                i, gain = best_swap(block, sign, link, bits, y, pull, j, -least)
                if i >= 0 and math.isfinite(gain):
                    turn(block, link, bits, y, pull, j)
                    turn(block, link, bits, y, pull, i)
                    changed = True
        if not changed:
            break
    return energy(form, bits)
