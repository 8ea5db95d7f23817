"""Simulated annealing in the factors: O(d) a proposal instead of O(n).

Besides x the state keeps y = B^T x - t, the number of ones and the list of set bits. A proposal is, with equal chances,

    flip i:       +-2 sign.(y B_i) + sign.|B_i|^2 + u_i (+-1) + l1 (+-2 (c - k) + 1) +- links to set neighbours,
    swap j -> i:  2 sign.(y D) + sign.|D|^2 + u_i - u_j + change of the links,   D = B_i - B_j,

accepted by Metropolis' rule (Kirkpatrick, Gelatt & Vecchi 1983) while the temperature falls geometrically from
4 max(l1, mean |B_i|^2) to 2e-3 times the least positive of them. Swaps keep the cardinality, which flips can leave only
by paying for it twice; with an exact cardinality there are swaps only. The best state met is kept, and its value is
summed afresh. Random numbers come from xoshiro256++ (Blackman & Vigna, ACM TOMS 47(4), 2021) held in the state, so that
a read is the same on any thread.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .arrays import bits_like, put_bits
from .compiled import Bits, Floats, Integers, compiled, inner
from .descent import residuals
from .form import Form, energy


class Walk(NamedTuple):
    """One read: everything it needs to go on."""

    bits: Bits
    y: Floats
    place: Integers  # the set bits come first
    rank: Integers  # position of each bit in `place`
    best: Bits
    number: Floats  # value, best value
    counter: Integers  # ones, sweeps done
    words: NDArray[np.uint64]  # state of the random numbers


@inner
def random(words: NDArray[np.uint64]) -> float:
    """The next number in [0, 1)."""
    a, b, c, d = words[0], words[1], words[2], words[3]
    total = a + d
    result = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << np.uint64(45)) | (d >> np.uint64(19))
    words[0], words[1], words[2], words[3] = a, b, c, d
    return float(result >> np.uint64(11)) * 1.1102230246251565e-16


@compiled
def temperatures(form: Form) -> tuple[float, float]:
    """First and last temperature of a read."""
    n, d = form.block.shape
    square = linear = link = 0.0
    for i in range(n):
        for r in range(d):
            square += form.block[i, r] ** 2
        linear += abs(form.linear[i])
        link = max(link, abs(form.link[i]))
    hot = 0.0
    cold = math.inf
    for one in (form.penalty, square / n, linear / n, link if square + linear == 0.0 else 0.0):
        hot = max(hot, one)
        if one > 0.0:
            cold = min(cold, one)
    return (4.0 * hot, 2e-3 * cold) if hot > 0.0 else (1.0, 1e-3)


@compiled
def start_walk(form: Form, pinned: int, start: Bits, words: NDArray[np.uint64]) -> Walk:
    """A read that begins at `start`, or at random bits near the wanted number where start[0] < 0."""
    n, d = form.block.shape
    bits = np.zeros(n, np.int8)
    if start[0] >= 0:
        put_bits(bits, start)
    else:
        wanted = pinned if pinned >= 0 else int(min(max(form.goal, 0.0), float(n)))
        if pinned < 0 and form.penalty == 0.0:
            wanted = n // 2
        taken = 0
        for i in range(n):  # a uniform choice of `wanted` bits
            if random(words) * (n - i) < wanted - taken:
                bits[i] = 1
                taken += 1
    y = np.empty(d)
    ones = residuals(form, bits, y)
    place = np.empty(n, np.int64)
    rank = np.empty(n, np.int64)
    first, last = 0, n - 1
    for i in range(n):
        if bits[i]:
            place[first] = i
            rank[i] = first
            first += 1
        else:
            place[last] = i
            rank[i] = last
            last -= 1
    number = np.full(2, energy(form, bits))
    counter = np.zeros(2, np.int64)
    counter[0] = ones
    return Walk(bits, y, place, rank, bits_like(bits), number, counter, words)


@compiled
def sweep(form: Form, pinned: int, walk: Walk, sweeps: int, hot: float, cold: float, total: int) -> None:  # noqa: C901
    """Go on for `sweeps` sweeps of n proposals; `total` is the length of the whole read."""
    n, d = form.block.shape
    block, linear, sign, link = form.block, form.linear, form.sign, form.link
    penalty, goal = form.penalty, form.goal
    bits, y, place, rank, words = walk.bits, walk.y, walk.place, walk.rank, walk.words
    value, best = walk.number[0], walk.number[1]
    ones = walk.counter[0]
    ratio = (cold / hot) ** (1.0 / max(total - 1, 1))
    temperature = hot * ratio ** walk.counter[1]
    for _ in range(sweeps):
        for _ in range(n):
            pick = random(words)
            swap = pinned >= 0 or pick < 0.5
            if swap and (ones == 0 or ones == n):
                if pinned >= 0:
                    break
                swap = False
            if swap:
                j = place[int(random(words) * ones)]
                i = place[ones + int(random(words) * (n - ones))]
                change = linear[i] - linear[j]
                if i > 0 and bits[i - 1] and i - 1 != j:
                    change += link[i - 1]
                if i + 1 < n and bits[i + 1] and i + 1 != j:
                    change += link[i]
                if j > 0 and bits[j - 1]:
                    change -= link[j - 1]
                if j + 1 < n and bits[j + 1]:
                    change -= link[j]
                for r in range(d):
                    step = block[i, r] - block[j, r]
                    change += sign[r] * step * (2.0 * y[r] + step)
                if change > 0.0 and random(words) >= math.exp(-change / temperature):
                    continue
                bits[i] = 1
                bits[j] = 0
                place[rank[i]], place[rank[j]] = j, i
                rank[i], rank[j] = rank[j], rank[i]
                for r in range(d):
                    y[r] += block[i, r] - block[j, r]
            else:
                i = int(random(words) * n)
                way = -1.0 if bits[i] else 1.0
                change = linear[i]
                if i > 0 and bits[i - 1]:
                    change += link[i - 1]
                if i + 1 < n and bits[i + 1]:
                    change += link[i]
                change = way * change + penalty * (way * 2.0 * (ones - goal) + 1.0)
                for r in range(d):
                    step = way * block[i, r]
                    change += sign[r] * step * (2.0 * y[r] + step)
                if change > 0.0 and random(words) >= math.exp(-change / temperature):
                    continue
                # the bit moves across the border between set and clear bits
                border = ones if way > 0.0 else ones - 1
                other = place[border]
                place[rank[i]], place[border] = other, i
                rank[other], rank[i] = rank[i], border
                bits[i] = 1 - bits[i]
                ones += 1 if way > 0.0 else -1
                for r in range(d):
                    y[r] += way * block[i, r]
            value += change
            if value < best - 1e-13 * abs(best):
                best = value
                put_bits(walk.best, bits)
        temperature *= ratio
    # what was added up step by step is summed afresh
    ones = residuals(form, bits, y)
    walk.number[0] = energy(form, bits)
    walk.number[1] = min(energy(form, walk.best), walk.number[0])
    if walk.number[0] <= walk.number[1]:
        put_bits(walk.best, bits)
    walk.counter[0] = ones
    walk.counter[1] += sweeps


__all__ = ["Walk", "start_walk", "sweep", "temperatures"]
