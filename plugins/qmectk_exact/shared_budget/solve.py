"""Certified optimum of problems with one shared budget and on/off items, one at a time or in batches.

    max  sum_{x_i = 0} L_i a^(1/3) + sum_{x_i = 1} g_i tau_i ln(1 + c_i a / tau_i)
    s.t. a + sum_i tau_i <= 1,  a, tau >= 0,  x binary

P1 (weighted sum rate of wireless-powered mobile-edge computing: Bi and Zhang, IEEE TWC 17(6), 2018; Huang, Bi and
Zhang, IEEE TMC 19(11), 2020) has this form with L_i = w_i eta1 (h_i/k_i)^(1/3), g_i = w_i B/(v ln 2),
c_i = mu P h_i^2/N0.

The certificate. `bound` is an upper bound of the optimum over all a in [0, 1], all tau and all x: weak duality on
intervals of a (see `bound`), dominance (see `dominance`), branching. Its floating-point tolerance is part of it: every
bound is enlarged by `rounding_factor(N)` = (4 N + 64) eps, relative to the size of its terms, before it is compared
(N = 30: 4e-14; N = 10 000: 9e-12; N = 1e6: 9e-10). `proved` means bound <= value (1 + gap) with that included; a gap
below about six times the factor cannot be proved and is not. The input arrays are taken as exact. `value` is the
value of the returned feasible point to rounding; `a` and `tau` use up the budget to rounding.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import ArrayLike

from qmectk.timing.deadline import helping

from .bound import rounding_factor
from .branching import bound_open_nodes, search
from .price import Floats, Integers, bare, clear_budget, merged
from .results import ManySharedBudgetResult, SharedBudgetResult
from .state import (
    BOUND,
    DEPTH,
    GROUPS,
    NODES,
    ROOT_BOUND,
    VALUE,
    Bits,
    State,
    new_state,
    start,
)

NODE_LIMIT = 1_000_000
_CHUNK_FRAMES = 256

#: No action to begin at.
UNKNOWN = np.empty((0, 0), np.int8)
_TIGHTEN = 1_000_000  # open nodes times items up to which a search that is cut short still bounds its open nodes
_CHUNK_SECONDS = 0.05  # how long compiled code runs before Python looks at the clock and at Ctrl-C


@merged
def finish(s: State, passive: Floats, snr: Floats, action: Bits, tau: Floats) -> tuple[float, float, float]:
    """Write the incumbent and its tau; return (value, a, bound), the bound over closed and open nodes."""
    items = passive.size
    groups = s.counter[GROUPS]
    if 0 < s.counter[DEPTH] * items <= _TIGHTEN:
        bound_open_nodes(s)
    # the group of an item is kept by position
    for g in range(groups):
        s.groups[g].sums = 0.0
    off = 0.0
    for p in range(items):
        i = s.items[p].item
        action[i] = s.by_item[i].best
        tau[i] = 0.0
        if s.by_item[i].best:
            s.groups[s.items[p].group].sums += s.items[p].snr
        else:
            off += passive[i]
    value, _, a = clear_budget(groups, s.groups, off, off)
    for p in range(items):
        i = s.items[p].item
        if s.by_item[i].best:
            tau[i] = snr[i] * a / math.expm1(s.groups[s.items[p].group].t)
    bound = max(s.number[BOUND], value)
    for d in range(s.counter[DEPTH]):
        bound = max(bound, s.nodes[d].bound)
    return value, a, bound


@bare
def _solve_frames(
    s: State,
    passive: Floats,
    scale: Floats,
    snr: Floats,
    gap: float,
    node_limit: int,
    stop: Bits,
    known: Bits,
    action: Bits,
    tau: Floats,
    out: Floats,
    nodes: Integers,
) -> None:
    """`solve_frames` with the arrays of a search over N items; a row of `known` may be empty."""
    for f in range(passive.shape[0]):
        start(s, passive[f], scale[f], snr[f], gap, known[f])
        done = False
        while not done and s.counter[NODES] < node_limit and stop[0] == 0:
            done = search(s, min(64, node_limit - s.counter[NODES]))
        value, a, bound = finish(s, passive[f], snr[f], action[f], tau[f])
        out[f, 0] = value
        out[f, 1] = a
        out[f, 2] = bound
        out[f, 3] = max(s.number[ROOT_BOUND], value)
        nodes[f] = s.counter[NODES]


def solve_frames(
    passive: Floats,
    scale: Floats,
    snr: Floats,
    gap: float,
    node_limit: int,
    stop: Bits,
    known: Bits,
    action: Bits,
    tau: Floats,
    out: Floats,
    nodes: Integers,
) -> None:
    """Search every row of (F, N) arrays; out (F, 4) receives value, a, bound, root bound. stop[0] != 0 ends it.

    `known` has an action for every row to begin at, (F, N), or no rows at all.
    """
    s = new_state(passive.shape[1])  # not by compiled code, which would take seconds to be made
    rows = known if known.size else np.empty((passive.shape[0], 0), np.int8)
    _solve_frames(s, passive, scale, snr, gap, node_limit, stop, rows, action, tau, out, nodes)


def _checked(passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, dimensions: int) -> tuple[Floats, Floats, Floats]:
    arrays = np.broadcast_arrays(*(np.asarray(array, dtype=np.float64) for array in (passive, scale, snr)))
    if arrays[0].ndim != dimensions or arrays[0].shape[-1] == 0:
        raise ValueError(f"passive, scale and snr need {dimensions} dimension(s) and at least one item")
    for name, array in zip(("passive", "scale", "snr"), arrays, strict=True):
        if not np.isfinite(array).all():
            raise ValueError(f"{name} has an entry that is not finite")
        if name != "scale" and (array < 0.0).any():
            raise ValueError(f"{name} has a negative entry")
    return (
        np.ascontiguousarray(arrays[0]),
        np.ascontiguousarray(arrays[1]),
        np.ascontiguousarray(arrays[2]),
    )


def _actions(known: ArrayLike, shape: tuple[int, ...]) -> Bits:
    actions = np.asarray(known)
    if actions.shape != shape:
        raise ValueError(f"known has the shape {actions.shape}, and the items {shape}")
    return np.ascontiguousarray(actions > 0.5, dtype=np.int8)


def _attainable(gap: float, items: int) -> float:
    """The gap to search for: room for the rounding of the value, and no smaller than rounding lets a bound prove."""
    factor = float(rounding_factor(items))
    return max(gap - 2.0 * factor, 4.0 * factor)


def _proved_so_far(s: State) -> float:
    """The bound over closed and open nodes between two visits."""
    waiting = s.nodes["bound"][: s.counter[DEPTH]]
    return float(max(s.number[BOUND], s.number[VALUE], waiting.max(initial=-math.inf)))


def solve_shared_budget(
    passive: ArrayLike,
    scale: ArrayLike,
    snr: ArrayLike,
    *,
    gap: float = 1e-9,
    node_limit: int = NODE_LIMIT,
    time_limit: float | None = None,
    known: ArrayLike | None = None,
    tell: Callable[[float, float], None] | None = None,
) -> SharedBudgetResult:
    """Optimum of one instance to a proved relative gap.

    Parameters
    ----------
    passive : (N,) L_i >= 0 [rate]
    scale : (N,) g_i [rate]; an item with g_i <= 0 stays off
    snr : (N,) c_i >= 0; an item with c_i = 0 stays off
    gap : relative gap (bound - value)/value to prove
    node_limit, time_limit : stop after so many nodes, or seconds; the result then has proved = False and a valid bound
    known : (N,) an action to begin at, 1 = on; the better it is, the fewer nodes
    tell : called every few hundredths of a second with the best value and the bound proved so far
    """
    passive, scale, snr = _checked(passive, scale, snr, 1)
    items = passive.size
    begin = time.perf_counter()
    s = new_state(items)
    at = np.empty(0, np.int8) if known is None else _actions(known, (items,))
    start(s, passive, scale, snr, _attainable(gap, items), at)
    step = 8 if items <= 1000 else 1
    while True:
        mark = time.perf_counter()
        done = search(s, min(step, node_limit - int(s.counter[NODES])))
        now = time.perf_counter()
        if tell is not None:
            tell(float(s.number[VALUE]), _proved_so_far(s))
        if done or s.counter[NODES] >= node_limit or (time_limit is not None and now - begin >= time_limit):
            break
        if now - mark < 0.5 * _CHUNK_SECONDS:
            step *= 2
        elif now - mark > _CHUNK_SECONDS:
            step = max(1, step // 2)
    action = np.empty(items, np.int8)
    tau = np.empty(items)
    value, a, bound = finish(s, passive, snr, action, tau)
    root_bound = max(float(s.number[ROOT_BOUND]), value)
    proved = bool(bound <= value * (1.0 + gap))
    return SharedBudgetResult(action, a, tau, value, bound, int(s.counter[NODES]), root_bound, proved)


def solve_shared_budget_many(
    passive: ArrayLike,
    scale: ArrayLike,
    snr: ArrayLike,
    *,
    gap: float = 1e-9,
    node_limit: int = NODE_LIMIT,
    threads: int | None = None,
    known: ArrayLike | None = None,
    progress: Callable[[int], None] | None = None,
) -> ManySharedBudgetResult:
    """Optima of F instances of N items on several threads. Every row is solved alone: the thread count changes nothing.

    Parameters
    ----------
    passive, scale, snr : (F, N), or broadcastable to it; see `solve_shared_budget`
    gap, node_limit : for every instance
    known : (F, N) actions to begin at
    threads : number of threads; all available cores by default
    progress : called in the calling thread with the number of instances done so far
    """
    passive, scale, snr = _checked(passive, scale, snr, 2)
    frames, items = passive.shape
    action = np.empty((frames, items), np.int8)
    tau = np.empty((frames, items))
    out = np.empty((frames, 4))
    nodes = np.empty(frames, np.int64)
    stop = np.zeros(1, np.int8)
    begin = UNKNOWN if known is None else _actions(known, (frames, items))
    attainable = _attainable(gap, items)
    if threads is None:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    size = max(1, min(_CHUNK_FRAMES, -(-frames // (4 * threads))))

    def work(first: int) -> int:
        rows = slice(first, min(first + size, frames))
        if not stop[0]:
            solve_frames(
                passive[rows], scale[rows], snr[rows], attainable, node_limit, stop, begin[rows],
                action[rows], tau[rows], out[rows], nodes[rows],
            )  # fmt: skip
        return rows.stop - rows.start

    done = 0
    pool = ThreadPoolExecutor(threads)
    try:
        pending = {pool.submit(helping(work), first) for first in range(0, frames, size)}
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            done += sum(future.result() for future in finished)
            if progress is not None:
                progress(done)
    finally:
        stop[0] = 1  # after an exception (Ctrl-C) the threads end at their next look
        pool.shutdown(wait=True, cancel_futures=True)
    value, a, bound, root_bound = (np.ascontiguousarray(column) for column in out.T)
    return ManySharedBudgetResult(action, a, tau, value, bound, nodes, root_bound, bound <= value * (1.0 + gap))
