"""Whether what a controller came to over a horizon may be set beside others: stability, feasibility, promises.

A controller *stands* over a horizon when

1. it reached all of its slots,
2. no slot's point violates a constraint beyond the feasibility tolerance,
3. every queue is stable: Q(T)/T is at most :data:`STABLE`, and Q(t)/t does not rise from T/4 over T/2 to T, as far as
   it is above half of that,
4. what the process promises of long-run averages holds (meqc-ye: the average share is at least Delta - z(R)/R).

One that does not stand has left work or a target behind, which its averages do not show, so it is never ranked above
one that stands. Mean rate stability, Q(T)/T -> 0: M. Neely, "Stochastic Network Optimization", 2010, definition 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..status import FEASIBILITY_TOLERANCE

#: Most that a queue may hold of every slot, Q(T)/T in its own unit a slot, to be called stable. A hundredth of the 5
#: tasks a slot of Verma et al. 2025, and a twentieth of the tasks whose share Ye et al. promise: at V = 10 000 and
#: T = 3000 the optimum of drift leaves .033, a controller that serves three quarters of the load 1.2.
STABLE = 0.05

#: Share of that below which Q(t)/t may rise from one mark to the next: a queue is read in three slots, and one that
#: hovers need not be halved from each to the next (the largest of meqc-ye under its optimum: .0116, .0081, .0097).
NEGLIGIBLE = 0.5


def fall(facts: Mapping[str, Any], stable: float = STABLE) -> str:
    """Why a controller does not stand over its horizon, in one sentence; "" where it does.

    Parameters
    ----------
    facts
        ``slots``, ``done``, ``violation``, ``queues`` and ``unmet`` of :meth:`Simulation.as_dict`.
    stable
        Largest Q(T)/T of a stable queue, in the queue's unit a slot.

    Examples
    --------
    >>> facts = {"slots": 8, "done": 8, "violation": 0.0, "unmet": "", "queues": {}}
    >>> fall({**facts, "queues": {"backlog": {"quarter": 2.0, "half": 2.0, "end": 2.0}}})
    'backlog(T)/T is 2 -> 2 -> 2 at T/4, T/2 and T: above 0.05'
    >>> fall({**facts, "queues": {"backlog": {"quarter": 0.1, "half": 0.05, "end": 0.025}}})
    ''
    """
    if facts["done"] < facts["slots"]:
        return f"it reached {facts['done']} of {facts['slots']} slots"
    if facts["violation"] > FEASIBILITY_TOLERANCE:
        return f"a slot's point violates a constraint, by up to {facts['violation']:.3g}"
    for name, marks in facts["queues"].items():
        backlogs = [marks["quarter"], marks["half"], marks["end"]]
        least = [max(mark, NEGLIGIBLE * stable) for mark in backlogs]
        rising = least != sorted(least, reverse=True)
        wrong = "rising" if rising else ""
        if backlogs[-1] > stable:
            wrong = f"above {stable:g}"
            # a queue that has only been filling halves with every doubling
            wrong += ", but falling: more slots may show it to be stable" if 2.5 * backlogs[-1] < backlogs[0] else ""
        if wrong:
            marked = " -> ".join(f"{mark:.3g}" for mark in backlogs)
            return f"{name.replace('_', ' ')}(T)/T is {marked} at T/4, T/2 and T: {wrong}"
    return str(facts["unmet"])
