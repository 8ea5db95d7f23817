"""Gymnasium spaces of declared variables.

A problem with continuous and discrete variables has a hybrid action space: a Dict with one entry a variable, Box for
continuous ones and MultiBinary or MultiDiscrete for the others. It is not flattened or discretised here; learners
that take one kind only need a wrapper that says how they do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..language import Variable


def part(variable: Variable, device: int | None, devices: int) -> Variable:
    """The block of a variable that belongs to one device; the variable itself without a device."""
    if device is None:
        return variable
    if variable.size is None or variable.size % devices:
        raise InputError(
            f"variable '{variable.name}' does not split over {devices} devices", "use the single-agent environment"
        )
    width = variable.size // devices
    rows = slice(device * width, (device + 1) * width)
    lower = np.broadcast_to(variable.lower, (variable.size,))[rows]
    upper = np.broadcast_to(variable.upper, (variable.size,))[rows]
    return Variable(variable.name, width, lower, upper, variable.kind)


def space_of(variable: Variable) -> Any:
    """The space of one variable; a scalar is an array of one number."""
    from gymnasium import spaces

    shape = (variable.length,)
    lower = np.broadcast_to(variable.lower, shape).astype(np.float64)
    upper = np.broadcast_to(variable.upper, shape).astype(np.float64)
    if variable.kind == "continuous":
        return spaces.Box(lower, upper, dtype=np.float64)
    if variable.kind == "binary":
        return spaces.MultiBinary(variable.length)
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        raise InputError(f"integer variable '{variable.name}' has no bounds, so it is no discrete action")
    return spaces.MultiDiscrete((upper - lower + 1).astype(np.int64), start=lower.astype(np.int64))


def action_space(variables: Mapping[str, Variable], device: int | None = None, devices: int = 1) -> Any:
    """The space of all variables, or of one device's blocks: one space when there is one variable, else a Dict."""
    from gymnasium import spaces

    made = {name: space_of(part(variable, device, devices)) for name, variable in variables.items()}
    return next(iter(made.values())) if len(made) == 1 else spaces.Dict(made)


def by_name(action: Any, variables: Mapping[str, Variable]) -> dict[str, Any]:
    """An action of that space as arrays by variable name."""
    if len(variables) == 1:
        return {next(iter(variables)): np.asarray(action, dtype=float)}
    return {name: np.asarray(action[name], dtype=float) for name in variables}


def as_values(arrays: Mapping[str, Any], variables: Mapping[str, Variable]) -> dict[str, Any]:
    """Values of the declared variables, clipped to the bounds; scalars as numbers."""
    out: dict[str, Any] = {}
    for name, variable in variables.items():
        shape = (variable.length,)
        value = np.clip(
            np.asarray(arrays[name], dtype=float).reshape(shape),
            np.broadcast_to(variable.lower, shape),
            np.broadcast_to(variable.upper, shape),
        )
        out[name] = float(value[0]) if variable.size is None else value
    return out
