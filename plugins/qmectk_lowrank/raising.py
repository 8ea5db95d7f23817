"""The dual bound raised by simplicial decomposition: every iterate is a bound, and every minimiser met is a point.

The minimiser of a chain program is an atom of the master (see `simplicial`), whose best mixture gives the next prices.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import bits_like, leading, put, put_bits
from .chain_dp import minimise
from .compiled import Bits, Floats, inner
from .dual_bound import allowance, base, count_term, magnitude, price_bits
from .form import Form, energy
from .simplicial import Atoms, add, known, solve_master

#: A bound is near enough to what prices can reach when this share of the gap is not worth a step.
NEAR = 0.02

#: How far the first d steps go from the best prices to those of the master, whose few first points make them swing; the
#: next ones, and what finds no new point, go all the way (Wentges, "Weighted Dantzig-Wolfe decomposition", Int. Trans.
#: Oper. Res. 4, 1997).
STRIDE = 0.5


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
def bracket(form: Form, size: Floats, pinned: int, price: Floats, weight: Floats, choice: Bits, bits: Bits) -> None:
    """Move the price of the count until about `pinned` bits are set, by bisection; nothing is done when it is near."""
    n = weight.size
    if n * abs(price[-1]) > 1e6 * magnitude(size, price):
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
    form: Form,
    true: Form,
    size: Floats,
    pinned: int,
    price: Floats,
    cutoff: float,
    steps: int,
    atoms: Atoms,
    found: Bits,
) -> tuple[float, float]:
    """Raise the bound of a convex form by at most `steps` chain programs.

    Parameters
    ----------
    form, true : the convex form, and the form whose value the points are judged by (the same where it is convex)
    size : of :func:`sizes`, for the convex form
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
    at, wanted, whole = leading(price, d + 1), np.empty(d + 1), True
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
        bracket(form, size, pinned, at, weight, choice, bits)
    for step in range(steps):
        price_bits(form, at, weight)
        minimum = minimise(weight, form.link, choice, bits)
        constant = base(form, at) + count_term(form, pinned, at[-1])
        bound = constant + minimum - allowance(form, pinned, at, size, minimum)
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
        elif step > 0 and known(atoms, cost, bits):
            if whole:
                break
            whole = True
            put(at, wanted, d + 1)
            continue
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
        wanted[-1] = solve_master(atoms, at[-1])
        reach = form.constant + (form.penalty * (pinned - form.goal) ** 2 if pinned >= 0 else 0.0)
        for r in range(d + 1):
            mixed = 0.0
            for j in range(atoms.size[0]):
                mixed += atoms.weight[j] * atoms.v[j, r]
            reach += mixed * mixed
            if r < d:
                wanted[r] = mixed
            elif pinned < 0:
                wanted[-1] = -2.0 * math.sqrt(form.penalty) * mixed
        for j in range(atoms.size[0]):
            reach += atoms.weight[j] * atoms.cost[j]
        if reach - best_bound <= 1e-12 * abs(reach):
            break
        if reach < cutoff < math.inf and reach - best_bound < NEAR * (cutoff - best_bound):
            break
        whole = step >= d
        stride = 1.0 if whole else STRIDE
        for r in range(d + 1):
            at[r] = price[r] + stride * (wanted[r] - price[r])
    return best_bound, best_value
