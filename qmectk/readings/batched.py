"""The numpy reading of many frames at once: the same declaration on arrays with a leading axis of frames.

A scalar of the language has shape (F, 1) and a vector (F, n), so numpy's broadcasting does what the
declaration says in every frame. Measuring 30 000 frames this way takes as long as measuring a few dozen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..language import Variable
from ..language.atoms import Array
from ..problem import Instance
from .numeric import Measurement, NumericReading


@dataclass(frozen=True)
class FrameMeasurement:
    """Objective and largest violation of one frame; see :class:`~qmectk.readings.numeric.Measurement`."""

    objective: float
    violation: float
    sense: int


class BatchedReading(NumericReading):
    """Evaluates a stacked declaration at stacked values."""

    target = "a batch of numbers"
    batched = True

    def __init__(self, values: Mapping[str, Any], frames: int) -> None:
        super().__init__(values)
        self.frames = frames
        self.objectives = np.full(frames, np.nan)
        self.worst = np.zeros(frames)

    def make_variable(self, variable: Variable) -> Array:
        value = np.asarray(self.values[variable.name], dtype=float)
        shape = (self.frames,) if variable.size is None else (self.frames, variable.size)
        if value.shape != shape:
            raise InputError(f"'{variable.name}' has shape {value.shape[1:]}", f"the problem declares {shape[1:]}")
        value = value.reshape(self.frames, -1)
        self.seen.add(variable.name)
        self._record("bounds", np.maximum(np.maximum(variable.lower - value, value - variable.upper), 0.0))
        if variable.kind != "continuous":
            self._record("integrality", np.abs(value - np.round(value)))
        return value

    def matmul(self, matrix: Array, payload: Array, scalar: bool) -> Array:
        return payload @ matrix.T

    def index(self, payload: Array, key: Any) -> Array:
        return payload[:, int(key), None] if isinstance(key, (int, np.integer)) else payload[:, key]

    def total(self, payload: Array) -> Array:
        return np.sum(payload, axis=-1, keepdims=True)

    def set_objective(self, payload: Array, sense: int) -> None:
        self.objectives, self.sense = np.broadcast_to(payload, (self.frames, 1))[:, 0], sense

    def _record(self, name: str, amounts: Array) -> None:
        # a NaN violation must never read as "no violation"
        worst = np.max(np.where(np.isnan(amounts), np.inf, amounts), axis=-1, initial=0.0)
        self.worst = np.maximum(self.worst, worst)


def measure_frames(
    instances: Sequence[Instance], points: Sequence[Mapping[str, Any]]
) -> Sequence[FrameMeasurement] | None:
    """Measurements of one point an instance, or None when these instances or points do not stack.

    Whoever gets None measures them one by one, which also says whose point is malformed.
    """
    kinds = {type(instance) for instance in instances}
    names = set(points[0])
    if len(kinds) > 1 or any(set(point) != names for point in points):
        return None
    stacked = kinds.pop().stack(instances)
    if stacked is None:
        return None
    try:
        values = {name: np.array([point[name] for point in points], dtype=float) for name in points[0]}
        m = BatchedReading(values, len(instances))
        with np.errstate(all="ignore"):
            stacked.declare(m)
    except (InputError, KeyError, TypeError, ValueError):
        return None
    if m.seen != names:
        return None
    violations = np.where(np.isfinite(m.objectives), m.worst, np.inf)
    return [
        FrameMeasurement(float(objective), float(violation), m.sense)
        for objective, violation in zip(m.objectives, violations, strict=True)
    ]


__all__ = ["BatchedReading", "FrameMeasurement", "Measurement", "measure_frames"]
