"""Best-first branch and bound over the dual bound.

A visit reduces the problem to its free bits, raises the bound (`raising`), fixes bits (`fixing`) and repeats while
that pays. What is left is enumerated when few points are left, put into an exact table when its one square is monotone
or when there is no square (`exact_dp`), and branched on otherwise: on the cardinality first, because the price of a
pinned cardinality closes the gap that ties leave open, then on the bit that the master's mixture is least sure about.

Every node that is closed by a bound has no point below the cutoff of that moment, and the cutoff only falls. What is
enumerated or put into a table is compared in rounded numbers; where its rounding leaves room for a point below the
cutoff, that room is kept. So when no node is open, the last cutoff or that is a lower bound of the optimum.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import bits_like, leading, put, put_bits
from .compiled import Bits, Floats, compiled, inner, merged
from .dual_bound import sizes
from .exact_dp import MOST_STATES, breach, direction, solve_linear_table, solve_table, states
from .first_price import first_prices
from .fixing import count_bound, counts_left, fix
from .form import FREE, Form, convexified, reduce
from .leaves import enumerate_bits, few_points
from .polishing import accept, count_fixed, polish, swaps
from .raising import improve
from .simplicial import Atoms, new_atoms
from .state import (
    BREACH,
    GAP,
    LEAF,
    LINK,
    NODES,
    OPEN,
    VALUE,
    WAY,
    State,
    close,
    cutoff,
    lower_bound,
    new_state,
    pop,
    push,
)

#: Most cardinalities opened as one node each.
MOST_COUNTS = 24


#: A round of descent that looks at up to so many swaps a bit of the problem costs no more than a few chain programs.
CHEAP = 16


@inner
def merge(status: Bits, mark: Bits) -> None:
    """Write the new status of the free bits into `status`."""
    j = 0
    for i in range(status.size):
        if status[i] == FREE:
            status[i] = mark[j]
            j += 1


@inner
def unsure(form: Form, atoms: Atoms, mark: Bits) -> int:
    """The free bit to branch on: nearest to one half in the mixture, with a little weight on heavy blocks."""
    n, d = form.block.shape
    norm = np.zeros(n)
    heaviest = 1e-300
    for i in range(n):
        norm[i] = abs(form.linear[i])
        for r in range(d):
            norm[i] += form.block[i, r] ** 2
        heaviest = max(heaviest, norm[i])
    best = -1
    score = -1.0
    for i in range(n):
        if mark[i] == FREE:
            share = 0.0
            for j in range(atoms.size[0]):
                share += atoms.weight[j] * atoms.bits[j, i]
            one = min(share, 1.0 - share) + 0.1 * norm[i] / heaviest
            if one > score:
                score = one
                best = i
    return best


@merged
def split(s: State, status: Bits, mark: Bits, pin: int, price: Floats, bound: float, branch: int) -> None:
    """Open the two children in which free bit `branch` is 0 and 1."""
    place = -1
    j = 0
    for i in range(status.size):
        if status[i] == FREE:
            if j == branch:
                place = i
            j += 1
    merge(status, mark)
    for bit in range(2):
        status[place] = bit
        push(s, status, pin, price, bound)


@merged
def finish_by_table(s: State, status: Bits, least: int, most: int) -> bool:
    """Solve the node exactly where a table can; least..most is the cardinality of the free bits."""
    d = s.form.block.shape[1]
    if d > 1 or (d == 1 and s.counter[WAY] == 0):
        return False
    form = reduce(s.form, status)
    free = form.linear.size
    most = min(most, free)
    least = max(least, 0)
    if least > most:
        return True
    found = np.zeros(free, np.int8)
    if d == 0:
        if 2 * (free + 1) * (most + 1) > MOST_STATES:
            return False
        value, bound = solve_linear_table(form, least, most, found)
        accept(s, status, found, value)
        close(s, bound)
        return True
    if states(form, s.number[LINK], least, most, cutoff(s)) > MOST_STATES:
        return False
    value, bound = solve_table(form, s.counter[WAY], s.number[LINK], least, most, cutoff(s), s.number[BREACH], found)
    accept(s, status, found, value)
    close(s, bound)
    return True


@inner
def settled(form: Form, true: Form, left: int, price: Floats, bound: float, limit: float) -> bool:
    """Whether few cardinalities are left, so that the node can be finished or opened by them."""
    if left >= 0 or true.penalty == 0.0:
        return left >= 0 and true.block.shape[1] == 0
    low, high = counts_left(form, price, bound, limit, 0, true.linear.size)
    return high - low < MOST_COUNTS // 2


@merged
def visit(s: State, last: int) -> None:
    """Close node `last` (already taken off the open ones) or put its children in."""
    if s.bound[last] >= cutoff(s):
        return
    d = s.form.block.shape[1]
    status = bits_like(s.status[last])
    pin = s.pin[last]
    price = leading(s.price[last], d + 1)
    bound = s.bound[last]
    first = s.counter[NODES] == 1
    steps = 60 + 6 * d if first else 16 + d
    while True:
        true = reduce(s.form, status)
        free = true.linear.size
        fixed = count_fixed(status)
        left = pin - fixed if pin >= 0 else -1
        if pin >= 0 and (left < 0 or left > free):
            return
        found = np.zeros(free, np.int8)
        if few_points(free, left, s.counter[LEAF]):
            value, least_value = enumerate_bits(true, left, cutoff(s), found)
            accept(s, status, found, value)
            close(s, least_value)
            return
        form = convexified(true)
        size = sizes(form)
        here = leading(price, size.size)
        if bound == -math.inf and left < 0:
            first_prices(form, here)
        atoms = new_atoms(free, size.size - 1)
        raised, value = improve(form, true, size, left, here, cutoff(s), steps, atoms, found)
        put(price, here, size.size)
        bound = max(bound, raised)
        if value < math.inf:
            accept(s, status, found, value)
        if bound >= cutoff(s):
            return
        mark = np.empty(free, np.int8)
        still = fix(form, size, left, here, cutoff(s), mark)
        if still < 0:
            return
        fewer = bits_like(status)
        merge(fewer, mark)
        again = still <= 0.8 * free
        cheap = left < 0 and swaps(s, fewer) <= CHEAP * s.best.size
        if first and (cheap or not (again or settled(form, true, left, here, raised, cutoff(s)))):
            polish(s, fewer, pin)
            first = False
            few = few_points(still, left, s.counter[LEAF])
            again = few or not settled(form, true, left, here, raised, cutoff(s))
        if not again:
            break
        put_bits(status, fewer)
        steps = 16 + d
    least, most = max(left, 0), left if left >= 0 else free
    if left < 0 and true.penalty > 0.0:
        least, most = counts_left(form, here, raised, cutoff(s), 0, free)
        if most - least < MOST_COUNTS:
            merge(status, mark)
            for c in range(most, least - 1, -1):
                push(s, status, fixed + c, price, max(bound, count_bound(form, here, raised, c)))
            return
    branch = unsure(true, atoms, mark)
    merged = bits_like(status)
    merge(merged, mark)
    ones = count_fixed(merged) - fixed
    if not finish_by_table(s, merged, least - ones, most - ones):
        split(s, status, mark, pin, price, bound, branch)


@compiled
def begin(form: Form, pinned: int, gap: float, leaf: int, room: int) -> State:
    """A search of a problem, with room for so many nodes, before its first visit."""
    s = new_state(form, pinned, room)
    s.number[GAP] = gap
    link = form.link[0]
    for i in range(form.link.size):
        link = max(link, form.link[i])
    s.number[LINK] = link
    s.counter[WAY] = direction(form)
    if s.counter[WAY] != 0:
        s.number[BREACH] = breach(form, s.counter[WAY])
    s.counter[LEAF] = leaf
    return s


@compiled
def proved(s: State, least: float) -> float:
    """The bound over closed and open nodes between two visits; `least` is what needs no search."""
    value = s.number[VALUE]
    # in the first case every term is at its least
    return value if value <= least else min(max(lower_bound(s), least), value)


@compiled
def search(s: State, nodes: int) -> int:
    """Visit at most `nodes` nodes. Returns 0 when none is open any more, 1 when some are, 2 when room is needed."""
    for _ in range(nodes):
        if s.counter[OPEN] == 0:
            return 0
        if s.counter[OPEN] + MOST_COUNTS + 2 > s.bound.size:
            return 2
        s.counter[NODES] += 1
        visit(s, pop(s))
    return 0 if s.counter[OPEN] == 0 else 1
