"""A lower bound on a convex form from prices, improved by simplicial decomposition; every iterate is a bound.

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

from .arrays import bits_like, leading, put_bits
from .chain_dp import minimise
from .compiled import EPS, Bits, Floats, inner
from .form import Form, energy
from .simplicial import Atoms, add, known, solve_master


@inner
def price_bits(form: Form, price: Floats, weight: Floats) -> float:
    """weight_i = u_i + 2 p.B_i - pi. Returns the sum of the magnitudes involved."""
    n, d = form.block.shape
    pi = price[-1]
    total = 0.0
    if d == 1:
        p = 2.0 * price[0]
        for i in range(n):
            product = p * form.block[i, 0]
            weight[i] = form.linear[i] - pi + product
            total += abs(form.linear[i]) + abs(product)
    else:
        for i in range(n):
            product = 0.0
            size = 0.0
            for r in range(d):
                one = price[r] * form.block[i, r]
                product += one
                size += abs(one)
            weight[i] = form.linear[i] - pi + 2.0 * product
            total += abs(form.linear[i]) + 2.0 * size
    for i in range(n):
        total -= min(form.link[i], 0.0)  # what a chain may win back
    return total + n * abs(pi)


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
def allowance(form: Form, pinned: int, price: Floats, magnitude: float, minimum: float) -> float:
    """Absolute rounding error allowed for D plus the count term."""
    n, d = form.block.shape
    c = cheapest_count(form, pinned, price[-1])
    ends = abs(form.constant) + abs(price[-1]) * c + form.penalty * (c - form.goal) ** 2
    for r in range(d):
        ends += abs(price[r]) * (2.0 * abs(form.target[r]) + abs(price[r]))
    return EPS * ((d + 6.0) * magnitude + 4.0 * n * abs(minimum) + (2.0 * d + 16.0) * ends)


@inner
def describe(form: Form, pinned: int, bits: Bits, v: Floats) -> tuple[float, int]:
    """v = (B^T x - t, sqrt(l1) (c - k)) of these bits; returns (u.x + links, c). A pinned count leaves 0 in v."""
    n, d = form.block.shape
    ones = 0
    cost = 0.0
    for r in range(d):
        v[r] = -form.target[r]
    for i in range(n):
        if bits[i]:
            ones += 1
            cost += form.linear[i]
            for r in range(d):
                v[r] += form.block[i, r]
            if i + 1 < n and bits[i + 1]:
                cost += form.link[i]
    v[d] = 0.0 if pinned >= 0 else math.sqrt(form.penalty) * (ones - form.goal)
    return cost, ones


@inner
def repair(form: Form, weight: Floats, wanted: int, ones: int, bits: Bits) -> None:
    """Set or clear the bits that cost least at these weights until `wanted` are set."""
    n = bits.size
    while ones != wanted:
        best = -1
        least = math.inf
        for i in range(n):
            if (bits[i] == 1) == (ones > wanted):
                change = weight[i]
                if i > 0 and bits[i - 1]:
                    change += form.link[i - 1]
                if i + 1 < n and bits[i + 1]:
                    change += form.link[i]
                if ones > wanted:
                    change = -change
                if change < least:
                    least = change
                    best = i
        bits[best] = 1 - bits[best]
        ones += 1 if bits[best] else -1


@inner
def bracket(form: Form, pinned: int, price: Floats, weight: Floats, choice: Bits, bits: Bits) -> None:
    """Move the price of the count until about `pinned` bits are set, by bisection; nothing is done when it is near."""
    n = weight.size
    size = price_bits(form, price, weight)
    if n * abs(price[-1]) > 1e6 * (size - n * abs(price[-1])):
        price[-1] = 0.0  # it came from a penalty that dwarfs everything, and the weights are lost in it
        price_bits(form, price, weight)
    minimise(weight, form.link, choice, bits)
    ones = count_ones(bits)
    if abs(ones - pinned) <= 4:
        return
    low = high = 0.0  # by how much the price may have to move
    for i in range(n):
        links = abs(form.link[i]) + (abs(form.link[i - 1]) if i > 0 else 0.0)
        low = min(low, weight[i] - links)
        high = max(high, weight[i] + links)
    start = price[-1]
    for _ in range(24):
        price[-1] = start + 0.5 * (low + high)
        price_bits(form, price, weight)
        minimise(weight, form.link, choice, bits)
        ones = count_ones(bits)
        if ones > pinned:
            high = price[-1] - start
        else:
            low = price[-1] - start
        if abs(ones - pinned) <= 2:
            break


@inner
def count_ones(bits: Bits) -> int:
    """Number of ones."""
    ones = 0
    for i in range(bits.size):
        ones += bits[i]
    return ones


@inner
def improve(  # noqa: C901
    form: Form, true: Form, pinned: int, price: Floats, cutoff: float, steps: int, atoms: Atoms, found: Bits
) -> tuple[float, float]:
    """Raise the bound of a convex form by at most `steps` chain programs.

    Parameters
    ----------
    form, true : the convex form, and the form whose value the points are judged by (the same where it is convex)
    pinned : exact cardinality, or -1
    price : (d + 1,) prices p and pi to start from; receives the prices of the best bound
    cutoff : stop once the bound reaches it
    atoms : the master; emptied first
    found : receives the bits of the best point met

    Returns
    -------
    (bound, value): the bound with its allowance taken off, and the value of `found`
    """
    n, d = form.block.shape
    at = leading(price, d + 1)
    weight = np.empty(n)
    choice = np.empty(n, np.int8)
    bits = np.zeros(n, np.int8)
    v = np.empty(d + 1)
    atoms.size[0] = 0
    best_bound = -math.inf
    best_value = math.inf
    convex = form.block.shape[1] == true.block.shape[1]
    if pinned < 0 and form.penalty == 0.0:
        at[-1] = 0.0
    if pinned >= 0:
        bracket(form, pinned, at, weight, choice, bits)
    for step in range(steps):
        magnitude = price_bits(form, at, weight)
        minimum = minimise(weight, form.link, choice, bits)
        constant = base(form, at) + count_term(form, pinned, at[-1])
        bound = constant + minimum - allowance(form, pinned, at, magnitude, minimum)
        if bound > best_bound or step == 0:
            best_bound = bound
            for r in range(d + 1):
                price[r] = at[r]
            if bound >= cutoff:
                break
        cost, ones = describe(form, pinned, bits, v)
        if step == 0 and pinned >= 0 and ones != pinned:
            # the master starts from a point that has the pinned cardinality
            start = bits_like(bits)
            repair(form, weight, pinned, ones, start)
            start_v = np.empty(d + 1)
            start_cost, _ = describe(form, pinned, start, start_v)
            add(atoms, start_v, start_cost, 0.0, start)
            value = energy(true, start)
            if value < best_value:
                best_value = value
                put_bits(found, start)
        elif step > 0 and known(atoms, bits):
            break
        if pinned < 0 or ones == pinned:
            if convex:
                value = form.constant + cost + form.penalty * (ones - form.goal) ** 2
                for r in range(d):
                    value += v[r] * v[r]
            else:
                value = energy(true, bits)
            if value < best_value:
                best_value = value
                put_bits(found, bits)
        if not add(atoms, v, cost, float(ones - pinned) if pinned >= 0 else 0.0, bits):
            break
        at[-1] = solve_master(atoms, at[-1])
        reach = form.constant + (form.penalty * (pinned - form.goal) ** 2 if pinned >= 0 else 0.0)
        for r in range(d + 1):
            mixed = 0.0
            for j in range(atoms.size[0]):
                mixed += atoms.weight[j] * atoms.v[j, r]
            reach += mixed * mixed
            if r < d:
                at[r] = mixed
            elif pinned < 0:
                at[-1] = -2.0 * math.sqrt(form.penalty) * mixed
        for j in range(atoms.size[0]):
            reach += atoms.weight[j] * atoms.cost[j]
        if reach - best_bound <= 1e-12 * abs(reach):
            break
        if cutoff < math.inf and reach < cutoff and reach - best_bound < 0.02 * (cutoff - best_bound):
            break
    return best_bound, best_value
