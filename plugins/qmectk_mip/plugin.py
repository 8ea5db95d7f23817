"""Registers the mixed-integer backends."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .highs import Highs


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    register(Highs)
