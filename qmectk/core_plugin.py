"""The core's own lowerings, registered like a plugin's."""

from __future__ import annotations

from typing import Any

from .extending.hookspecs import hookimpl
from .lowerings.binary import FixBits
from .lowerings.choices import BitsOfDecisions
from .lowerings.penalty import Penalise
from .lowerings.readings import ReadAlgebraic, ReadConvex, ReadQuadratic, RelaxIntegrality


@hookimpl
def qmectk_register_lowerings(register: Any) -> None:
    for lowering in (ReadAlgebraic, ReadConvex, RelaxIntegrality, ReadQuadratic, FixBits, BitsOfDecisions, Penalise):
        register(lowering)
