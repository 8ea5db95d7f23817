"""Registers the heuristics."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from .fixed import LocalOnly, OffloadAll
from .modes import MODE_POLICIES
from .search import CoordinateDescent, Greedy, Random
from .servers import BestChannel, LocalService, RandomServer
from .strongest import FixedCount


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (LocalOnly, OffloadAll, FixedCount, Random, Greedy, CoordinateDescent):
        register(backend)
    for baseline in (BestChannel, RandomServer, LocalService):
        register(baseline)
    for policy in MODE_POLICIES:
        register(policy)
