"""A batch in compiled code from end to end: what Python adds to an instance is more than the search of most of them.

Only the beginning of a search is made here. It is the same as `solve.search_form` makes until it asks the annealer for
help, so the bits are the same; an instance that needs more nodes is left to it.
"""

from __future__ import annotations

import numpy as np

from qmectk.views import FactoredBatch

from .branching import begin, proved, search
from .compiled import Bits, Floats, compiled
from .form import Form, floor
from .result import FactoredResult
from .solve import LEAF_BITS, METHOD, NOTHING, PATIENCE, ROOM
from .state import NODES, OPEN, VALUE
from .zero_shortcut import take_zeros

#: Most squares: beyond it a visit takes milliseconds, and nothing looks at the clock in here.
MOST_SQUARES = 16

#: Numbers in the factors of what is searched between two looks at the clock, some ten milliseconds' worth.
PORTION = 1 << 17

#: Nodes that `solve.search_form` visits before it asks for help: it doubles its steps, 1 + 2 + 4 + ... >= PATIENCE.
FEW = (1 << PATIENCE.bit_length()) - 1


def portion(views: FactoredBatch) -> int:
    """How many instances of this batch are searched at a time."""
    return max(1, PORTION // (views.example.n * (views.example.d + 1)))


def suits(views: object) -> bool:
    """Whether these can be searched together: a batch of small ones without a concave square by itself."""
    if not isinstance(views, FactoredBatch):
        return False
    e = views.example
    return e.feasible and e.d <= MOST_SQUARES and not (e.d == 1 and e.signs[0] < 0.0)


def solve_together(views: FactoredBatch, gap: float, node_limit: int) -> list[FactoredResult | None]:
    """As `solve_factored` answers each; None where it has to be asked."""
    e = views.example
    bits = np.zeros((len(views), e.n), np.int8)
    number = np.empty((len(views), 3))
    search_all(
        views.factors,
        views.target,
        views.linear,
        np.array(e.signs),
        np.append(e.chain, 0.0),
        e.penalty,
        e.count,
        e.constant,
        -1 if e.cardinality is None else e.cardinality,
        gap,
        min(FEW, node_limit),
        bits,
        number,
    )
    found: list[FactoredResult | None] = []
    for one, (value, bound, nodes) in zip(bits, number.tolist(), strict=True):
        method = METHOD if nodes else NOTHING
        found.append(None if nodes < 0 else FactoredResult(one, value, bound, True, int(nodes), method))
    return found


@compiled
def search_all(
    factors: Floats,
    target: Floats,
    linear: Floats,
    sign: Floats,
    link: Floats,
    penalty: float,
    goal: float,
    constant: float,
    pinned: int,
    gap: float,
    nodes: int,
    bits: Bits,
    number: Floats,
) -> None:
    """Bits of every instance, and its value, its bound and the nodes that it took: -1 where these were too few."""
    for i in range(len(factors)):
        form = Form(factors[i], target[i], sign, linear[i], link, penalty, goal, constant)
        if take_zeros(form, pinned, bits[i]):
            number[i, 0] = number[i, 1] = constant
            number[i, 2] = 0.0
            continue
        s = begin(form, pinned, gap, LEAF_BITS, ROOM)
        search(s, nodes)
        if s.counter[OPEN] > 0:
            number[i, 2] = -1.0
            continue
        for a in range(s.best.size):
            bits[i, a] = s.best[a]
        number[i, 0] = s.number[VALUE]
        number[i, 1] = proved(s, floor(form))
        number[i, 2] = s.counter[NODES]


__all__ = ["portion", "solve_together", "suits"]
