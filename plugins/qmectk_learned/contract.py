"""What a policy that was taken away accepts: observations in natural units, one frame or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.plugins import registry
from qmectk.views import Reading

from .shape import Shape

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contract:
    """From observations to what the network sees.

    Where the problem has a reading (:class:`qmectk.views.Reading`), one observation is an array (n,) in natural units,
    of P1 the power gains h. Elsewhere it is what the problem's Binary view states: its features (d,), or for a network
    over devices its device features (n, q).

    One observation gives one action, of many in one array each gives one. A network that looks back on T frames takes
    the rows of (F, n) as consecutive frames, oldest first, where the first ones have no past and see themselves
    instead; and (F, T, n) as F contexts that have nothing to do with each other.

    Attributes
    ----------
    shape
        Of the network.
    by_device
        Whether the network is over devices.
    reading
        The reading of the problem that it was trained on, or None.
    """

    shape: Shape
    by_device: bool
    reading: Reading | None = None

    def contexts(self, observed: Any, known: Mapping[str, Any]) -> tuple[NDArray[np.float32], bool]:
        """What the network sees, (F, T, d) or (F, n, q), and whether it was one observation alone.

        Parameters
        ----------
        observed
            See above.
        known
            What of the reading is another one than in training (weights of the devices), by name.

        Raises
        ------
        InputError
            When the shape is another one, or a number is not finite or smaller than it can be.
        """
        reading = self._reading(known)
        given = self._numbers(observed, reading)
        wide = 2 if self.by_device and reading is None else 1
        shape, single = given.shape, given.ndim == wide
        if not single and given.ndim != wide + 1 and not (self._looks_back and given.ndim == wide + 2):
            raise self._misshaped(shape)
        if self._looks_back and given.ndim == 3 and shape[1] != self.shape.history:
            raise self._misshaped(shape)
        if single:
            given = given[None]
        if self.by_device:
            seen = given if reading is None else reading.device_features(given)
            if not self.shape.least <= seen.shape[1] <= self.shape.bits or seen.shape[2] != self.shape.features:
                raise self._misshaped(shape)
        else:
            seen = given if reading is None else reading.features(given)
            if seen.shape[-1] != self.shape.features:
                raise self._misshaped(shape)
            if seen.ndim == 2:
                back = np.arange(1 - self.shape.history, 1)
                seen = seen[np.maximum(np.arange(len(seen))[:, None] + back, 0)]
        return np.asarray(self.scale(seen), np.float32), single

    @cached_property
    def scale(self) -> Callable[..., Any]:
        """What is done to features before the network sees them."""
        return registry().part("features", self.shape.scaling).load(Callable)  # type: ignore[arg-type]

    @property
    def _looks_back(self) -> bool:
        return not self.by_device and self.shape.history > 1

    @property
    def words(self) -> str:
        """What the caller passes, for people."""
        what = "features of the problem's Binary view" if self.reading is None else self.reading.observed
        if not self.by_device:
            n = str(self.shape.features)
        elif self.shape.least == self.shape.bits:
            n = str(self.shape.bits)
        else:
            n = f"n of {self.shape.least} to {self.shape.bits}"
        if self.by_device and self.reading is None:
            n += f", {self.shape.features}"
        one, many = f"({n})" if "," in n else f"({n},)", f"(frames, {n})"
        more = f", or (contexts, {self.shape.history}, {n})" if self._looks_back else ""
        return f"{what}: shape {one} or {many}{more}"

    def _misshaped(self, shape: tuple[int, ...]) -> InputError:
        return InputError(f"this policy takes {self.words}, not {shape}")

    def _numbers(self, observed: Any, reading: Reading | None) -> Floats:
        try:
            given = np.asarray(observed, dtype=float)
        except (TypeError, ValueError) as error:
            raise InputError(f"this policy takes {self.words}, not {type(observed).__name__}: {error}") from error
        least = -np.inf if reading is None else reading.least
        bad = ~(np.isfinite(given) & (given >= least))
        if bad.any():
            place = ", ".join(map(str, np.argwhere(bad)[0]))
            demand = "finite numbers" if least == -np.inf else f"finite numbers of at least {least:g}"
            raise InputError(f"this policy takes {demand}, and number [{place}] is {given[bad][0]:g}")
        return given

    def _reading(self, known: Mapping[str, Any]) -> Reading | None:
        if not known:
            return self.reading
        if self.reading is None:
            raise InputError(f"this policy knows no {', '.join(known)}: it takes {self.words}")
        try:
            return type(self.reading)(**{**self.reading.plain(), **known})
        except (TypeError, ValueError) as error:
            names = ", ".join(self.reading.plain())
            raise InputError(f"{', '.join(known)} cannot be used ({_first(error)}); there are: {names}") from error


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


__all__ = ["Contract"]
