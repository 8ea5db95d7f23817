"""One square that only moves one way: the table over cardinality and chain neighbours is exact and polynomial.

With d = 1 and s = b.x, let every reachable s lie on one side of t (published: b >= 0, t = 0; residual: t = sum b). Then
(s - t)^2 is monotone in s, so among all x with the same number of ones c and of neighbouring pairs h the best has the
least (or largest) s. The table keeps that s for every (position, last bit, c, h):

    E* = min over (c, h) of  constant + sign (s(c, h) - t)^2 + l1 (c - k)^2 + l2 h,

O(n C H) time and bytes. Bits fixed to 1 before the table add whole multiples of l2 to the weights of their neighbours,
which count towards h. A concave square (sign -1) is monotone on either side just the same.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import EPS, Bits, Floats, Integers, compiled, inner
from .form import Form, energy

#: Largest table, in states (one byte each).
MOST_STATES = 1 << 26


@compiled
def direction(form: Form) -> int:
    """+1 when the least s is best, -1 when the largest is, 0 when neither can be said or the links are not alike."""
    n, d = form.block.shape
    if d != 1:
        return 0
    low = high = size = 0.0
    link = 0.0
    for i in range(n):
        low += min(form.block[i, 0], 0.0)
        high += max(form.block[i, 0], 0.0)
        size += abs(form.block[i, 0])
        if form.link[i] < 0.0 or (form.link[i] > 0.0 and link > 0.0 and form.link[i] != link):
            return 0
        link = max(link, form.link[i])
        if form.linear[i] != 0.0:
            return 0
    rounding = 1e-13 * size  # see `breach`
    if form.target[0] <= low + rounding:
        return 1 if form.sign[0] > 0.0 else -1
    if form.target[0] >= high - rounding:
        return -1 if form.sign[0] > 0.0 else 1
    return 0


@compiled
def breach(form: Form, way: int) -> float:
    """By how much the argument of the square may pass the point up to which it moves one way.

    The target is a rounded sum in the residual variant. Values in there are wrong by the square of it at most.
    """
    n = form.linear.size
    low = high = 0.0
    for i in range(n):
        low += min(form.block[i, 0], 0.0)
        high += max(form.block[i, 0], 0.0)
    if (way > 0) == (form.sign[0] > 0.0):
        past = form.target[0] - low + EPS * n * abs(low)
    else:
        past = high - form.target[0] + EPS * n * abs(high)
    return max(past, 0.0)


@inner
def extent(form: Form, link: float, least: int, most: int, cutoff: float) -> int:
    """The largest number of pairs h that a point below the cutoff can have with c in least..most; -1 when none can.

    numpy's floor, not math's: compiled, the latter makes a whole number of 64 bits, and room / link may be larger.
    """
    n = form.linear.size
    room = cutoff - form.constant
    near = min(max(np.floor(form.goal + 0.5), float(least)), float(most))
    room -= form.penalty * (near - form.goal) ** 2
    if form.sign[0] < 0.0:
        low, high = -form.target[0], -form.target[0]
        for i in range(n):
            low += min(form.block[i, 0], 0.0)
            high += max(form.block[i, 0], 0.0)
        room += max(low * low, high * high)
    room += 16.0 * EPS * (abs(cutoff) + abs(form.constant) + abs(room))
    if room < 0.0:
        return -1
    pairs = 0.0
    for i in range(n):
        if link > 0.0:
            pairs += (form.link[i] + form.linear[i]) / link
    return int(min(pairs + 0.5, np.floor(room / link * (1.0 + 1e-9) + 1e-9))) if link > 0.0 else 0


@inner
def states(form: Form, link: float, least: int, most: int, cutoff: float) -> int:
    """Number of states of the table."""
    pairs = extent(form, link, least, most, cutoff)
    return max(form.linear.size, 1) * 2 * (most + 1) * (max(pairs, 0) + 1)


@inner
def solve_table(  # noqa: C901
    form: Form, way: int, link: float, least: int, most: int, cutoff: float, past: float, found: Bits
) -> tuple[float, float]:
    """The best value over c in least..most, its bits in `found`, and a bound below all of them whatever the rounding;
    inf for both when no point is below the cutoff.

    Parameters
    ----------
    way : from `direction` of the problem this one was reduced from
    link : l2, the only nonzero link there
    past : from `breach` of that problem
    """
    n = form.linear.size
    pairs = extent(form, link, least, most, cutoff)
    if pairs < 0 or least > most:
        return math.inf, math.inf
    low = high = 0.0
    for i in range(n):
        low += min(form.block[i, 0], 0.0)
        high += max(form.block[i, 0], 0.0)
    mixed = high - low if low < 0.0 < high else 0.0
    own: Integers = np.zeros(n, np.int64)  # pairs with bits fixed to 1
    step: Integers = np.zeros(n, np.int64)  # pairs with the next bit
    for i in range(n):
        if link > 0.0:
            own[i] = int(form.linear[i] / link + 0.5)
            step[i] = 1 if form.link[i] > 0.0 else 0
    off: Floats = np.full((most + 1, pairs + 1), np.inf)
    on: Floats = np.full((most + 1, pairs + 1), np.inf)
    off[0, 0] = 0.0
    # bit 0: bit before this one was set, where this one is 0; bit 1: the same, where this one is 1
    choice: Bits = np.zeros((n, most + 1, pairs + 1), np.int8)
    for i in range(n):
        gain = way * form.block[i, 0]
        shift = step[i - 1] if i > 0 else 0
        top = min(i, most)
        for c in range(top, -1, -1):  # downwards: row c + 1 has been read when it is written
            for h in range(pairs + 1):
                a, b = off[c, h], on[c, h]
                to = h + own[i]
                if c < most and to <= pairs:
                    linked = on[c, h - shift] if h >= shift else math.inf
                    on[c + 1, to] = gain + min(a, linked)
                    if linked < a:
                        choice[i, c + 1, to] |= 2
                if b < a:
                    off[c, h] = b
                    choice[i, c, h] |= 1
            if c < most:
                for h in range(min(own[i], pairs + 1)):  # nothing leads there
                    on[c + 1, h] = math.inf
        for h in range(pairs + 1):
            on[0, h] = math.inf
    best = math.inf
    bound = math.inf
    best_c, best_h, best_last = -1, -1, 0
    for c in range(least, most + 1):
        for h in range(pairs + 1):
            s = min(off[c, h], on[c, h])
            if s < math.inf:
                residual = way * s - form.target[0]
                error = EPS * (n + 4.0) * (max(abs(s), mixed) + abs(form.target[0]))
                count = form.penalty * (c - form.goal) ** 2
                value = form.constant + form.sign[0] * residual * residual
                value += count + link * h
                nearest = max(abs(residual) - error, 0.0) if form.sign[0] > 0.0 else abs(residual) + error
                square = form.sign[0] * nearest * nearest
                size = abs(form.constant) + abs(square) + count + link * h
                bound = min(bound, form.constant + square + count + link * h - past * past - 16.0 * EPS * size)
                if value < best:
                    best = value
                    best_c, best_h = c, h
                    best_last = 1 if on[c, h] < off[c, h] else 0
    if best_c < 0:
        return math.inf, math.inf
    c, h, last = best_c, best_h, best_last
    for i in range(n - 1, -1, -1):
        found[i] = last
        mark = (choice[i, c, h] >> last) & 1
        if last == 1:
            c -= 1
            h -= own[i]
            if mark == 1 and i > 0:
                h -= step[i - 1]
        last = mark
    return energy(form, found), bound


@inner
def solve_linear_table(form: Form, least: int, most: int, found: Bits) -> tuple[float, float]:
    """The best value over c in least..most of a problem without squares: the least linear sum for every c.

    Returns it and a bound below all of them whatever the rounding.
    """
    n = form.linear.size
    off: Floats = np.full(most + 1, np.inf)
    on: Floats = np.full(most + 1, np.inf)
    off[0] = 0.0
    choice: Bits = np.zeros((n, most + 1), np.int8)
    for i in range(n):
        link = form.link[i - 1] if i > 0 else 0.0
        for c in range(min(i, most), -1, -1):
            a, b = off[c], on[c]
            if c < most:
                on[c + 1] = form.linear[i] + min(a, b + link)
                if b + link < a:
                    choice[i, c + 1] |= 2
            if b < a:
                off[c] = b
                choice[i, c] |= 1
        on[0] = math.inf
    best, at = math.inf, -1
    bound = math.inf
    within = abs(form.constant)
    for i in range(n):
        within += abs(form.linear[i]) + abs(form.link[i])
    for c in range(least, most + 1):
        count = form.penalty * (c - form.goal) ** 2
        value = form.constant + min(off[c], on[c]) + count
        bound = min(bound, value - EPS * ((2.0 * n + 8.0) * within + 8.0 * count))
        if value < best:
            best = value
            at = c
    if at < 0:
        return math.inf, math.inf
    last = 1 if on[at] < off[at] else 0
    c = at
    for i in range(n - 1, -1, -1):
        found[i] = last
        mark = (choice[i, c] >> last) & 1
        c -= last
        last = mark
    return energy(form, found), bound
