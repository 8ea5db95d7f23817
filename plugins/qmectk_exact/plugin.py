"""Registers the backends whose answers carry a proof by search."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from .assignment import LinearAssignment
from .capacity.backend import CapacityGreedy, CapacitySolver, Prices
from .dual import Dual
from .exact import Exact
from .exhaustive import Exhaustive
from .separable import Separable
from .threshold import Threshold
from .yesterday import Yesterday


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (
        Exact,
        Dual,
        Exhaustive,
        CapacitySolver,
        Prices,
        CapacityGreedy,
        LinearAssignment,
        Separable,
        Threshold,
        Yesterday,
    ):
        register(backend)
