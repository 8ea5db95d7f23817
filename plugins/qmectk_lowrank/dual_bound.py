"""A lower bound on a convex form from prices, of the bits and of their number.

For every p in R^d, v^2 >= 2 p v - p^2; for every pi, the cardinality may be paid per bit instead of once. So

    E(x) >= D(p, pi) + pi c + l1 (c - k)^2,      c = sum x,
    D = constant - 2 p.t - |p|^2 + min_x [ sum_i (u_i + 2 p.B_i - pi) x_i + links ],

and the minimum is a chain program (see `chain_dp`), exact in O(n). One pair of prices bounds every cardinality at once:
the right side is convex in c, so that over all c it is least next to c = k - pi/(2 l1), and a pinned cardinality
simply puts its c in. Weak duality as in Geoffrion, "Lagrangean relaxation for integer programming", 1974.

Rounding: `allowance` covers the prices' products (d + 6 roundings a weight, counted over all bits) and the sums along
the best path (at most one rounding a bit, each relative to a partial sum no larger than about twice the minimum).
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import EPS, Floats, inner
from .form import Form


@inner
def sizes(form: Form) -> Floats:
    """The sums of |B_ir| over the bits, and last that of |u_i| with what the links may win back."""
    n, d = form.block.shape
    size = np.zeros(d + 1)
    for i in range(n):
        for r in range(d):
            size[r] += abs(form.block[i, r])
        size[d] += abs(form.linear[i]) - min(form.link[i], 0.0)
    return size


@inner
def magnitude(size: Floats, price: Floats) -> float:
    """The sum of the magnitudes that make the weights of all bits, but for pi."""
    d = size.size - 1
    total = 0.0
    for r in range(d):
        total += abs(price[r]) * size[r]
    return size[d] + 2.0 * total


@inner
def price_bits(form: Form, price: Floats, weight: Floats) -> None:
    """weight_i = u_i + 2 p.B_i - pi."""
    n, d = form.block.shape
    pi = price[d]
    if d == 1:
        p = 2.0 * price[0]
        for i in range(n):
            weight[i] = form.linear[i] - pi + p * form.block[i, 0]
    else:
        for i in range(n):
            product = 0.0
            for r in range(d):
                product += price[r] * form.block[i, r]
            weight[i] = form.linear[i] - pi + 2.0 * product


@inner
def base(form: Form, price: Floats) -> float:
    """The part of D that does not depend on x."""
    d = form.target.size
    total = form.constant
    for r in range(d):
        total -= price[r] * (2.0 * form.target[r] + price[r])
    return total


@inner
def cheapest_count(form: Form, pinned: int, pi: float) -> float:
    """The pinned c, or the c in 0..n at which pi c + l1 (c - k)^2 is least."""
    n = form.linear.size
    if pinned >= 0:
        return float(pinned)
    if form.penalty == 0.0:
        return 0.0 if pi >= 0.0 else float(n)
    # numpy's floor: math's makes a whole number of 64 bits when it is compiled, and pi / penalty may be larger
    c = min(max(np.floor(form.goal - 0.5 * pi / form.penalty + 0.5), 0.0), float(n))
    best = c
    least = math.inf
    for near in (c, c - 1.0, c + 1.0):  # the rounding above may be one off
        inside = min(max(near, 0.0), float(n))
        value = pi * inside + form.penalty * (inside - form.goal) ** 2
        if value < least:
            least = value
            best = inside
    return best


@inner
def count_term(form: Form, pinned: int, pi: float) -> float:
    """pi c + l1 (c - k)^2 at the pinned c, or its least over c = 0..n."""
    c = cheapest_count(form, pinned, pi)
    return pi * c + form.penalty * (c - form.goal) ** 2


@inner
def allowance(form: Form, pinned: int, price: Floats, size: Floats, minimum: float) -> float:
    """Absolute rounding error allowed for D plus the count term; `size` of :func:`sizes`."""
    n, d = form.block.shape
    c = cheapest_count(form, pinned, price[-1])
    ends = abs(form.constant) + abs(price[-1]) * c + form.penalty * (c - form.goal) ** 2
    for r in range(d):
        ends += abs(price[r]) * (2.0 * abs(form.target[r]) + abs(price[r]))
    total = magnitude(size, price) + n * abs(price[-1])
    return EPS * ((d + 6.0) * total + 4.0 * n * abs(minimum) + (2.0 * d + 16.0) * ends)
