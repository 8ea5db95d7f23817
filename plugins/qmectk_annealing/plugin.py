"""Registers the samplers, and the way from factored quadratics to QUBOs."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl

from .decompose import Decompose
from .dense import WriteOut
from .descent import SteepestDescent
from .leap import LeapHybrid
from .qpu import DWaveQpu
from .sa import SimulatedAnnealing
from .tabu import Tabu
from .tree import Tree


@hookimpl
def qmectk_register_backends(register: Any) -> None:
    for backend in (SimulatedAnnealing, Tabu, SteepestDescent, Tree, DWaveQpu, LeapHybrid, Decompose):
        register(backend)


@hookimpl
def qmectk_register_lowerings(register: Any) -> None:
    register(WriteOut)
