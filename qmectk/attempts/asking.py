"""Asking a backend: its replies, and its end where it does not look at the clock."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import Backend, Reply
from ..status import Termination
from ..timing.budget import Budget
from ..timing.deadline import Expired, limited


@dataclass(frozen=True)
class Ended(Reply):
    """The core's words for a backend that had to be ended, with the last point that it reported.

    What the backend object holds is half of something then.

    Attributes
    ----------
    why
        One clause.
    """

    why: str = ""


def ask(backend: Backend, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Any]:
    """Have a backend answer a stream of views, and end it a little after its budget (``Budget.patience``).

    Returns
    -------
    list
        As many replies as it gave, which may be anything at all; one that is :class:`Ended` where it had to be ended.

    Raises
    ------
    TypeError
        When it returns no list, or more replies than there are views.
    """
    budget.point = None  # of the first view
    try:
        returned = limited(budget.patience, lambda: backend.solve_many(views, budget, rngs))
    except Expired as end:
        why = f"it did not look at the clock and was ended {budget.elapsed - budget.seconds:.1f} s late"
        if end.meanwhile:
            why = f"the time limit ended it while {end.meanwhile}"
        incumbent, budget.point = budget.point, None
        what = "before it reported a point" if incumbent is None else "this is the last point it reported"
        join = ", " if incumbent is None else "; "
        return [Ended(incumbent, Termination.BUDGET, message=f"{why}{join}{what}", why=why)]
    if not isinstance(returned, (list, tuple)) or len(returned) > len(views):
        raise TypeError(f"solve_many returned {type(returned).__name__}, not a list of at most {len(views)} replies")
    return list(returned)


def untrained(backend: Any, view: Any, budget: Budget, why: str) -> list[Any]:
    """What a learned backend answers whose training a time limit ended before it had a policy; `why`, one clause."""
    point = None
    with contextlib.suppress(Expired):
        point = limited(budget.patience, lambda: backend.untrained(view))
    message = f"{why}, before it had a policy" + ("" if point is None else "; this point owes nothing to one")
    return [Ended(point, Termination.BUDGET, message=message, why=why)]


def outstayed(replies: Sequence[Any]) -> str:
    """Why the backend that gave these replies had to be ended; "" when it ended by itself."""
    return replies[0].why if replies and isinstance(replies[0], Ended) else ""


__all__ = ["Ended", "ask", "outstayed", "untrained"]
