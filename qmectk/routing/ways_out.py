"""What helps where continuous variables keep an instance from a backend that takes bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..backend import Backend, LearnedBackend
from ..instance import Instance
from ..plugins import Registry
from ..views import QUBO, Binary

#: Other backends that are named.
NAMED = 3


def way_out(instance: Instance, backend: type[Backend], outline: Callable[..., Any], registry: Registry) -> str:
    """A remedy in one sentence; "" where bits are not what is missing.

    Parameters
    ----------
    outline
        A backend's plan for the instance (:meth:`qmectk.routing.planner.Planner.outline`).
    """
    variables = instance.signature.variables.values()
    mixed = [variable.name for variable in variables if variable.kind == "continuous"]
    if not mixed or not any(issubclass(view, QUBO) for view in backend.accepts):
        return ""
    family = type(instance).__name__
    words = (
        f"a method of {family} marked '@view(Quadratic, RESTRICTION)' that puts '{mixed[0]}' on a grid of bits helps"
    )
    if len(mixed) == len(variables):
        return words
    others = [
        name
        for name, other in sorted(registry.backends.items())
        if Binary in other.accepts
        and not (other.proves or other.floor or issubclass(other, LearnedBackend))
        and outline(other).chain is not None
    ]
    if not others:
        return words
    some = ", ".join(f"'{name}'" for name in others[:NAMED])
    return f"{some} set its bits and have the rest completed; {words}"


__all__ = ["way_out"]
