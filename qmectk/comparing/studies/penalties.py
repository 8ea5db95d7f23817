"""The penalty audit of QUBO routes: which penalties, how many feasible samples, and whether they are sufficient.

Penalties are sufficient when every ground state of the QUBO meets every constraint. For small models that is
checked by looking at all states, and only then it is called proved; for larger ones nothing is claimed
(Verma & Lewis, Discrete Optimization 44, 2022, on why bounds that guarantee it are too large to be useful).
What a factor on all of them does is in :mod:`..statistics.sweep`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from ...views.qubo import QUBO

if TYPE_CHECKING:
    from ...routing.route import Route
    from ..running.runs import Task

#: Most bits whose states are all looked at: 2^16 take a few hundredths of a second.
MOST_BITS = 16

#: States per block, and relative energy within which states share the ground.
BLOCK, TIE = 1 << 14, 1e-9

_known: OrderedDict[tuple[Any, ...], dict[str, Any]] = OrderedDict()


def audit(route: Route, task: Task) -> dict[str, Any] | None:
    """The audit of a run's QUBO, None where there is none. Made once an instance and penalty in a worker."""
    view = route.view
    if not isinstance(view, QUBO):
        return None
    key = (task.problem, task.frame, repr(sorted(view.penalties.items())), view.n)
    if key not in _known:
        _known[key] = {"multipliers": dict(view.penalties), "bits": view.n, **sufficiency(view)}
        if len(_known) > 256:
            _known.popitem(last=False)
    return {"factor": _factor(task), **_known[key]}


def _factor(task: Task) -> float:
    try:
        return float(task.options.get("penalty", 1.0))
    except (TypeError, ValueError):
        return 1.0


def sufficiency(view: QUBO) -> dict[str, Any]:
    """Whether every ground state is feasible: true or false when all states were looked at, None when not.

    >>> import dimod
    >>> model = dimod.BinaryQuadraticModel({"a": -1.0, "b": -1.0}, {("a", "b"): 0.5}, 0.0, "BINARY")
    >>> sufficiency(QUBO(model, {"one": 0.5}, lambda s: s["a"] + s["b"] <= 1))["sufficient"]
    False
    """
    if not view.penalties:
        return {"sufficient": True, "how": "there is nothing to penalise"}
    if view.n > MOST_BITS:
        return {"sufficient": None, "how": f"not proved: {view.n} bits are too many to look at every state"}
    ground, states = np.inf, np.zeros((0, view.n), np.int8)
    labels = list(view.model.variables)
    for start in range(0, 1 << view.n, BLOCK):
        numbers = np.arange(start, min(start + BLOCK, 1 << view.n))
        block = ((numbers[:, None] >> np.arange(view.n)) & 1).astype(np.int8)
        energies = view.model.energies((block, labels))
        lowest = float(energies.min())
        if lowest > ground + TIE * max(abs(ground), 1.0) and np.isfinite(ground):
            continue
        if lowest < ground - TIE * max(abs(lowest), 1.0):
            states = states[:0]
        ground = min(ground, lowest)
        states = np.vstack([states, block[energies <= ground + TIE * max(abs(ground), 1.0)]])
    fine = [view.feasible(view.sample(state)) for state in states]
    how = f"all 2^{view.n} states were looked at: {sum(fine)} of {len(fine)} ground states feasible"
    return {"sufficient": all(fine), "how": how}
