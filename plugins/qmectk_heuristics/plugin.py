"""Registers the heuristics."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .fixed import LocalOnly, OffloadAll
from .search import CoordinateDescent, Greedy, Random


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (LocalOnly, OffloadAll, Random, Greedy, CoordinateDescent):
        register(backend)
