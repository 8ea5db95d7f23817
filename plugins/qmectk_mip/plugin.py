"""Registers the mixed-integer backends, and the compact form of factored quadratics."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from .compact import Compact
from .highs import Highs
from .scip import Scip


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    register(Highs)
    register(Scip)


@hookimpl
def qmectk_register_lowerings(register: Any) -> None:
    register(Compact)
