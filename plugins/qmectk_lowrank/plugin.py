"""Registers the backends over factored quadratic problems, and the lowering that leads to them."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .backends import LowRank, LowRankExact
from .lowering import Factor


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (LowRank, LowRankExact):
        register(backend)


@hookimpl
def qmectk_register_lowerings(register: Any) -> None:
    register(Factor)
