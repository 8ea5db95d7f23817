"""Which installed backends can prove an optimum of an instance, and which of them is expected to do so soonest."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .backend import Backend
from .errors import QmectkError
from .foreign import charged_to
from .plugins import Registry, registry
from .problem import Instance
from .route import plan
from .views.base import Fidelity


def provers(instance: Instance) -> Iterator[type[Backend]]:
    """Installed backends that can prove an optimum of `instance`, by their estimated seconds, cheapest first.

    The estimate is the backend's for this size, times what the steps of its route make of it (a score by a conic solver
    is no score by arithmetic). Backends of other distributions come after qmectk's own, which they are held against.
    """
    known = registry()
    promising: list[tuple[bool, float, str, type[Backend]]] = []
    for backend in known.backends.values():
        if backend.proves:
            seconds = _promised(instance, backend, known)
            if math.isfinite(seconds):
                promising.append((not known.ships(backend), seconds, backend.name, backend))
    for *_, backend in sorted(promising, key=lambda found: found[:3]):
        yield backend


def _promised(instance: Instance, backend: type[Backend], known: Registry) -> float:
    """Estimated seconds to a proof; inf where none is promised, also of a backend that crashes when it is asked."""
    try:
        with charged_to(f"backend '{backend.name}'"):
            seconds = None if backend.missing() else backend.effort(instance.signature)
            if seconds is None:
                return math.inf
            chain, _ = plan(instance, backend, known)
            # a bound on a restriction says nothing about the problem
            if chain is None or not all(Fidelity.BOUNDS in lowering.fidelity for lowering in chain):
                return math.inf
            return float(seconds) * math.prod(step.slower(instance.signature) for step in chain)
    except QmectkError:
        return math.inf


__all__ = ["provers"]
