"""Registers the annealing backends."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .sa import SimulatedAnnealing


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    register(SimulatedAnnealing)
