"""The closed form where servers have room, a primal simplex where they do not; both with a proved bound.

Without the servers' limits every device takes its most valuable server. Where that fits it is optimal. Where it does
not, a condensed tableau (Dantzig 1963) starts from y = 0, which is feasible. It works on scaled numbers (powers of
two): a server's capacity is about 1, a column counts in the largest share y that its server could carry, and the
objective in the most that one column can earn. So sizes of queues and links do not matter to its tolerances.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .bound import Array, bare, best_bound, best_columns, choking_price, compiled, uncounted

#: Size below which a reduced cost or a pivot of the scaled tableau counts as zero.
COST, PIVOT = 1e-13, 1e-11


@uncounted
def total_worth(y: Array, value: Array) -> float:
    """sum(y * value)."""
    total = 0.0
    for m in range(len(y)):
        for k in range(y.shape[1]):
            total += y[m, k] * value[m, k]
    return total


@bare
def fit(y: Array, load: Array, capacity: Array) -> None:
    """Scale y down where rounding left it outside by a hair."""
    devices, columns = y.shape
    for m in range(devices):
        total = 0.0
        for k in range(columns):
            total += y[m, k]
        if total > 1.0:
            for k in range(columns):
                y[m, k] /= total
    for k in range(columns):
        used = 0.0
        for m in range(devices):
            used += load[m, k] * y[m, k]
        if used > capacity[k]:
            for m in range(devices):
                if load[m, k] > 0.0:
                    y[m, k] *= capacity[k] / used


@uncounted
def share_exponent(load: float, capacity: float) -> int:
    """The power of two, at most 0, next to the largest y that the server can carry; capacity > 0."""
    if load <= capacity:
        return 0
    return min(math.frexp(capacity)[1] - math.frexp(load)[1] + 1, 0)


@uncounted
def _pivot(tableau: Array, r: int, c: int) -> None:
    rows, width = tableau.shape
    inverse = 1.0 / tableau[r, c]
    for j in range(width):
        tableau[r, j] *= inverse
    tableau[r, c] = inverse
    for i in range(rows):
        if i != r:
            factor = tableau[i, c]
            if factor != 0.0:
                for j in range(width):
                    tableau[i, j] -= factor * tableau[r, j]
                tableau[i, c] = -factor * inverse


@compiled
def solve_one(value: Array, load: Array, capacity: Array, y: Array, price: Array) -> int:  # noqa: C901
    """Fill `y` (devices, columns) and `price` (columns,); pivots taken, 0 for the closed form, -1 when it gives up."""
    devices, columns = value.shape
    used = np.empty(columns)
    for k in range(columns):
        price[k] = used[k] = 0.0
        for m in range(devices):
            y[m, k] = 0.0
    taken = best_columns(value, load, price)
    for m in range(devices):
        if taken[m] >= 0:
            used[taken[m]] += load[m, taken[m]]
    fits = True
    for k in range(columns):
        if used[k] > capacity[k]:
            fits = False
    if fits:
        for m in range(devices):
            if taken[m] >= 0:
                y[m, taken[m]] = 1.0
        return 0
    limited = np.empty(columns, np.int64)
    room = np.empty(columns, np.int64)  # exponents of the capacities
    rows = devices
    for k in range(columns):
        limited[k], room[k] = -1, 0
        if math.isfinite(capacity[k]):
            limited[k] = rows
            room[k] = math.frexp(capacity[k])[1]
            rows += 1
    useful = 0
    top = 0.0
    nonbasic = np.empty(devices * columns, np.int64)
    for m in range(devices):
        for k in range(columns):
            if value[m, k] > 0.0 and (capacity[k] > 0.0 or load[m, k] == 0.0):
                earned = value[m, k]
                if limited[k] >= 0:
                    earned = math.ldexp(earned, share_exponent(load[m, k], capacity[k]))
                top = max(top, earned)
                nonbasic[useful] = m * columns + k
                useful += 1
    scale = math.frexp(top)[1]
    tableau = np.zeros((rows + 1, useful + 1))
    for m in range(devices):
        tableau[m, useful] = 1.0
    for j in range(useful):
        m, k = nonbasic[j] // columns, nonbasic[j] % columns
        share = 0
        if limited[k] >= 0:
            share = share_exponent(load[m, k], capacity[k])
            tableau[limited[k], j] = math.ldexp(load[m, k], share - room[k])
        tableau[m, j] = math.ldexp(1.0, share)
        tableau[rows, j] = -math.ldexp(value[m, k], share - scale)
    for k in range(columns):
        if limited[k] >= 0:
            tableau[limited[k], useful] = math.ldexp(capacity[k], -room[k])
    slack = devices * columns  # names of the slacks follow those of y
    basic = np.empty(rows, np.int64)
    for i in range(rows):
        basic[i] = slack + i
    most = 200 * (rows + useful)
    careful = 50 * (rows + useful)  # from here on Bland's rule, which cannot cycle
    pivots = 0
    while pivots < most:
        c = -1
        steepest = -COST
        for j in range(useful):
            if tableau[rows, j] < steepest:
                c = j
                if pivots > careful:
                    break
                steepest = tableau[rows, j]
        if c < 0:
            break
        r = -1
        smallest = np.inf
        for i in range(rows):
            if tableau[i, c] > PIVOT:
                ratio = tableau[i, useful] / tableau[i, c]
                if ratio < smallest - 1e-15 or (ratio <= smallest + 1e-15 and r >= 0 and basic[i] < basic[r]):
                    smallest, r = min(ratio, smallest), i
        if r < 0:
            return -1
        _pivot(tableau, r, c)
        basic[r], nonbasic[c] = nonbasic[c], basic[r]
        pivots += 1
    for i in range(rows):
        if basic[i] < slack:
            m, k = basic[i] // columns, basic[i] % columns
            share = share_exponent(load[m, k], capacity[k]) if limited[k] >= 0 else 0
            y[m, k] = min(math.ldexp(max(tableau[i, useful], 0.0), share), 1.0)
    fit(y, load, capacity)
    for j in range(useful):
        row = nonbasic[j] - slack
        if row >= devices:
            for k in range(columns):
                if limited[k] == row:
                    price[k] = math.ldexp(max(tableau[rows, j], 0.0), scale - room[k])
    for k in range(columns):
        if capacity[k] == 0.0:  # a price on no capacity costs nothing
            price[k] = choking_price(value, load, k)
    return pivots if pivots < most else -1


@compiled
def _solve_many(
    value: Array, load: Array, capacity: Array, y: Array, price: Array, worth: Array, bound: Array, pivots: Any
) -> None:
    for b in range(len(value)):
        pivots[b] = solve_one(value[b], load[b], capacity[b], y[b], price[b])
        worth[b] = total_worth(y[b], value[b])
        bound[b] = best_bound(value[b], load[b], capacity[b], price[b], worth[b])


def solve_capacity_many(value: Any, load: Any, capacity: Any) -> tuple[Array, Array, Array, Array, Any]:
    """Exact allocations of B independent states in one call.

    Parameters
    ----------
    value, load
        Shape (B, devices, columns).
    capacity
        Shape (columns,) or (B, columns); inf for no limit.

    Returns
    -------
    tuple
        y (B, devices, columns), prices (B, columns), worth (B,), proved bound (B,), pivots (B,): 0 where the closed
        form is optimal, -1 where the simplex gave up.
    """
    value, load, limits = prepared(value, load, capacity)
    states = len(value)
    y, price = np.empty(value.shape), np.empty(limits.shape)
    worth, bound, pivots = np.empty(states), np.empty(states), np.empty(states, np.int64)
    _solve_many(value, load, limits, y, price, worth, bound, pivots)
    return y, price, worth, bound, pivots


def prepared(value: Any, load: Any, capacity: Any) -> tuple[Array, Array, Array]:
    """The arrays as the kernels were compiled for: contiguous and writable."""
    value = np.require(value, np.float64, ["C", "W"])
    limits = np.array(np.broadcast_to(np.asarray(capacity, dtype=float), (len(value), value.shape[2])), order="C")
    return value, np.require(load, np.float64, ["C", "W"]), limits
