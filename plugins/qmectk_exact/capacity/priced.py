"""Prices by subgradient steps, and the greedy that fills servers in order of value.

The price iteration is Polyak's (1969): nu <- [nu + s (load(nu) - capacity)]^+ with s = (g(nu) - best) / |.|^2. Any
nu >= 0 gives a bound; points come from filling servers in the order of priced values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bound import best_columns, compiled, descending, dual_bound
from .simplex import prepared

Array = NDArray[np.float64]

#: Price steps from one point to the next.
POINTS = 6


@compiled
def fill(value: Array, load: Array, capacity: Array, price: Array, y: Array) -> float:
    """Serve pairs in the order of value - price * load while there is room, one server a device; returns the worth."""
    devices, columns = value.shape
    worth = np.empty(devices * columns)
    for m in range(devices):
        for k in range(columns):
            worth[m * columns + k] = value[m, k] - (price[k] * load[m, k] if price[k] > 0.0 else 0.0)
    order = descending(worth)
    left = capacity.copy()
    served = np.zeros(devices, np.bool_)
    y[:] = 0.0
    total = 0.0
    for pair in order:
        m, k = pair // columns, pair % columns
        if value[m, k] <= 0.0 or served[m] or left[k] <= 0.0:
            continue
        share = 1.0
        if load[m, k] > left[k]:
            share = left[k] / load[m, k]
        y[m, k] = share
        left[k] -= share * load[m, k]
        served[m] = True
        total += share * value[m, k]
    return total


@compiled
def price_one(value: Array, load: Array, capacity: Array, steps: int, y: Array, price: Array) -> Any:
    """Fill `y` and `price` with the best point and the best prices; returns (worth, bound)."""
    columns = value.shape[1]
    nu = np.zeros(columns)
    trial = np.zeros(value.shape)
    best = fill(value, load, capacity, nu, y)
    bound = dual_bound(value, load, capacity, nu)
    price[:] = 0.0
    eased = 1.0
    since = 0
    for step_number in range(steps):
        now = dual_bound(value, load, capacity, nu)
        since += 1
        if now < bound:
            bound, since = now, 0
            price[:] = nu
        if step_number % POINTS == POINTS - 1:  # a point costs a sort, a price does not
            worth = fill(value, load, capacity, nu, trial)
            if worth > best:
                best = worth
                y[:] = trial
        if bound <= best * (1.0 + 1e-12):
            break
        if since > 5:  # the steps are too long
            eased, since = 0.5 * eased, 0
        taken = best_columns(value, load, nu)
        excess = np.zeros(columns)
        for k in range(columns):
            if np.isfinite(capacity[k]):
                excess[k] = -capacity[k]
        for m in range(len(taken)):
            if taken[m] >= 0 and np.isfinite(capacity[taken[m]]):
                excess[taken[m]] += load[m, taken[m]]
        for k in range(columns):
            if excess[k] < 0.0 and nu[k] == 0.0:
                excess[k] = 0.0
        size = np.sum(excess * excess)
        if size == 0.0:
            break
        step = eased * (now - best) / size
        for k in range(columns):
            nu[k] = max(0.0, nu[k] + step * excess[k])
    return best, bound


@compiled
def _price_many(value: Array, load: Array, capacity: Array, steps: int) -> Any:
    states, devices, columns = value.shape
    y = np.zeros((states, devices, columns))
    price = np.zeros((states, columns))
    worth, bound = np.zeros(states), np.zeros(states)
    for b in range(states):
        worth[b], bound[b] = price_one(value[b], load[b], capacity[b], steps, y[b], price[b])
    return y, price, worth, bound


def price_many(value: Any, load: Any, capacity: Any, steps: int = 60) -> tuple[Array, Array, Array, Array]:
    """(y, prices, worth, bound) of B states; shapes as for ``solve_capacity_many``."""
    return _price_many(*prepared(value, load, capacity), steps)
