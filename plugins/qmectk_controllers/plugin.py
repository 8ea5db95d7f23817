"""Registers the learned controllers."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from . import presets_dqn, presets_ppo, presets_spreading

PRESETS: tuple[type[Any], ...] = (*presets_spreading.PRESETS, *presets_ppo.PRESETS, *presets_dqn.PRESETS)


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in PRESETS:
        register(backend)
