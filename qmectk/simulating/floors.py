"""Plain rules as controllers of the same slots: what every controller has to beat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import Infeasible, NoRoute
from ..plugins import registry
from ..problem import Problem
from .api import simulate
from .result import Simulation


def simulate_floors(
    target: str | Path | Problem, beside: str, *, time_limit: float | None = None, **settings: Any
) -> list[Simulation]:
    """A simulation by every floor (:attr:`qmectk.Backend.floor`) that can take the problem, but `beside`.

    Arrivals, channels and movements are those that any backend sees; what is in the queues is each rule's own doing.
    `settings` are those of :func:`simulate`; the time limit is for all of them together, and what it cuts short is left
    out.
    """
    rules = [backend for backend in registry().floors if backend.name != beside]
    each = None if time_limit is None else time_limit / max(len(rules), 1)
    found = []
    for backend in rules:
        try:
            found.append(simulate(target, backend, time_limit=each, **settings))
        except (NoRoute, Infeasible):
            continue  # bits say nothing of this problem, or there are no frames to decide on, or no time
    return [one for one in found if one.complete]
