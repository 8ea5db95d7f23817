"""Asking a backend: its replies, what is wrong with them, and its end where it does not look at the clock."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backend import Backend, Reply
from .budget import Budget
from .deadline import Expired, limited
from .status import Termination


@dataclass(frozen=True)
class Heard:
    """What a backend answered.

    Attributes
    ----------
    replies
        As many as it gave; they may be anything at all.
    fault
        What is wrong with what it returned; "" when nothing is.
    outstayed
        That it had to be ended, as it did not look at the clock; "" when it ended by itself. The one reply is then the
        last point that it reported, and what the backend object holds is half of something.
    """

    replies: list[Any]
    fault: str = ""
    outstayed: str = ""


def ask(backend: Backend, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> Heard:
    """Have a backend answer a stream of views, and end it a little after its budget (``Budget.patience``)."""
    budget.point = None  # of the first view
    try:
        returned = limited(budget.patience, lambda: backend.solve_many(views, budget, rngs))
    except Expired as end:
        why = f"it did not look at the clock and was ended {budget.elapsed - budget.seconds:.1f} s late"
        if end.meanwhile:
            why = f"the time limit ended it while {end.meanwhile}"
        told, budget.point = budget.point, None
        what = "before it reported a point" if told is None else "this is the last point it reported"
        join = ", " if told is None else "; "
        return Heard([Reply(told, Termination.BUDGET, message=f"{why}{join}{what}")], outstayed=why)
    if not isinstance(returned, (list, tuple)) or len(returned) > len(views):
        return Heard([], f"solve_many returned {type(returned).__name__}, not a list of at most {len(views)} replies")
    return Heard(list(returned))


def untrained(backend: Any, view: Any, budget: Budget, why: str) -> Heard:
    """What a learned backend answers whose training a time limit ended before it had a policy; `why`, one clause."""
    point = None
    with contextlib.suppress(Expired):
        point = limited(budget.patience, lambda: backend.untrained(view))
    message = f"{why}, before it had a policy" + ("" if point is None else "; this point owes nothing to one")
    return Heard([Reply(point, Termination.BUDGET, message=message)], outstayed=why)


__all__ = ["Heard", "ask", "untrained"]
