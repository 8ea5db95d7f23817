"""Registers the problem families."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .p1.problem import P1


@hookimpl
def qmectk_register_problems(register: Any) -> None:
    register(P1)
