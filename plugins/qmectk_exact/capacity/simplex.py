"""The closed form where servers have room, a primal simplex where they do not; both with a proved bound.

Without the servers' limits every device takes its most valuable server. Where that fits it is optimal. Where it does
not, a condensed tableau (Dantzig 1963) starts from y = 0, which is feasible, and the prices nu of its last row give a
bound that needs no trust in the tableau: by weak duality no point is worth more than

    g(nu) = sum_m max(0, max_k (value_mk - nu_k load_mk)) + sum_k nu_k capacity_k     for any nu >= 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.compiled import SourceGroup

Array = NDArray[np.float64]

compiled = SourceGroup(__file__, "priced.py").compiled

#: Relative size below which a reduced cost or a pivot counts as zero.
EPSILON = 1e-11


@compiled
def dual_bound(value: Array, load: Array, capacity: Array, price: Array) -> float:
    """g(price), see the module."""
    devices, columns = value.shape
    total = 0.0
    for k in range(columns):
        if price[k] > 0.0:
            total += price[k] * capacity[k]
    for m in range(devices):
        best = 0.0
        for k in range(columns):
            worth = value[m, k] - (price[k] * load[m, k] if price[k] > 0.0 else 0.0)
            if worth > best:
                best = worth
        total += best
    return total


@compiled
def best_columns(value: Array, load: Array, price: Array) -> Any:
    """The column each device takes at these prices, -1 for none; shape (devices,)."""
    devices, columns = value.shape
    taken = np.full(devices, -1, np.int64)
    for m in range(devices):
        best = 0.0
        for k in range(columns):
            worth = value[m, k] - (price[k] * load[m, k] if price[k] > 0.0 else 0.0)
            if worth > best:
                best, taken[m] = worth, k
    return taken


@compiled
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
def solve_one(value: Array, load: Array, capacity: Array, y: Array, price: Array) -> int:
    """Fill `y` (devices, columns) and `price` (columns,); pivots taken, 0 for the closed form, -1 when it gives up."""
    devices, columns = value.shape
    y[:] = 0.0
    price[:] = 0.0
    taken = best_columns(value, load, price)
    used = np.zeros(columns)
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
    limited = np.full(columns, -1, np.int64)
    rows = devices
    for k in range(columns):
        if np.isfinite(capacity[k]):
            limited[k] = rows
            rows += 1
    useful = 0
    for m in range(devices):
        for k in range(columns):
            if value[m, k] > 0.0:
                useful += 1
    scale = np.max(value)
    tableau = np.zeros((rows + 1, useful + 1))
    nonbasic = np.empty(useful, np.int64)
    j = 0
    for m in range(devices):
        tableau[m, useful] = 1.0
        for k in range(columns):
            if value[m, k] > 0.0:
                tableau[m, j] = 1.0
                if limited[k] >= 0:
                    tableau[limited[k], j] = load[m, k] / max(capacity[k], 1e-300)
                tableau[rows, j] = -value[m, k] / scale
                nonbasic[j] = m * columns + k
                j += 1
    for k in range(columns):
        if limited[k] >= 0:
            tableau[limited[k], useful] = 1.0 if capacity[k] > 0.0 else 0.0
    slack = devices * columns  # names of the slacks follow those of y
    basic = np.empty(rows, np.int64)
    for i in range(rows):
        basic[i] = slack + i
    most = 200 * (rows + useful)
    careful = 50 * (rows + useful)  # from here on Bland's rule, which cannot cycle
    pivots = 0
    while pivots < most:
        c = -1
        steepest = -EPSILON
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
            if tableau[i, c] > EPSILON:
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
            y[basic[i] // columns, basic[i] % columns] = min(max(tableau[i, useful], 0.0), 1.0)
    for j in range(useful):
        row = nonbasic[j] - slack
        if row >= devices:
            for k in range(columns):
                if limited[k] == row:
                    price[k] = max(tableau[rows, j], 0.0) * scale / max(capacity[k], 1e-300)
    return pivots if pivots < most else -1


@compiled
def _solve_many(value: Array, load: Array, capacity: Array) -> Any:
    states, devices, columns = value.shape
    y = np.zeros((states, devices, columns))
    price = np.zeros((states, columns))
    pivots = np.zeros(states, np.int64)
    worth, bound = np.zeros(states), np.zeros(states)
    for b in range(states):
        pivots[b] = solve_one(value[b], load[b], capacity[b], y[b], price[b])
        worth[b] = np.sum(y[b] * value[b])
        bound[b] = dual_bound(value[b], load[b], capacity[b], price[b])
    return y, price, worth, bound, pivots


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
    return _solve_many(*prepared(value, load, capacity))


def prepared(value: Any, load: Any, capacity: Any) -> tuple[Array, Array, Array]:
    """The arrays as the kernels were compiled for: contiguous and writable."""
    value = np.require(value, np.float64, ["C", "W"])
    limits = np.array(np.broadcast_to(np.asarray(capacity, dtype=float), (len(value), value.shape[2])), order="C")
    return value, np.require(load, np.float64, ["C", "W"]), limits
