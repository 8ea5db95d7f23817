"""Registers the learned controllers."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from . import presets_spreading
from .presets_ppo import HybridPPO, HybridPPOVqc, PairPPO

PRESETS: tuple[type[Any], ...] = (*presets_spreading.PRESETS, HybridPPO, HybridPPOVqc, PairPPO)


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in PRESETS:
        register(backend)
