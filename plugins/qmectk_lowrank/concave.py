"""One concave square: intervals of its argument, a chord on each, and an exact linear problem under every chord.

For v = b.x - t in [low, high], -v^2 >= -(low + high) v + low high, so

    min -v^2 + rest(x)  >=  min_x  -(low + high) v(x) + rest(x) + low high,

a problem without squares, solved exactly. Its point x' misses the bound by (v' - low)(high - v'): nothing at the ends
of the interval, so splitting there closes the gap (Falk & Soland, "An algorithm for separable nonconvex programming
problems", Management Science 15, 1969). Where v' lies outside the interval, x' is better than anything inside.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable

import numpy as np

from .compiled import EPS, Bits
from .form import Form, energy
from .result import FactoredResult

Solver = Callable[[Form, int], FactoredResult]


def solve_concave(
    form: Form,
    linear_solver: Solver,
    gap: float,
    node_limit: int,
    tell: Callable[[float, float], None] | None = None,
) -> FactoredResult:
    """Optimum of a problem whose only square has the sign -1.

    Parameters
    ----------
    linear_solver : solves a form without squares within a number of nodes
    tell : called after every split with the least value and the bound proved so far
    """
    b, t = form.block[:, 0], float(form.target[0])
    size = float(np.abs(b).sum()) + abs(t)
    margin = EPS * (len(b) + 8.0) * size  # the sums may be off by this
    low, high = float(np.minimum(b, 0.0).sum() - t) - margin, float(np.maximum(b, 0.0).sum() - t) + margin
    best: tuple[float, Bits] = (math.inf, np.zeros(len(b), np.int8))
    # rounding of the chord's weights and constants, over any choice of bits
    slack = 8.0 * EPS * (abs(low) + abs(high)) * (size + abs(low) + abs(high))
    slack += 8.0 * EPS * (float(np.abs(form.linear).sum()) + abs(form.constant))
    # what the linear solver takes off for its own rounding, and the sums of the incumbent
    allowed = 1e-12 * (max(abs(low), abs(high)) ** 2 + abs(form.constant))
    nodes, complete, closed = 0, True, math.inf

    def chord(low: float, high: float) -> tuple[float, float]:
        """Bound on the interval and the argument of the point that attains it; updates the incumbent."""
        nonlocal best, nodes, complete
        inner = Form(
            np.zeros((len(b), 0)), np.zeros(0), np.zeros(0), form.linear - (low + high) * b, form.link, form.penalty,
            form.goal, form.constant + (low + high) * t + low * high,
        )  # fmt: skip
        found = linear_solver(inner, max(1, node_limit - nodes))
        nodes += max(1, found.nodes)
        complete = complete and found.proved
        if math.isfinite(found.value):
            value = float(energy(form, found.bits))
            if value < best[0]:
                best = (value, found.bits)
        return found.bound - slack, float(b[found.bits == 1].sum() - t)

    bound, middle = chord(low, high)
    open_intervals = [(bound, low, high, middle)]
    while open_intervals and nodes < node_limit and complete:
        if tell is not None:
            tell(best[0], min(closed, best[0], open_intervals[0][0]))
        bound, low, high, middle = heapq.heappop(open_intervals)
        if bound >= best[0] - gap * abs(best[0]) - allowed or not low < middle < high:
            closed = min(closed, bound)
            continue
        for ends in ((low, middle), (middle, high)):
            raised, inside = chord(*ends)
            heapq.heappush(open_intervals, (max(bound, raised), *ends, inside))
    proved = complete and not open_intervals
    bound = min([closed, best[0], *(one[0] for one in open_intervals)])
    if proved:
        proved = bound >= best[0] - 2.0 * (gap * abs(best[0]) + allowed)
    return FactoredResult(best[1], best[0], bound, proved, nodes, "chords on a concave square")
