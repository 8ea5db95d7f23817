"""Known points, for searches that begin there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..instance import Instance
from ..solution import Solution, StreamSolution


def starts_of(
    start: Solution | Mapping[str, Any] | None, instances: Sequence[Instance], first: int, wanted: int
) -> list[dict[str, Any] | None]:
    """Values to begin at of every instance, [] where there is no start, None for an instance that it says nothing of.

    The instances are the frames from `first` on, of `wanted` frames that the start is of.

    Raises
    ------
    InputError
        Where its variables, their sizes, or the number of frames are others.
    """
    if start is None:
        return []
    if isinstance(start, StreamSolution):
        frames: list[Any] = [one.values for one in start.solutions]
    elif isinstance(start, Solution):
        frames = [start.values]
    elif wanted == 1 and _fits(start, instances[0]):
        frames = [start]
    else:
        frames = [{name: array[f] for name, array in start.items()} for f in range(_length(start))]
    if len(frames) != wanted:
        raise InputError(f"the start has {len(frames)} frames, and {wanted} are solved")
    frames = frames[first : first + len(instances)]
    for values, instance in zip(frames, instances, strict=True):
        if values is not None and not _fits(values, instance):
            theirs = ", ".join(_shown(name, v.size) for name, v in instance.signature.variables.items())
            raise InputError(f"the start does not fit {instance.label}", f"its variables: {theirs}")
    return frames


def _fits(values: Mapping[str, Any], instance: Instance) -> bool:
    shapes = {name: () if v.size is None else (v.size,) for name, v in instance.signature.variables.items()}
    return {name: np.shape(value) for name, value in values.items()} == shapes


def _length(start: Mapping[str, Any]) -> int:
    lengths = {len(np.atleast_1d(value)) for value in start.values()}
    if len(lengths) != 1:
        raise InputError("the variables of the start have different numbers of frames")
    return lengths.pop()


def _shown(name: str, size: int | None) -> str:
    return name if size is None else f"{name} ({size})"
