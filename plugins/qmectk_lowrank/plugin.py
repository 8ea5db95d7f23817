"""Registers the backends over factored quadratic problems, the lowering that leads to them, and hard attention."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl
from qmectk.extending.parts import Part

from .backends import LowRank, LowRankExact
from .lowering import Factor


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (LowRank, LowRankExact):
        register(backend)


@hookimpl
def qmectk_register_lowerings(register: Any) -> None:
    register(Factor)


@hookimpl
def qmectk_register_parts(register: Any) -> None:
    summary = "keeps about k blocks of a feature map and sets the others to zero"
    register(Part("layer", "HardAttention", summary, "qmectk_lowrank.layer.hard_attention:HardAttention"))
