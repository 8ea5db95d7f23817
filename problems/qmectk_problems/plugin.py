"""Registers the problem families."""

from __future__ import annotations

from typing import Any

from qmectk.hookspecs import hookimpl

from .attention.problem import Attention
from .drift.problem import Drift
from .meqc.problem import Meqc
from .meqc_ye.problem import MeqcYe
from .p1.problem import P1


@hookimpl
def qmectk_register_problems(register: Any) -> None:
    register(P1)
    register(Attention)
    register(Drift)
    register(Meqc)
    register(MeqcYe)
