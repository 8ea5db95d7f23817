"""Registers the learned controllers."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

PRESETS: tuple[type[Any], ...] = ()


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in PRESETS:
        register(backend)
