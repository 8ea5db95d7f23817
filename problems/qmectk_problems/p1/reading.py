"""From channel gains to what policies see of a frame of P1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.views import Reading

from .params import Constants
from .rates import rates

Array = NDArray[np.float64]

#: Channel gains are of the order 1e-6; policies see them times this (DROO's code does the same).
FEATURE_SCALE = 1e6

#: Rates and gains below this count as it (a device in outage), and features beyond FAR as that.
TINY, FAR = 1e-30, 30.0


def alternating(devices: int) -> Array:
    """The papers' weights, 1, 1.5, 1, 1.5, ..."""
    return np.where(np.arange(devices) % 2 == 0, 1.0, 1.5)


def device_columns(passive: Any, scale: Any, snr: Any, xp: Any = np) -> Any:
    """Logarithms of what decides about a device, (..., n) -> (..., n, 4): of L_i, c_i, g_i and c_i g_i / L_i.

    L_i and g_i are taken relative to the sum of all L_i, times n, so that the columns mean the same for any number of
    devices; the constants bring them near zero at the papers' numbers. Zeros count as the smallest number.
    """
    n = passive.shape[-1]
    local, snr, worth = (xp.log(xp.clip(a, TINY, None)) for a in (passive, snr, scale))
    whole = xp.log(xp.clip(passive.sum(-1), TINY, None))[..., None] - np.log(n)
    columns = (local - whole, (snr - 6.0) / 3.0, worth - whole - 1.5, (snr + worth - local) / 3.0 - 2.5)
    return xp.clip(xp.stack(columns, -1), -FAR, FAR)


class P1Reading(Reading):
    """Gains to features, at given weights and constants.

    Parameters
    ----------
    weights
        w_i, one number a device, or "alternating" for any number of devices.
    **constants
        Those of :class:`~qmectk_problems.p1.params.Constants`.
    """

    observed = "power gains h, one a device, no unit"
    least = 0.0

    def __init__(self, weights: Any = "alternating", **constants: Any) -> None:
        self.weights = weights if isinstance(weights, str) else np.asarray(weights, dtype=float)
        plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in constants.items()}
        self.constants = Constants.model_validate(plain)

    def features(self, observed: Any, xp: Any = np) -> Any:
        return observed * FEATURE_SCALE

    def device_features(self, observed: Any, xp: Any = np) -> Any:
        """The columns of :func:`device_columns`; L_i grows with h^(1/3) and c_i with h^2."""
        n = observed.shape[-1]
        weights = alternating(n) if isinstance(self.weights, str) else self.weights
        coefficient = self.constants.energy_coefficient
        for name, value in (("weights", weights), ("energy_coefficient", coefficient)):
            given = np.shape(value)[-1:] or (n,)
            if given != (n,):
                raise InputError(f"there are {n} gains and {given[0]} {name}", f"hand over {name}= for these devices")
        passive, scale, snr = (
            xp.asarray(a) for a in rates(np.ones(np.broadcast(weights, np.ones(n)).shape), weights, self.constants)
        )
        return device_columns(passive * observed ** (1 / 3), scale + 0.0 * observed, snr * observed**2, xp)

    def plain(self) -> dict[str, Any]:
        weights = self.weights if isinstance(self.weights, str) else self.weights.tolist()
        return {"weights": weights, **self.constants.model_dump(mode="json")}


__all__ = ["P1Reading", "alternating", "device_columns"]
