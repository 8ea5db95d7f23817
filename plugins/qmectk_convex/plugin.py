"""Registers the convex backend."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from .cvxpy_backend import Cvxpy


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    register(Cvxpy)
