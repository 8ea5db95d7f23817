"""What no point can be worth: a bound from prices of the servers, and prices that make it a good one.

The bound (`dual_bound`) needs no trust in what found the prices: weak duality, every rounding taken upwards
(Neumaier & Shcherbina, Mathematical Programming 99, 2004).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.compiling.compiled import SourceGroup

Array = NDArray[np.float64]

# numpy's functions are written out below: a sort, a sum, a copy and a fill take ten seconds to compile
_together = SourceGroup(__file__, "simplex.py", "priced.py", "branching.py")
compiled, bare, uncounted = _together.compiled, _together.bare, _together.uncounted

#: Distance of neighbouring numbers at 1 in double precision.
EPS = 2.220446049250313e-16

#: Products below this are rounded absolutely, not relatively; as lower bounds of what they stand for they are 0.
LEAST_PRODUCT = 1e-290

#: Largest price of a server, so that none is infinite.
MOST_PRICE = 1e300

#: Relative gap between a point and a bound that counts as none.
CLOSE = 1e-9

#: Rounds over all prices that improve a bound which is not close.
PASSES = 8

#: By how much prices are raised before they are used: what the rounding of a price could leave of a device that it
#: just prices out would be relative to the value, not to the bound; raising costs about this much of price x capacity.
RAISED = 1.0 + 16.0 * EPS


@uncounted
def reduced_worth(value: float, load: float, price: float) -> float:
    """value - price * load, rounded upwards; the price >= 0 is the one that `dual_bound` uses."""
    if price <= 0.0:
        return value
    paid = price * load
    paid = paid * (1.0 - 2.0 * EPS) if paid > LEAST_PRODUCT else 0.0
    worth = value - paid
    return worth * (1.0 + 2.0 * EPS) if worth > 0.0 else worth


@bare
def dual_bound(value: Array, load: Array, capacity: Array, price: Array) -> float:
    """An upper bound on what any point is worth, from any prices >= 0; rounded upwards.

        g(nu) = sum_m max(0, max_k (value_mk - nu_k load_mk)) + sum_k nu_k capacity_k

    No term is negative, so the rounding of the sum is relative to the sum.
    """
    devices, columns = value.shape
    total = 0.0
    for k in range(columns):
        if price[k] > 0.0 and capacity[k] > 0.0:
            total += max(price[k] * RAISED * capacity[k], LEAST_PRODUCT)
    for m in range(devices):
        best = 0.0
        for k in range(columns):
            best = max(best, reduced_worth(value[m, k], load[m, k], price[k] * RAISED))
        total += best
    return total * (1.0 + (devices + columns + 4.0) * EPS)


@compiled
def descending(keys: Array) -> Any:
    """Indices in descending order of their keys, ties in order (merge sort)."""
    count = len(keys)
    order = np.empty(count, np.int64)
    merged = np.empty(count, np.int64)
    for i in range(count):
        order[i] = i
    width = 1
    while width < count:
        for begin in range(0, count, 2 * width):
            middle = min(begin + width, count)
            end = min(begin + 2 * width, count)
            i, j = begin, middle
            for k in range(begin, end):
                if i < middle and (j == end or keys[order[i]] >= keys[order[j]]):
                    merged[k] = order[i]
                    i += 1
                else:
                    merged[k] = order[j]
                    j += 1
        order, merged = merged, order
        width *= 2
    return order


@uncounted
def put(target: Array, source: Array) -> None:
    """target[:] = source, of one dimension."""
    for i in range(len(source)):
        target[i] = source[i]


@uncounted
def choking_price(value: Array, load: Array, k: int) -> float:
    """A price at which no device wants server k."""
    price = 0.0
    for m in range(len(value)):
        if value[m, k] > 0.0 and load[m, k] > 0.0:
            price = max(price, min(value[m, k] / load[m, k] * RAISED, MOST_PRICE))
    return price


@compiled
def tighten(value: Array, load: Array, capacity: Array, price: Array) -> None:
    """Set one price after the other to where the bound is least, given the others; price is changed.

    In the price of server k the bound is convex and piecewise linear: its slope is the capacity less the loads of the
    devices that choose k. The tableau leaves a price at 0 where what the server could earn is below its tolerance;
    the bound counts the whole value there.
    """
    devices, columns = value.shape
    leaves = np.empty(devices)  # the price at which device m leaves server k
    for k in range(columns):
        if not 0.0 < capacity[k] < np.inf:
            continue
        for m in range(devices):
            other = 0.0
            for j in range(columns):
                if j != k:
                    other = max(other, value[m, j] - (price[j] * load[m, j] if price[j] > 0.0 else 0.0))
            gain = value[m, k] - other
            leaves[m] = min(gain / load[m, k], MOST_PRICE) if gain > 0.0 and load[m, k] > 0.0 else 0.0
        price[k] = 0.0
        used = 0.0
        for m in descending(leaves):
            used += load[m, k]
            if used > capacity[k]:
                price[k] = leaves[m]
                break


@compiled
def best_bound(value: Array, load: Array, capacity: Array, price: Array, worth: float) -> float:
    """`dual_bound` at prices that are improved while it is not close to the worth of a point."""
    bound = dual_bound(value, load, capacity, price)
    trial = np.empty(len(price))
    put(trial, price)
    if bound > worth * (1.0 + 0.1 * CLOSE):  # from above: one price alone cannot help where a device has a way round it
        for k in range(len(price)):
            if price[k] == 0.0 and math.isfinite(capacity[k]):
                trial[k] = choking_price(value, load, k)
    for _ in range(PASSES):
        if bound <= worth * (1.0 + 0.1 * CLOSE):
            break
        tighten(value, load, capacity, trial)
        now = dual_bound(value, load, capacity, trial)
        if now < bound:
            bound = now
            put(price, trial)
    return bound


@compiled
def best_columns(value: Array, load: Array, price: Array) -> Any:
    """The column each device takes at these prices, -1 for none; shape (devices,)."""
    devices, columns = value.shape
    taken = np.empty(devices, np.int64)
    for m in range(devices):
        best = 0.0
        taken[m] = -1
        for k in range(columns):
            worth = value[m, k] - (price[k] * load[m, k] if price[k] > 0.0 else 0.0)
            if worth > best:
                best, taken[m] = worth, k
    return taken
