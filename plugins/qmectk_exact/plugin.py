"""Registers the backends whose answers carry a proof by search."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .dual import Dual
from .exact import Exact
from .exhaustive import Exhaustive


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (Exact, Dual, Exhaustive):
        register(backend)
