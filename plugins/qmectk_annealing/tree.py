"""``tree``: the proved minimum of a QUBO whose coupling graph is close to a tree.

Bucket elimination (Dechter, Artificial Intelligence 113, 1999) by dwave-samplers: a bit is minimised out once all its
couplings are in one table over its neighbours, which become neighbours of each other. Tables of 2^w entries make it
exact in O(n 2^w), where w, the most neighbours a bit has when its turn comes, depends on the order. The order here is
minimum degree; whether it is affordable is known before anything is allocated.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk import QUBO, Backend, Budget, Reply, Termination
from qmectk.errors import InputError, Refused
from qmectk.lowerings.allowance import UNIT
from qmectk.options import at_least, option

from .couplings import Couplings

#: The library's own limit.
WIDEST = 25

#: Largest sum of table entries, 8 bytes each: 1 GiB.
ENTRIES = 1 << 27

#: Relative tolerance that the bound is stated up to, beside the rounding that is taken off it.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class TreeOptions:
    """Options of ``tree``."""

    treewidth: int = option(20, f"widest elimination taken, at most {WIDEST}; time and memory double with each")

    def __post_init__(self) -> None:
        at_least("treewidth", self.treewidth, 1)
        if self.treewidth > WIDEST:
            raise InputError(f"option 'treewidth' must be at most {WIDEST}, not {self.treewidth}")


class Tree(Backend):
    """Exact by dynamic programming over a tree decomposition, refused where the graph is too dense for it."""

    name, accepts = "tree", (QUBO,)
    summary = f"dynamic programming over a tree decomposition of a QUBO (treewidth up to {WIDEST})"
    requires, extra = ("dwave.samplers", "dimod"), "qmectk[annealing]"
    proves = True
    Options = TreeOptions

    def solve(self, view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        from dwave.samplers import TreeDecompositionSolver

        limit = self.options.treewidth
        couplings = Couplings.of_view(view)
        order, width, entries = elimination_order(couplings, limit)
        if width > limit:
            raise Refused(
                f"tree takes coupling graphs of treewidth up to {limit}, and eliminating by minimum degree meets "
                f"a bit with {width} neighbours",
                _remedy(width),
            )
        if entries > ENTRIES:
            raise Refused(
                f"tree would need tables of {entries * 8 / 2**30:.1f} GiB and takes at most {ENTRIES * 8 / 2**30:.0f}",
                "lower 'treewidth' does not help here: use a sampler, for example 'tabu'",
            )
        labels = view.labels
        found = TreeDecompositionSolver().sample(view.model, elimination_order=[labels[i] for i in order])
        sample = {label: int(bit) for label, bit in found.first.sample.items()}
        energy = float(view.model.energy(sample))
        feasible = bool(view.feasible(sample))
        info: dict[str, Any] = {"bits": view.n, "treewidth": width, "table_entries": entries, "energy": energy}
        info |= {"share_feasible": float(feasible), "penalties": view.penalties}
        # the minimum of a penalised model may break a constraint: a bound still, but no proof of a point
        stop = Termination.PROVED if feasible else Termination.CONVERGED
        bound = energy - rounding(couplings.sparse())
        return Reply(sample, stop, bound, "dynamic programming over a tree decomposition", TOLERANCE, info=info)


def rounding(couplings: Couplings) -> float:
    """Most that the energy of the state found can lie above the least energy, in units of the energy.

    The tables add double precision numbers and keep the smaller sums; adding is monotone, so the state found has the
    least of all rounded energies. Each is made in at most k additions of numbers of total magnitude m, hence off by at
    most gamma_k m (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2): once for the state
    found, once for the best one, once for ties that rounding makes on the way back through the tables, and once for
    the energy that is measured at the end.
    """
    k = 2 * couplings.n + couplings.matrix.nnz // 2 + 2
    magnitude = abs(couplings.offset) + float(np.abs(couplings.linear).sum())
    magnitude += 0.5 * float(np.abs(couplings.matrix.data).sum())
    return 4.0 * magnitude * k * UNIT / (1.0 - k * UNIT)


def _remedy(width: int) -> str:
    if width <= WIDEST:
        return f"set -o treewidth={width}, or use a sampler, for example 'tabu'"
    return "use a sampler, for example 'tabu'"


def elimination_order(couplings: Couplings, limit: int) -> tuple[list[int], int, int]:
    """Minimum-degree order, its width, and the entries of all its tables; it stops at the first width over `limit`."""
    least = int(couplings.degrees.min(initial=couplings.n))
    if least > limit:
        return [], least, 0  # dense throughout, as seen without making sets of its couplings
    around = couplings.neighbours()
    waiting: list[tuple[int, int]] = [(len(near), i) for i, near in enumerate(around)]
    heapq.heapify(waiting)
    gone: set[int] = set()
    order: list[int] = []
    width = entries = 0
    while waiting:
        degree, i = heapq.heappop(waiting)
        if i in gone or degree != len(around[i]):
            continue
        width = max(width, degree)
        if width > limit:
            break
        entries += 1 << degree
        order.append(i)
        gone.add(i)
        _eliminate(i, around, waiting)
    return order, width, entries


def _eliminate(i: int, around: list[set[int]], waiting: list[tuple[int, int]]) -> None:
    near: Any = around[i]
    for j in near:
        around[j] |= near
        around[j] -= {i, j}
        heapq.heappush(waiting, (len(around[j]), j))


__all__ = ["Tree", "TreeOptions", "elimination_order", "rounding"]
