"""Registers the learned backends."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .backends import Droo, Priced, Qaroo, Ugq


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (Droo, Ugq, Qaroo, Priced):
        register(backend)
