"""``lowrank`` and ``lowrank-exact``: annealing and certified search on the FactoredQuadratic view."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qmectk import Backend, Budget, FactoredQuadratic, Reply, Termination
from qmectk.language import Signature
from qmectk.status import OPTIMALITY_GAP
from qmectk.views import FactoredBatch
from qmectk_exact.improving import improvements
from qmectk_exact.options import SearchOptions

from .options import AnnealerOptions

if TYPE_CHECKING:
    from .heuristic import Read
    from .result import FactoredResult

#: Gap proved unless a smaller one is asked for.
GAP = 1e-9

#: Most gap that is worth searching for where the square is not monotone: the search grows with its logarithm.
LOOSE_GAP = 1e-7


class LowRankExact(Backend):
    """Chain programs under prices, simplicial decomposition, fixing, tables and branching: ``docs/attention.md``."""

    name, accepts = "lowrank-exact", (FactoredQuadratic,)
    summary = "certified optimum of few squares, a cardinality and a chain (dual bound, tables, branching)"
    proves = True
    Options = SearchOptions

    def solve_many(
        self, views: Sequence[FactoredQuadratic], budget: Budget, rngs: Sequence[np.random.Generator]
    ) -> list[Reply]:
        from .batch import solve_many

        alike = views.example if isinstance(views, FactoredBatch) else None
        squares = alike.d if alike is not None else max(view.d for view in views)
        found = solve_many(
            views,
            gap=min(budget.gap, GAP if squares <= 1 else LOOSE_GAP),
            node_limit=self.options.nodes,
            threads=self.options.threads,
            expired=budget.expired,
            progress=lambda done: budget.report(self.name, done, len(views)) if len(views) > 1 else None,
            tell=[_teller(views[0], budget)] if len(views) == 1 else (),
            known=[budget.start(number) for number in range(len(views))],
        )
        # of a proved one only the shape matters, and a batch would have to make a view of it
        return [_certified(alike if alike and one.proved else views[i], one) for i, one in enumerate(found)]

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        kinds = {variable.kind for variable in signature.variables.values()}
        if kinds != {"binary"} or len(signature.constraints) > 1 or signature.atoms - {"square", "product", "power"}:
            return None
        # a fraction of a microsecond a bit where the bound is tight; nothing can be promised where it is not
        return 2e-4 + 4e-7 * signature.bits


class LowRank(Backend):
    """Metropolis flips and swaps in the factors, O(d) a proposal, then descent by best swaps."""

    name, accepts = "lowrank", (FactoredQuadratic,)
    summary = "simulated annealing in the factors: O(d) a proposal whatever n"
    Options = AnnealerOptions

    def solve_many(
        self, views: Sequence[FactoredQuadratic], budget: Budget, rngs: Sequence[np.random.Generator]
    ) -> list[Reply]:
        from .batch import in_parallel
        from .heuristic import anneal, form_of, words_of

        options, reads = self.options, self.options.reads
        forms = [form_of(view) for view in views]
        words = [[words_of(rng) for _ in range(reads)] for rng in rngs]
        tell = _teller(views[0], budget) if len(views) == 1 else None

        def read(number: int, stop: object) -> Read | None:
            frame = number // reads
            view = views[frame]
            if not view.feasible:
                return None
            return anneal(
                forms[frame],
                -1 if view.cardinality is None else view.cardinality,
                words[frame][number % reads],
                sweeps=options.sweeps,
                hot=options.hot,
                cold=options.cold,
                polish=options.polish,
                expired=budget.expired,
                tell=tell,
            )

        done = in_parallel(read, reads * len(views), options.threads, budget.expired)
        frames = [done[start : start + reads] for start in range(0, len(done), reads)]
        return [_sampled(view, kept, reads) for view, kept in zip(views, frames, strict=False)]


def _teller(view: FactoredQuadratic, budget: Budget) -> Callable[..., None] | None:
    """Takes the least value, and perhaps the bound, of a search on `view`; None where there is no recorder.

    One instance only: of several, an event would not say which one it is about.
    """
    listener = improvements(budget, view.sense)
    if listener is None:
        return None
    return lambda value, bound=None: listener(view.objective(value), None if bound is None else view.objective(bound))


def _certified(view: FactoredQuadratic, found: FactoredResult) -> Reply:
    info = {"nodes": found.nodes, "method": found.method, "bits": view.n, "squares": view.d}
    if found.value == math.inf and not view.feasible:
        return Reply(None, Termination.PROVED, message=found.method, info=info)
    if not math.isfinite(found.value):
        return Reply(None, Termination.FAILED, message="its squares are larger than the numbers there are", info=info)
    stop = Termination.PROVED if found.proved else Termination.BUDGET
    message = ""
    if not found.proved and (view.factors < 0).any() and (view.factors > 0).any():
        message = (
            f"blocks of both signs with d = {view.d}: prices cannot raise the bound above the least of every term, so "
            f"the certificate is absolute: the optimum is within {found.value - found.bound:.3g} of this value"
        )
    elif found.proved and found.value - found.bound > OPTIMALITY_GAP * abs(found.value):
        message = (
            "the search is complete, but what cancels in its sums is so much larger than the result that double "
            f"precision places the optimum only within {found.value - found.bound:.3g} of this value"
        )
    # everything is rounded in the safe direction already, so what is left is the core's own measurement
    return Reply(
        found.bits,
        stop,
        view.objective(found.bound) if math.isfinite(found.bound) else None,
        found.method,
        1e-12 * math.sqrt(view.n),
        view.objective(found.value),
        message,
        info,
    )


def _sampled(view: FactoredQuadratic, reads: Sequence[Read | None], wanted: int) -> Reply:
    taken = [one for one in reads if one is not None]
    if not taken:
        return Reply(None, Termination.CONVERGED, message="the cardinality cannot be met")
    best = min(taken, key=lambda one: one.value)
    info = {
        "reads": len(taken),
        "sweeps": best.sweeps,
        "bits": view.n,
        "squares": view.d,
        "worst_read": view.objective(max(one.value for one in taken)),
    }
    stop = Termination.CONVERGED if len(taken) == wanted else Termination.BUDGET
    return Reply(best.bits, stop, objective=view.objective(best.value), info=info)
