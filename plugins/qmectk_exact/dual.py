"""``dual``: branch and bound on the Lagrangian bound of a shared budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qmectk import Backend, Budget, Reply, SharedBudget, Termination
from qmectk.language import Signature

from .improving import improvements
from .options import SearchOptions

#: Gap proved unless a smaller one is asked for; the search is so short that stopping earlier saves nothing.
GAP = 1e-9

#: Frames solved at once: the first time under a limit, and at most.
FIRST, BATCH = 64, 2048

#: Nodes a frame of a batch may take under a time limit before it is set aside and searched alone.
BATCH_NODES = 20_000


class Dual(Backend):
    """Weak duality on intervals of the common share, dominance and branching: see ``docs/optimum-of-p1.md``."""

    name, accepts = "dual", (SharedBudget,)
    summary = "branch and bound on the Lagrangian bound of a shared budget"
    proves = True
    Options = SearchOptions

    def solve(self, view: SharedBudget, budget: Budget, rng: np.random.Generator) -> Reply:
        return self._searched(view, budget, budget.start())

    def _searched(self, view: SharedBudget, budget: Budget, start: Any) -> Reply:
        from .shared_budget import solve_shared_budget

        found = solve_shared_budget(
            view.passive,
            view.scale,
            view.snr,
            gap=min(budget.gap, GAP),
            node_limit=self.options.nodes,
            time_limit=budget.limit,
            known=None if start is None else start[0],
            tell=improvements(budget, 1),
        )
        return _reply(
            (found.action, found.a, found.tau), found.value, found.bound, found.proved, found.nodes, found.root_bound
        )

    def solve_many(
        self, views: Sequence[SharedBudget], budget: Budget, rngs: Sequence[np.random.Generator]
    ) -> list[Reply]:
        from .shared_budget import solve_shared_budget_many

        starts = [budget.start(number) for number in range(len(views))]
        if len(views) == 1 or len({view.n for view in views}) > 1 or len({known is None for known in starts}) > 1:
            return super().solve_many(views, budget, rngs)
        limited = budget.limit is not None
        replies: list[Reply] = []
        for piece in budget.pieces(len(views), BATCH, FIRST):
            start, batch = piece.start, views[piece.start : piece.stop]
            found = solve_shared_budget_many(
                np.stack([view.passive for view in batch]),
                np.stack([view.scale for view in batch]),
                np.stack([view.snr for view in batch]),
                gap=min(budget.gap, GAP),
                node_limit=min(self.options.nodes, BATCH_NODES) if limited else self.options.nodes,
                threads=self.options.threads,
                known=None if starts[0] is None else [known[0] for known in starts[piece.start : piece.stop]],
                progress=lambda done, start=start: budget.report(self.name, start + done, len(views)),  # type: ignore[misc]
            )
            for f, view in enumerate(batch):
                if limited and not found.proved[f] and not budget.expired():
                    replies.append(self._searched(view, budget, starts[start + f]))
                    continue
                point = (found.action[f], float(found.a[f]), found.tau[f])
                replies.append(
                    _reply(
                        point,
                        float(found.value[f]),
                        float(found.bound[f]),
                        bool(found.proved[f]),
                        int(found.nodes[f]),
                        float(found.root_bound[f]),
                    )
                )
        return replies

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        # microseconds an item on Rayleigh channels, measured up to 10 000 items
        return 1e-4 + 1e-6 * signature.bits


def _reply(point: object, value: float, bound: float, proved: bool, nodes: int, root_bound: float) -> Reply:
    from .shared_budget.bound import rounding_factor

    items = len(point[0])  # type: ignore[index]
    stop = Termination.PROVED if proved else Termination.BUDGET
    message = ""
    if not proved:
        apart = f"{bound / value - 1.0:.2g} above it" if value > 0.0 else f"{bound:.6g}"
        message = f"the search ended after {nodes} nodes by the time or nodes allowed, and its bound is {apart}"
    info = {"nodes": nodes, "root_gap": max(0.0, root_bound / value - 1.0) if value > 0 else 0.0}
    tolerance = float(rounding_factor(items))
    return Reply(point, stop, bound, "Lagrangian branch and bound", tolerance, value, message, info)
