"""The hooks a plugin may implement. A plugin is a module named in the entry-point table ``qmectk``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from ..backend import Backend
    from ..lowerings.base import Lowering
    from ..problem import Problem
    from ..solution import Solution
    from .parts import Part

hookspec = pluggy.HookspecMarker("qmectk")
hookimpl = pluggy.HookimplMarker("qmectk")


@hookspec
def qmectk_register_problems(register: Callable[[type[Problem] | Part], None]) -> None:
    """Call ``register(ProblemClass)`` for every problem family.

    ``register(Part("problem", name, "", "module:ProblemClass"))`` imports it when it is wanted.
    """


@hookspec
def qmectk_register_problem_files(register: Callable[[Path], None]) -> None:
    """Call ``register(path)`` for every problem file that is to be known by its name without the ending."""


@hookspec
def qmectk_register_backends(register: Callable[[type[Backend]], None]) -> None:
    """Call ``register(BackendClass)`` for every backend."""


@hookspec
def qmectk_register_lowerings(register: Callable[[type[Lowering]], None]) -> None:
    """Call ``register(LoweringClass)`` for every lowering."""


@hookspec
def qmectk_register_commands(register: Callable[[Any], None]) -> None:
    """Call ``register(command)`` with a click command to add it to the command line."""


@hookspec
def qmectk_register_parts(register: Callable[[Part], None]) -> None:
    """Call ``register(Part(kind, name, summary, target))`` for every part that backends may be put together from."""


@hookspec
def qmectk_solved(solution: Solution) -> None:
    """Called after every solve with the measured solution; an exception here is reported, never fatal."""
