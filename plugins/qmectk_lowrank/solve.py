"""Certified optimum of factored quadratic problems over bits, one at a time or in batches.

    min  sum_r sign_r (b_r.x - t_r)^2 + u.x + l1 (sum x - k)^2 + sum_a c_a x_a x_{a+1} + constant

Certificate: `bound` is a lower bound of the optimum, proved by weak duality on the exact chain program, with the
rounding of every sum taken off (see `dual_bound`, `branching`). `proved` means that the search is complete: then
bound = value - gap |value| - the rounding of the value, or the value itself where every term is at its least. The input
arrays are taken as exact.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from qmectk import FactoredQuadratic

from .branching import begin, proved, search
from .compiled import Bits
from .concave import solve_concave
from .descent import descend
from .form import Form, energy, floor, rounding
from .heuristic import ROUNDS, form_of, quick_point
from .result import FactoredResult
from .state import NODES, OPEN, ROUNDING, VALUE, State, more_room
from .zero_shortcut import take_zeros

#: Takes the least value and the best bound of a search that goes on.
Tell = Callable[[float, float], None]

NODE_LIMIT = 1_000_000
GAP_TO_PROVE = 1e-9

#: At the end of a branch up to 2 to this many points are enumerated, at O(d) each.
LEAF_BITS = 10

#: Open nodes that a search begins with room for.
ROOM = 64

#: The argument behind the bound, for people.
METHOD, NOTHING = "Lagrangian branch and bound", "blocks that cost nothing"

#: Nodes after which a search that goes on asks the annealer for a better incumbent.
PATIENCE = 48

_CHUNK_SECONDS = 0.05  # how long compiled code runs before Python looks at the clock and at Ctrl-C


def solve_factored(
    view: FactoredQuadratic,
    *,
    gap: float = GAP_TO_PROVE,
    node_limit: int = NODE_LIMIT,
    expired: Callable[[], bool] | None = None,
    leaf_bits: int = LEAF_BITS,
    tell: Tell | None = None,
    known: Any = None,
) -> FactoredResult:
    """Optimum of one instance to a proved relative gap.

    Parameters
    ----------
    gap : relative gap (value - bound)/|value| to prove
    node_limit : stop after so many nodes; the result then has proved = False and a valid bound
    expired : asked every few hundredths of a second; True stops the search, too
    leaf_bits : up to 2^leaf_bits points are enumerated at the end of a branch
    tell : called every few hundredths of a second with the least value and the bound proved so far
    known : bits to begin at, shape (n,); passed over where they break the cardinality, or there is nothing to search
    """
    form = form_of(view)
    pinned = -1 if view.cardinality is None else view.cardinality
    bits = np.zeros(view.n, np.int8)
    if not view.feasible:
        return FactoredResult(bits, math.inf, math.inf, True, 0, "the cardinality cannot be met")
    if take_zeros(form, pinned, bits):
        return FactoredResult(bits, view.constant, view.constant, True, 0, NOTHING)
    if view.d == 1 and view.signs[0] < 0.0:
        return solve_concave(
            form,
            lambda inner, nodes: search_form(inner, pinned, 0.1 * gap, nodes, expired, leaf_bits),
            gap,
            node_limit,
            tell,
        )
    start = None if known is None else (np.asarray(known) > 0.5).astype(np.int8)
    if start is not None and pinned >= 0 and int(start.sum()) != pinned:
        start = None
    return search_form(form, pinned, gap, node_limit, expired, leaf_bits, tell, start)


def search_form(
    form: Form,
    pinned: int,
    gap: float,
    node_limit: int,
    expired: Callable[[], bool] | None,
    leaf_bits: int,
    tell: Tell | None = None,
    known: Bits | None = None,
) -> FactoredResult:
    """Branch and bound on the arrays of a problem; see `solve_factored`."""
    s = begin(form, pinned, gap, leaf_bits, ROOM)
    if known is not None:
        # a poor incumbent is worse than none, for which the search makes one of its own: polish it first
        descend(form, pinned, ROUNDS, known)
        _offer(s, form, known, float(energy(form, known)))
    least = floor(form)
    step, helped = 1, False
    while True:
        if not helped and s.counter[NODES] >= PATIENCE:
            helped = True
            _offer(s, form, *quick_point(form, pinned))
        mark = time.perf_counter()
        left = search(s, min(step, node_limit - int(s.counter[NODES])))
        now = time.perf_counter()
        if tell is not None:
            tell(float(s.number[VALUE]), float(proved(s, least)))
        if left == 2:
            s = more_room(s, 2 * len(s.bound))
            continue
        if left == 0 or s.counter[NODES] >= node_limit or (expired is not None and expired()):
            break
        if now - mark < 0.5 * _CHUNK_SECONDS:
            step = min(2 * step, PATIENCE) if not helped else 2 * step
        elif now - mark > _CHUNK_SECONDS:
            step = max(1, step // 2)
    complete = bool(s.counter[OPEN] == 0)
    return FactoredResult(
        s.best, float(s.number[VALUE]), float(proved(s, least)), complete, int(s.counter[NODES]), METHOD
    )


def _offer(s: State, form: Form, bits: Bits, value: float) -> None:
    """Take a point of another search as the incumbent if it is better."""
    if value < s.number[VALUE]:
        s.best[:] = bits
        s.number[VALUE] = value
        s.number[ROUNDING] = 2.0 * rounding(form, bits)
