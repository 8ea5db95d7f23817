"""What every slot brings from outside: arrivals and gains, drawn or recorded, and how their means change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from qmectk.data import read_array

from ..files import DataFile
from ..gains import GainFile, read_gains
from ..parts import LARGEST, NonNegative, Number, Part, Positive, Share
from ..physics.radio import rayleigh_gain

if TYPE_CHECKING:
    from .params import DriftParams

Array = NDArray[np.float64]


class ArrivalFile(DataFile):
    """Recorded arrivals [tasks]: one row a slot, one column a device."""


class LinkFile(GainFile):
    """Recorded power gains: one row a slot, one column a link (device 1 to every server, then device 2, ...), or an
    array of shape (slots, devices, servers)."""


class Wave(Part):
    """sin(2 pi (t / period + phase)) of slot t."""

    swing: NonNegative = Field(description="By how much the sine counts.")
    period: Positive = Field(500.0, description="Slots until it begins again.")
    phase: Number = Field(0.0, description="Share of a period that it is ahead.")

    def at(self, slot: Any) -> Array:
        """`swing` times the sine at slots of any shape."""
        return np.asarray(self.swing * np.sin(2.0 * np.pi * (np.asarray(slot) / self.period + self.phase)))


class Swinging(Wave):
    """The same with a swing that leaves no negative mean."""

    swing: Share = Field(description="By how much the sine counts, at most 1.")


class Dynamics(Part):
    """Means that change from slot to slot (Verma et al. 2025, Fig. 20: swings of 0.5 and 0.7)."""

    arrivals: Swinging | None = Field(None, description="Mean arrivals times 1 + swing sin(...); null for constant.")
    gain: Wave | None = Field(None, description="Mean gains times exp(swing sin(...)); null for constant.")


@dataclass(frozen=True)
class Recorded:
    """Rows of files, those that are judged, or before them those that learners see."""

    arrivals: Array | None = None
    gains: Array | None = None

    @property
    def rows(self) -> int:
        """How many there are; 0 where nothing is recorded."""
        return next((len(array) for array in (self.arrivals, self.gains) if array is not None), 0)

    def between(self, first: int, stop: int | None) -> Recorded:
        """Some of them."""
        parts = (None if array is None else array[first:stop] for array in (self.arrivals, self.gains))
        return Recorded(*parts)


class Inputs:
    """Arrivals and gains of slots.

    Parameters
    ----------
    params
        Whose means they have.
    recorded
        What stands in the place of draws; slot t takes row t, and the first one again behind the last.
    """

    def __init__(self, params: DriftParams, recorded: Recorded) -> None:
        self.mean_arrivals, self.mean_gain = params.mean_arrivals, float(params.chosen("mean_gain"))
        self.links = (params.devices, params.servers)
        self.dynamics, self.recorded = params.dynamics or Dynamics(), recorded

    def arrivals(self, rng: np.random.Generator, slot: Any, factor: Any = 1.0) -> Array:
        """Tasks that arrive, shape (..., devices).

        Parameters
        ----------
        slot
            Whole numbers of any shape.
        factor
            On all of them, of the same shape.
        """
        factor = np.asarray(factor * (1.0 + _wave(self.dynamics.arrivals, slot)))
        if self.recorded.arrivals is not None:
            return np.asarray(self.recorded.arrivals[self._rows(slot)] * factor[..., None])
        shape = (*np.shape(slot), len(self.mean_arrivals))
        return rng.poisson(self.mean_arrivals * factor[..., None], shape).astype(float)

    def gains(self, rng: np.random.Generator, slot: Any, factor: Any = 1.0) -> Array:
        """Power gains, shape (..., devices, servers)."""
        factor = np.asarray(factor * np.exp(_wave(self.dynamics.gain, slot)))[..., None, None]
        if self.recorded.gains is not None:
            return np.asarray(self.recorded.gains[self._rows(slot)] * factor)
        return rayleigh_gain(rng, self.mean_gain * factor, (*np.shape(slot), *self.links))

    @property
    def begins(self) -> int:
        """Slots that a path may begin at and see something else each: the rows, or a period; 1 where all are alike."""
        periods = [wave.period for wave in (self.dynamics.arrivals, self.dynamics.gain) if wave is not None]
        return max(self.recorded.rows, *map(round, periods), 1)

    def _rows(self, slot: Any) -> Any:
        return np.asarray(slot) % self.recorded.rows


def _wave(wave: Wave | None, slot: Any) -> Any:
    return 0.0 * np.asarray(slot) if wave is None else wave.at(slot)


def read_arrivals(file: ArrivalFile, devices: int) -> Array:
    """Arrivals from a file, shape (slots, devices).

    Raises
    ------
    ValueError
        In one sentence, when the file is missing, of another kind, or holds anything but numbers >= 0.
    """
    found = read_array(file.path, variable=file.variable, columns=file.columns, skip=file.skip, expected=devices)
    tasks = found.array[:, None] if found.array.ndim == 1 and devices == 1 else found.array
    if tasks.ndim != 2 or tasks.shape[1] != devices or not len(tasks):
        raise ValueError(f"{found.source} holds an array of shape {tasks.shape}; it must be (slots, {devices})")
    bad = ~((tasks >= 0) & (tasks <= LARGEST))
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        raise ValueError(f"{found.source} has {tasks[place]:g} arrivals in {found.at(place)}; they must be >= 0")
    return tasks


def read_links(file: LinkFile, devices: int, servers: int) -> tuple[Array, list[str]]:
    """Gains from a file, shape (slots, devices, servers), and what of them is valid and hardly meant; ValueError as
    :func:`~qmectk_problems.gains.read_gains` has it."""
    gains, doubts = read_gains(file, devices * servers, (devices, servers))
    if gains.shape[1] != devices * servers:
        raise ValueError(
            f"{file.path.name} has {gains.shape[1]} columns, and {devices} devices with {servers} servers have "
            f"{devices * servers} links"
        )
    return gains.reshape(-1, devices, servers), doubts


__all__ = ["ArrivalFile", "Dynamics", "Inputs", "LinkFile", "Recorded", "Wave", "read_arrivals", "read_links"]
