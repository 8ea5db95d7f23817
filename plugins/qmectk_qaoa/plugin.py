"""Registers the QAOA backend."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from .qaoa import Qaoa


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    register(Qaoa)
