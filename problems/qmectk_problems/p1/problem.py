"""The problem family P1: parameters to instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.data import Numbers, real_numbers
from qmectk.errors import InputError
from qmectk.problem import Instance, Problem

from ..files import with_content
from .instance import P1Instance
from .params import Correlated, P1Params
from .rates import rates
from .reading import P1Reading
from .traces import POWER, checked_gains, draw_gains

Array = NDArray[np.float64]


class P1(Problem):
    """Weighted sum-rate maximisation in wireless-powered MEC."""

    name = "p1"
    summary = "binary offloading in wireless-powered MEC, weighted sum rate (DROO, QAROO)"
    Params = P1Params
    Reading = P1Reading
    params: P1Params

    def __init__(self, params: P1Params, source: str = "") -> None:
        super().__init__(params, source)
        self._trace: Array | None = None

    def fingerprint(self) -> str:
        recorded = self.params.file_gains
        return super().fingerprint() if recorded is None else with_content(super().fingerprint(), recorded)

    @property
    def coupled(self) -> bool:
        return isinstance(self.params.channel, Correlated)

    @property
    def weights(self) -> Array:
        """w_i, shape (devices,)."""
        if self.params.weights == "alternating":
            return np.where(np.arange(self.params.devices) % 2 == 0, 1.0, 1.5)
        return np.array(self.params.weights, dtype=float)

    def reading(self) -> P1Reading:
        return P1Reading(self.params.weights, **self.params.constants.model_dump(mode="json"))

    @property
    def trace(self) -> Array:
        """Power gains of all training and evaluation frames, shape (frames, devices)."""
        return self._drawn(self.params.training_frames + self.params.frames)

    def arrays(self, gains: Any) -> tuple[Array, Array, Array]:
        """(passive, scale, gain) of gains h, shape (..., devices); see :class:`P1Instance` for the units."""
        return rates(gains, self.weights, self.params.constants)

    def instance(self, gains: Any) -> P1Instance:
        """An instance with given power gains h, shape (devices,).

        Raises
        ------
        InputError
            When they are no real numbers >= 0, or not as many as there are devices.
        """
        try:
            h = np.atleast_1d(real_numbers(gains, "'gains'", POWER))
            if h.shape != (self.params.devices,):
                raise ValueError(f"'gains' has the shape {h.shape}, and there are {self.params.devices} devices")
            rows = checked_gains(Numbers(h[None, :], "'gains'"))
        except ValueError as error:
            raise InputError(str(error)) from error
        return P1Instance(*self.arrays(h), trace=rows, problem=self)

    def memory(self, start: int, stop: int) -> float:
        # gains from the first frame on, or the steps that lead to them; then three arrays a frame
        drawn = 7 if isinstance(self.params.channel, Correlated) else 1
        return 8.0 * self.params.devices * (drawn * stop + 3 * (stop - start))

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        trace = self._drawn(stop)
        rows = trace[start:stop]
        passive, scale, gain = self.arrays(rows)
        return [P1Instance(passive[t], scale[t], gain[t], trace, start + t, self) for t in range(len(rows))]

    def _drawn(self, stop: int) -> Array:
        """Gains of the first `stop` frames at least: a time limit may end a long stream near its beginning."""
        total = self.params.training_frames + self.params.frames
        if self._trace is None or len(self._trace) < min(stop, total):
            self._trace = draw_gains(self.params, min(stop, total))
        return self._trace
