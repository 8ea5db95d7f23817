"""The backends of the Capacity view: ``capacity`` (exact), ``prices`` (bound and point), ``capacity-greedy``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from qmectk import Backend, Budget, Reply, Termination
from qmectk.errors import MissingPackage
from qmectk.extending.installed import installed
from qmectk.judging.certificate import MOST_TOLERANCE
from qmectk.language import Signature
from qmectk.options import at_least, check_threads, option
from qmectk.views.capacity import Capacity

from ..improving import Improvements, improvements

if TYPE_CHECKING:
    from .branching import Branched

#: Largest tableau (cells) for the simplex of our own; beyond it HiGHS's sparse one takes over.
TABLEAU = 2_000_000

#: Relative tolerance of a bound by weak duality in double precision.
ROUNDING = 1e-12

#: Relative gap proved by branch and bound unless a smaller one is asked for.
GAP = 1e-7

#: Distance of neighbouring numbers at 1 in double precision.
EPS = float(np.finfo(float).eps)

#: Relative gap of a point to its bound below which the slot is solved.
CLOSE = 1e-9

#: Frames solved between two looks at the clock.
BATCH = 512


@dataclass(frozen=True)
class CapacityOptions:
    """Options of ``capacity``."""

    method: Literal["auto", "simplex", "highs"] = option(
        "auto", "who solves slots in which capacity binds: our simplex (and branch and bound on it), HiGHS, or by size"
    )
    threads: int = option(1, "threads HiGHS may use")

    def __post_init__(self) -> None:
        check_threads(self.threads)


class CapacitySolver(Backend):
    """Closed form where every device can have its best server; else a simplex with a bound by weak duality; with one
    server a device branch and bound on that bound. HiGHS, on a model that is kept and updated, takes what is too large
    for either."""

    name, accepts = "capacity", (Capacity,)
    summary = "devices over servers: closed form, simplex and branch and bound with priced bounds"
    proves = True
    Options = CapacityOptions

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._models: dict[tuple[int, int, bool], Any] = {}

    def solve_many(self, views: Sequence[Capacity], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        # of several instances an event would not say which one it is about
        tell = improvements(budget, 1) if len(views) == 1 else None
        replies: list[Reply] = []
        for start, stop in _runs(views):
            if start and budget.expired():
                break
            replies += self._batch(views[start:stop], budget, rngs[start:stop], tell)
            if len(views) > 1:
                budget.report(self.name, stop, len(views))
        return replies

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        if not signature.bits:
            return 1e-7 * sum(variable.length for variable in signature.variables.values())
        return 1e-4 * 1.01**signature.bits

    def _batch(self, views: Sequence[Capacity], budget: Budget, rngs: Sequence[Any], tell: Any) -> list[Reply]:
        """Replies to views of one shape."""
        from .simplex import solve_capacity_many

        first = views[0]
        devices, columns = first.shape
        small = (devices + columns) * (devices * columns) <= TABLEAU
        ours = self.options.method == "simplex" or (small and self.options.method == "auto")
        if first.whole or not ours:
            out: list[Reply] = []
            for view, rng in zip(views, rngs, strict=True):
                if out and budget.expired():
                    break
                out.append(self._alone(view, budget, rng, tell, ours))
            return out
        y, _, worths, bounds, pivots = solve_capacity_many(*_stacked(views))
        out = []
        for b, view in enumerate(views):
            if pivots[b] < 0 and self.options.method == "auto" and installed("highspy"):
                out.append(self._by_highs(view, budget, rngs[b], tell))
                continue
            kind = "capacity does not bind" if pivots[b] == 0 else "linear programming duality"
            out.append(_reply(y[b], worths[b], bounds[b], kind, pivots=int(pivots[b])))
        return out

    def _alone(
        self, view: Capacity, budget: Budget, rng: np.random.Generator, tell: Improvements | None, ours: bool
    ) -> Reply:
        from .branching import branch_and_bound

        # a server each needs no search where the free choice fits
        chosen = _free_choice(view) if self.options.method != "highs" else None
        if chosen is not None:
            point, worth = chosen
            bound = worth * (1.0 + len(point) * EPS)  # a sum of so many numbers that are not negative
            return _reply(point, worth, bound, "capacity does not bind", pivots=0)
        if not ours:
            return self._by_highs(view, budget, rng, tell)
        found = branch_and_bound(
            view.value, view.load, view.capacity, gap=min(0.1 * budget.gap, GAP), expired=budget.expired, tell=tell
        )
        if found.finished or self.options.method == "simplex" or budget.expired() or not installed("highspy"):
            return _branched(found, budget)
        return self._by_highs(view, budget, rng, tell, found)

    def _by_highs(
        self,
        view: Capacity,
        budget: Budget,
        rng: np.random.Generator,
        tell: Improvements | None,
        before: Branched | None = None,
    ) -> Reply:
        if not installed("highspy"):
            raise MissingPackage("a slot of this size needs highspy", "run: pip install 'qmectk[mip]'")
        from .model import KeptModel

        key = (*view.shape, view.whole)
        with budget.compiling():
            if key not in self._models:
                self._models[key] = KeptModel(*view.shape, whole=view.whole, threads=self.options.threads)
            self._models[key].update(view.value, view.load, view.capacity)
        seed = int(rng.integers(2**31)) if view.whole else 0
        found = self._models[key].solve(gap=0.1 * budget.gap, seconds=budget.limit, seed=seed, tell=tell)
        y = found.y if found.y is not None else np.zeros(view.shape)
        worth = float(np.sum(y * view.value))
        if not view.whole:
            return _reply(y, worth, found.bound, "linear programming duality")
        kind, bound, tolerance = "branch and bound by HiGHS", found.bound, found.tolerance
        if before is not None and before.worth > worth:
            y, worth = before.y, before.worth
        if before is not None and not found.bound < before.bound:
            kind, bound, tolerance = "branch and bound on priced bounds", before.bound, ROUNDING
        if tolerance > MOST_TOLERANCE or not np.isfinite(bound):
            return Reply(y, Termination.BUDGET, objective=worth, message="no bound on this slot survives its checks")
        stop = Termination.PROVED if found.finished else Termination.BUDGET
        return Reply(y, stop, bound, kind, tolerance, worth)


@dataclass(frozen=True)
class PricesOptions:
    """Options of ``prices``."""

    steps: int = option(60, "subgradient steps")

    def __post_init__(self) -> None:
        at_least("steps", self.steps, 1)


class Prices(Backend):
    """A price a server, moved by subgradient steps; a bound at every step, points by filling servers in order."""

    name, accepts = "prices", (Capacity,)
    summary = "capacity prices by subgradient steps: a bound, and a point that respects it"
    proves = True
    Options = PricesOptions

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        return self._batch([view])[0]

    def solve_many(self, views: Sequence[Capacity], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        return _batches(self, views, budget)

    def _batch(self, views: Sequence[Capacity]) -> list[Reply]:
        from .priced import price_many

        y, _, worth, bound = price_many(*_stacked(views), self.options.steps)
        return [_reply(y[b], worth[b], bound[b], "Lagrangian duality") for b in range(len(views))]


class CapacityGreedy(Backend):
    """Pairs of device and server in the order of value, each served while its server has room."""

    name, accepts = "capacity-greedy", (Capacity,)
    summary = "serves the most valuable pairs first until servers are full"

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        return self._batch([view])[0]

    def solve_many(self, views: Sequence[Capacity], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        return _batches(self, views, budget)

    def _batch(self, views: Sequence[Capacity]) -> list[Reply]:
        from .priced import fill

        out = []
        for view in views:
            y = np.zeros(view.shape)
            free = np.zeros(view.shape[1])
            fill(np.ascontiguousarray(view.value), np.ascontiguousarray(view.load), view.capacity, free, y)
            out.append(Reply(y, Termination.CONVERGED))
        return out


def _runs(views: Sequence[Capacity]) -> Iterator[tuple[int, int]]:
    """Consecutive views of one shape, at most BATCH long."""
    start = 0
    for i in range(1, len(views) + 1):
        full = i - start == BATCH
        if i == len(views) or full or views[i].shape != views[start].shape or views[i].whole != views[start].whole:
            yield start, i
            start = i


def _batches(backend: Any, views: Sequence[Capacity], budget: Budget) -> list[Reply]:
    replies: list[Reply] = []
    for start, stop in _runs(views):
        if start and budget.expired():
            break
        replies += backend._batch(views[start:stop])
    return replies


def _stacked(views: Sequence[Capacity]) -> tuple[Any, Any, Any]:
    if len(views) == 1:
        return views[0].value[None], views[0].load[None], views[0].capacity[None]
    return (
        np.stack([view.value for view in views]),
        np.stack([view.load for view in views]),
        np.stack([view.capacity for view in views]),
    )


def _free_choice(view: Capacity) -> tuple[Any, float] | None:
    """Every device at its most valuable server where that fits, else None."""
    best = np.argmax(view.value, axis=1)
    rows = np.arange(len(best))
    y = np.zeros(view.shape)
    y[rows, best] = view.value[rows, best] > 0.0
    if np.any(np.sum(y * view.load, axis=0) > view.capacity):
        return None
    return y, float(np.sum(y * view.value))


def _branched(found: Branched, budget: Budget) -> Reply:
    kind, info = "branch and bound on priced bounds", {"nodes": found.nodes}
    if found.finished:
        return Reply(found.y, Termination.PROVED, found.bound, kind, ROUNDING, found.worth, info=info)
    ended = "time" if budget.expired() else "the allowed work"
    message = f"{ended} ended the search after {found.nodes} nodes"
    return Reply(found.y, Termination.BUDGET, found.bound, kind, ROUNDING, found.worth, message, info)


def _reply(y: Any, worth: Any, bound: Any, proof: str, **info: Any) -> Reply:
    worth, bound = float(worth), float(bound)
    if not np.isfinite(bound):
        return Reply(y, Termination.CONVERGED, objective=worth, message="its bound is beyond the numbers there are")
    closed = bound - worth <= CLOSE * bound
    stop = Termination.PROVED if closed else Termination.CONVERGED
    return Reply(y, stop, max(bound, worth), proof, ROUNDING, worth, info=info)
