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
from ..instance import Instance
from ..language import Variable
from ..language.atoms import Array
from ..status import FEASIBILITY_TOLERANCE
from .numeric import Measurement, NumericReading
from .rational_frames import near_ties
from .weighed import Terms, Weighed


@dataclass(frozen=True)
class FrameMeasurement:
    """Objective and largest violation of one frame; see :class:`~qmectk.readings.numeric.Measurement`.

    `whole` says whether its binary and integer variables have whole values as they are, `ties` whether there is a row
    that they may meet within rounding only, see :mod:`qmectk.readings.rational`.
    """

    objective: float
    violation: float
    sense: int
    rounding: float | None = None
    whole: bool = True
    ties: bool = True

    @property
    def feasible(self) -> bool:
        """Whether every constraint holds to the tolerance."""
        return self.violation <= FEASIBILITY_TOLERANCE


class BatchedReading(NumericReading):
    """Evaluates a stacked declaration at stacked values."""

    target = "a batch of numbers"
    batched = True

    def __init__(self, values: Mapping[str, Any], frames: int) -> None:
        super().__init__(values)
        self.frames = frames
        self.objectives = np.full(frames, np.nan)
        self.worst = np.zeros(frames)
        self.doubtful = np.zeros(frames, dtype=bool)
        self.whole = np.ones(frames, dtype=bool)

    def make_variable(self, variable: Variable) -> Any:
        value = np.asarray(self.values[variable.name], dtype=float)
        shape = (self.frames,) if variable.size is None else (self.frames, variable.size)
        if value.shape != shape:
            raise InputError(f"'{variable.name}' has shape {value.shape[1:]}", f"the problem declares {shape[1:]}")
        value = value.reshape(self.frames, -1)
        counted = self.held_to_its_range(variable, value)
        if counted is not value:
            self.whole &= np.all(counted == value, axis=-1)
        return counted

    def matmul(self, matrix: Array, payload: Any, scalar: bool) -> Any:
        return payload @ matrix.T

    def index(self, payload: Any, key: Any) -> Any:
        return payload[:, int(key), None] if isinstance(key, (int, np.integer)) else payload[:, key]

    def total(self, payload: Any) -> Any:
        return np.sum(payload, axis=-1, keepdims=True)

    def peak(self, payload: Array) -> Array:
        return np.max(payload, axis=-1, keepdims=True, initial=0.0)

    def side_by_side(self, scalars: list[Array]) -> Array:
        return np.concatenate(scalars, axis=-1)

    def set_objective(self, payload: Any, sense: int) -> None:
        self.objectives, self.sense = np.broadcast_to(payload, (self.frames, 1))[:, 0], sense

    def doubt(self, met: Array) -> None:
        self.doubtful |= ~np.all(met, axis=-1)

    def record(self, name: str, amounts: Array, relative: Array) -> None:
        # a NaN violation must never read as "no violation"
        worst = np.max(np.where(np.isnan(relative), np.inf, relative), axis=-1, initial=0.0)
        self.worst = np.maximum(self.worst, worst)


class BatchedWeighed(Weighed, BatchedReading):
    """Weighs many frames at once."""

    def __init__(self, values: Mapping[str, Any], frames: int) -> None:
        BatchedReading.__init__(self, values, frames)
        self.rounding = np.full(frames, np.nan)

    def set_objective(self, payload: Terms, sense: int) -> None:
        BatchedReading.set_objective(self, payload.value, sense)
        self.rounding = np.broadcast_to(payload.rounding, (self.frames, 1))[:, 0]


def measure_frames(
    instances: Sequence[Instance], points: Sequence[Mapping[str, Any]], *, weighed: bool = False
) -> Sequence[FrameMeasurement] | None:
    """Measurements of one point an instance, or None when these instances or points do not stack.

    What gets None measures them one by one, which also says whose point is malformed. With `weighed` the terms of
    all are weighed, else of those frames only where a row may be broken.
    """
    kinds = {type(instance) for instance in instances}
    names = set(points[0])
    if len(kinds) > 1 or any(set(point) != names for point in points):
        return None
    stacked = kinds.pop().stack(instances)
    if stacked is None:
        return None
    frames = len(instances)
    try:
        values = {name: np.array([point[name] for point in points], dtype=float) for name in points[0]}
    except (TypeError, ValueError):
        return None
    m = _read(stacked, values, frames, weighed)
    if m is None:
        return None
    violations = np.where(np.isfinite(m.objectives), m.worst, np.inf)
    rounding = m.rounding.tolist() if weighed else [None] * frames  # type: ignore[attr-defined]
    ties = near_ties(stacked, values, frames).tolist()
    columns = (m.objectives.tolist(), violations.tolist(), [m.sense] * frames, rounding, m.whole.tolist(), ties)
    found = [FrameMeasurement(*row) for row in zip(*columns, strict=True)]
    doubtful = np.flatnonzero(m.doubtful & np.isfinite(m.objectives)).tolist()
    if doubtful:
        again = measure_frames([instances[f] for f in doubtful], [points[f] for f in doubtful], weighed=True)
        for f, one in zip(doubtful, again or (), strict=True):
            found[f] = one
    return found


def measure_points(
    instance: Instance, points: Mapping[str, Any], count: int, *, compared: bool = True
) -> tuple[Array, Array] | None:
    """Objective and relative violation of `count` points of one instance, shape (count,) each.

    Parameters
    ----------
    points
        Variable name -> values with a leading axis of points.
    compared
        Whether the first and the last point are measured alone, too. What a reading does depends on shapes only, as
        an expression has no truth value: once for an instance is enough, and once where `count` is a length in it.

    Returns
    -------
    tuple or None
        None where the declaration cannot be read so, or where what it says of the first and the last point is not what
        it says of each alone: it may take the leading axis for frames.
    """
    m = _read(instance, points, count, False)
    if m is None:
        return None
    violation = np.where(np.isfinite(m.objectives), m.worst, np.inf)
    doubtful = np.flatnonzero(m.doubtful & np.isfinite(m.objectives))
    if len(doubtful):
        again = _read(instance, {name: part[doubtful] for name, part in points.items()}, len(doubtful), True)
        if again is None:
            return None
        violation[doubtful] = again.worst
    for row in {0, count - 1} if compared else ():
        alone = instance.measure({name: part[row] for name, part in points.items()})
        same = np.isclose([m.objectives[row], violation[row]], [alone.objective, alone.violation], equal_nan=True)
        if not same.all():
            return None
    return m.objectives, violation


def _read(declaration: Any, values: Mapping[str, Array], frames: int, weighed: bool) -> BatchedReading | None:
    """A declaration read at stacked values; None where it does not fit them."""
    try:
        m: Any = BatchedWeighed(values, frames) if weighed else BatchedReading(values, frames)
        with np.errstate(all="ignore"):
            declaration.declare(m)
    except (InputError, KeyError, TypeError, ValueError, IndexError):
        return None
    return m if m.variables.keys() == values.keys() else None


__all__ = ["BatchedReading", "FrameMeasurement", "Measurement", "measure_frames", "measure_points"]
