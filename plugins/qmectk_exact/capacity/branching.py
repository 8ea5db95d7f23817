"""One server a device: branch and bound with the priced bound of :mod:`.simplex` at every node.

Without the rule "one server" the slot is a linear problem, and a basic optimum of it splits at most as many devices as
there are servers. A node forbids some pairs of device and server. Its bound is weak duality at the prices of its linear
problem, rounded upwards, so that nothing has to be trusted. Prices also settle pairs: where the bound with device m at
server k is no better than the incumbent, the pair is forbidden below. Points come from the largest share of each
device; for chosen servers the best shares are a fractional knapsack a server (Dantzig 1957).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bound import EPS, RAISED, best_bound, compiled, descending, reduced_worth
from .simplex import fit, solve_one

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Takes the worth of an allocation and a proved bound.
Tell = Callable[[float, float], None]

#: Cells of tableaus after which HiGHS is asked instead: some seconds.
MOST_CELLS = 2e10


@dataclass(frozen=True)
class Branched:
    """An allocation, a proved bound, and whether the search came to an end."""

    y: Array
    worth: float
    bound: float
    finished: bool
    nodes: int


@compiled
def served(value: Array, load: Array, capacity: Array, column: Any, y: Array) -> float:
    """Fill y with the best shares when device m may only use column[m] (-1 for none); returns the worth."""
    y[:] = 0.0
    density = np.zeros(len(value))
    for m in range(len(value)):
        if column[m] >= 0:
            taken = load[m, column[m]]
            density[m] = value[m, column[m]] / taken if taken > 0.0 else np.inf
    left = capacity.copy()
    for m in descending(density):
        k = column[m]
        if k < 0 or value[m, k] <= 0.0:
            continue
        share = 1.0
        if load[m, k] > left[k]:
            share = left[k] / load[m, k]
        y[m, k] = share
        left[k] = max(left[k] - share * load[m, k], 0.0)
    fit(y, load, capacity)
    return float(np.sum(y * value))


@compiled
def visit(value: Array, load: Array, capacity: Array, allowed: Mask, y: Array) -> Any:
    """Solve the linear problem of a node.

    Parameters
    ----------
    allowed
        Pairs that are not forbidden, shape (devices, columns).
    y
        Receives an allocation with one server a device.

    Returns
    -------
    tuple
        Bound, worth of `y`, price of each column, the device to branch on and its column (-1 where no device is
        split), pivots.
    """
    devices, columns = value.shape
    left = np.where(allowed, value, 0.0)
    shares = np.empty((devices, columns))
    price = np.empty(columns)
    pivots = solve_one(left, load, capacity, shares, price)
    bound = best_bound(left, load, capacity, price, float(np.sum(shares * left)))
    column = np.full(devices, -1, np.int64)
    device = -1
    largest = 0.0
    for m in range(devices):
        best, second = 0.0, 0.0
        for k in range(columns):
            earned = shares[m, k] * left[m, k]
            if earned > best:
                second, best = best, earned
                column[m] = k
            else:
                second = max(second, earned)
        if second > largest:
            largest, device = second, m
    if pivots < 0 and device < 0:  # the simplex gave up: branch wherever there is a choice
        for m in range(devices):
            if device < 0 and np.sum(left[m] > 0.0) > 1:
                device = m
                column[m] = int(np.argmax(left[m]))
    split = column[device] if device >= 0 else -1
    return bound, served(value, load, capacity, column, y), price, device, split, pivots


@compiled
def settle(
    value: Array, load: Array, capacity: Array, price: Array, bound: float, cutoff: float, allowed: Mask
) -> None:
    """Forbid the pairs whose use leaves the bound at or below the cutoff."""
    devices, columns = value.shape
    rounding = 4.0 * (devices + columns + 4.0) * EPS * bound
    for m in range(devices):
        best = 0.0
        for k in range(columns):
            if allowed[m, k]:
                best = max(best, reduced_worth(value[m, k], load[m, k], price[k] * RAISED))
        for k in range(columns):
            if allowed[m, k]:
                worth = max(reduced_worth(value[m, k], load[m, k], price[k] * RAISED), 0.0)
                if bound - best + worth + rounding <= cutoff:
                    allowed[m, k] = False


def branch_and_bound(
    value: Array,
    load: Array,
    capacity: Array,
    *,
    gap: float,
    expired: Callable[[], bool],
    tell: Tell | None = None,
    cells: float = MOST_CELLS,
) -> Branched:
    """The best allocation with one server a device.

    Parameters
    ----------
    value, load, capacity
        As in :class:`~qmectk.views.capacity.Capacity`.
    gap
        Relative gap to prove.
    expired
        Asked at every node; True ends the search.
    tell
        Called with the worth and the bound whenever a better allocation is found, and at every node.
    cells
        Work after which the search ends, in cells of tableaus.
    """
    best, worth = np.zeros(value.shape), 0.0
    closed, nodes = 0.0, 0
    size = float((sum(value.shape) + 1) * (np.count_nonzero(value > 0.0) + 1))
    trial = np.zeros(value.shape)
    queue: list[tuple[float, int, Mask]] = [(-np.inf, 0, np.ascontiguousarray(value > 0.0))]
    while queue and cells > 0.0 and not (nodes and expired()):
        above, _, allowed = heapq.heappop(queue)
        if -above <= worth * (1.0 + gap):  # the best of the open ones: no other is better
            closed = max(closed, -above)
            queue.clear()
            break
        if tell is not None and nodes:
            tell(worth, max(closed, worth, -above))
        bound, found, price, device, column, pivots = visit(value, load, capacity, allowed, trial)
        bound = min(bound, -above)
        nodes += 1
        cells -= size * (abs(pivots) + 1)
        if found > worth:
            best, worth = trial.copy(), found
            if tell is not None:
                tell(worth, max(closed, worth, bound, -queue[0][0] if queue else 0.0))
        cutoff = worth * (1.0 + gap)
        if bound <= cutoff or device < 0:
            closed = max(closed, bound)
            continue
        settle(value, load, capacity, price, bound, cutoff, allowed)
        closed = max(closed, cutoff)  # what was forbidden may be worth that much
        for child in (allowed.copy(), allowed):
            if child is allowed:
                child[device, column] = False
            else:
                child[device, np.arange(value.shape[1]) != column] = False
            heapq.heappush(queue, (-bound, len(queue) + nodes, child))
    finished = not queue
    bound = max([closed, worth, *(-one[0] for one in queue)])
    return Branched(best, worth, bound, finished, nodes)
