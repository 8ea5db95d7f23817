"""Many instances on several threads, each solved alone, so that the number of threads changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar, cast

from qmectk import FactoredQuadratic
from qmectk.timing.deadline import helping
from qmectk.views import FactoredBatch

from .result import FactoredResult
from .solve import GAP_TO_PROVE, NODE_LIMIT, Tell, solve_factored
from .together import portion, solve_together, suits

T = TypeVar("T")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(
    work: Callable[[int, Callable[[], bool]], T],
    count: int,
    threads: int | None = None,
    expired: Callable[[], bool] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[T]:
    """``[work(0, stop), ..., work(count - 1, stop)]``; `stop` says that the clock or an exception ends it.

    The results are a leading part of the list when the time ends: what had not begun by then is left out.
    """
    interrupted = False

    def stop() -> bool:
        return interrupted or (expired is not None and expired())

    most = min(threads or cores(), count)
    results: dict[int, T] = {}
    if most <= 1:
        for i in range(count):
            if i and stop():
                break
            results[i] = work(i, stop)
            if progress is not None:
                progress(i + 1)
        return [results[i] for i in range(len(results))]

    def one(i: int) -> tuple[int, Any]:
        return (i, None) if i and stop() else (i, (work(i, stop),))

    pool = ThreadPoolExecutor(most)
    try:
        pending: set[Future[tuple[int, Any]]] = {pool.submit(helping(one), i) for i in range(count)}
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                i, kept = future.result()
                if kept is not None:
                    results[i] = kept[0]
            if progress is not None:
                progress(len(results))
    finally:
        interrupted = True  # after an exception (Ctrl-C) the threads end at their next look
        pool.shutdown(wait=True, cancel_futures=True)
    reached = 0
    while reached in results:
        reached += 1
    return [results[i] for i in range(reached)]


def solve_many(
    views: Sequence[FactoredQuadratic],
    *,
    gap: float = GAP_TO_PROVE,
    node_limit: int = NODE_LIMIT,
    threads: int | None = None,
    expired: Callable[[], bool] | None = None,
    progress: Callable[[int], None] | None = None,
    tell: Sequence[Tell | None] = (),
    known: Sequence[Any] = (),
) -> list[FactoredResult]:
    """`solve_factored` of every view; fewer results than views when the time ended first.

    `tell` and `known` have one entry a view or none at all; the former is called on the threads of the search.
    """
    listeners, starts = tell or [None] * len(views), known or [None] * len(views)
    settled: list[FactoredResult | None] = [None] * len(views)
    if len(views) > 1 and suits(views) and all(start is None for start in starts):
        settled = _beginnings(cast(FactoredBatch, views), gap, node_limit, threads, expired)
    left = [i for i, one in enumerate(settled) if one is None]
    done = len(views) - len(left)
    later = in_parallel(
        lambda j, stop: solve_factored(
            views[left[j]], gap=gap, node_limit=node_limit, expired=stop, tell=listeners[left[j]], known=starts[left[j]]
        ),
        len(left),
        threads,
        expired,
        None if progress is None else lambda more: progress(done + more),
    )
    for i, one in zip(left, later, strict=False):
        settled[i] = one
    reached = settled.index(None) if None in settled else len(settled)
    return cast(list[FactoredResult], settled[:reached])


def _beginnings(
    views: FactoredBatch, gap: float, node_limit: int, threads: int | None, expired: Callable[[], bool] | None
) -> list[FactoredResult | None]:
    """What a few nodes in compiled code settle, None for the others and for what there is no time for."""
    size = portion(views)
    starts = range(0, len(views), size)
    found = in_parallel(
        lambda j, stop: solve_together(views[starts[j] : starts[j] + size], gap, node_limit),
        len(starts),
        threads,
        expired,
    )
    listed = [one for part in found for one in part]
    return listed + [None] * (len(views) - len(listed))
