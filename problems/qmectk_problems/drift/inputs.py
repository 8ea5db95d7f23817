"""What every slot brings from outside: arrivals and gains, drawn or recorded, and how their means change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..physics.radio import rayleigh_gain
from ..recorded import Recorded
from .params import DriftParams, Dynamics, Wave

Array = NDArray[np.float64]


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
        came = self.recorded.at(slot, ("arrivals",)).get("arrivals")
        if came is not None:
            return np.asarray(came * factor[..., None])
        shape = (*np.shape(slot), len(self.mean_arrivals))
        return rng.poisson(self.mean_arrivals * factor[..., None], shape).astype(float)

    def gains(self, rng: np.random.Generator, slot: Any, factor: Any = 1.0) -> Array:
        """Power gains, shape (..., devices, servers)."""
        factor = np.asarray(factor * np.exp(_wave(self.dynamics.gain, slot)))[..., None, None]
        measured = self.recorded.at(slot, ("gain",)).get("gain")
        if measured is not None:
            return np.asarray(measured * factor)
        return rayleigh_gain(rng, self.mean_gain * factor, (*np.shape(slot), *self.links))

    @property
    def begins(self) -> int:
        """Slots that a path may begin at and see something else each: the rows, or a period; 1 where all are alike."""
        periods = [wave.period for wave in (self.dynamics.arrivals, self.dynamics.gain) if wave is not None]
        return max(self.recorded.rows, *map(round, periods), 1)


def _wave(wave: Wave | None, slot: Any) -> Any:
    return 0.0 * np.asarray(slot) if wave is None else wave.at(slot)


__all__ = ["Inputs"]
