"""Which installed backends can prove an optimum of an instance, and which of them is expected to do so soonest."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

from ..backend import Backend
from ..errors import QmectkError
from ..extending.foreign import charged_to
from ..instance import Instance
from ..plugins import registry
from .planner import Planner


def provers(instance: Instance) -> Iterator[type[Backend]]:
    """Installed backends that can prove an optimum of `instance`, by the estimated seconds of their routes.

    Backends of other distributions come after qmectk's own, which they are held against. One that crashes when it is
    asked is passed over.
    """
    known = registry()
    planner = Planner(instance, known)
    promising: list[tuple[bool, float, str, type[Backend]]] = []
    for backend in known.backends.values():
        if backend.proves:
            with contextlib.suppress(QmectkError), charged_to(f"backend '{backend.name}'"):
                if not backend.missing():
                    seconds = planner.outline(backend).seconds
                    if math.isfinite(seconds):
                        promising.append((not known.ships(backend), seconds, backend.name, backend))
    for *_, backend in sorted(promising, key=lambda found: found[:3]):
        yield backend


__all__ = ["provers"]
