"""Frames with a crowd of their own: some of the devices, with weights and coefficients drawn for this frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.seeds import Stream, generator

from .rates import rates
from .worlds import Draws

if TYPE_CHECKING:
    from .params import Constants, P1Params
    from .world_params import Crowd

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Present:
    """Who is there in a frame.

    Attributes
    ----------
    devices
        Their places among all, shape (n,).
    weights
        w_i of each.
    constants
        Those of the problem with their k_i.
    """

    devices: NDArray[np.int64]
    weights: Array
    constants: Constants

    def arrays(self, gains: Any) -> tuple[Array, Array, Array]:
        """(passive, scale, snr) from the gains of all devices, shape (devices,)."""
        return rates(np.asarray(gains)[self.devices], self.weights, self.constants)


def present(params: P1Params, crowd: Crowd, weights: Array, frame: int) -> Present:
    """Who is there in this frame of the stream; no frame depends on another one.

    Parameters
    ----------
    weights
        w_i of all devices in this frame, shape (devices,).
    """
    rng = generator(Stream.DATA, params.seed, Draws.CROWD, frame)
    n = int(np.exp(rng.uniform(np.log(crowd.fewest), np.log(params.devices + 1))))
    devices = rng.permutation(params.devices)[: min(n, params.devices)]
    own = weights[devices]
    if crowd.weights is not None:
        own = rng.uniform(*crowd.weights, size=len(devices))
    if crowd.energy_coefficient is not None:
        low, high = np.log(crowd.energy_coefficient).tolist()
        coefficient = np.exp(rng.uniform(low, high, size=len(devices)))
    else:
        coefficient = np.broadcast_to(params.constants.energy_coefficient, params.devices)[devices]
    return Present(devices, own, params.constants.model_copy(update={"energy_coefficient": coefficient}))


__all__ = ["Present", "present"]
