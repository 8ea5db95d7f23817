"""From channel gains to the arrays of P1, and a published frame of which the optimum is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .params import Constants

Array = NDArray[np.float64]

#: bit/s to Mbit/s
MEGA = 1e-6

#: Power gains of a frame of DROO's published data (Huang, Bi & Zhang, IEEE TMC 19(11), 2020): 10 devices. With
#: efficiency 0.7 and alternating weights its optimum is 3.278981608366 Mbit/s, with devices 0, 1 and 6 offloading.
PUBLISHED_GAINS = 1e-6 * np.array(
    [
        6.06020304235508,
        11.0331933767028,
        0.100213540309998,
        1.21610610942759,
        1.96138838395145,
        1.71456339592966,
        5.24563569673585,
        0.589530717142197,
        4.07769429231962,
        2.88333185798682,
    ]
)


def rates(gains: Any, weights: Any, constants: Constants) -> tuple[Array, Array, Array]:
    """(passive, scale, snr) of a frame or of many; see :class:`~qmectk_problems.p1.frame.P1Frame`.

    Parameters
    ----------
    gains
        Power gains h, shape (..., devices), dimensionless.
    weights
        w_i, one number or shape (devices,).

    Returns
    -------
    tuple
        `passive` and `scale` in Mbit/s, `snr` dimensionless, each of the shape of `gains`.
    """
    h = np.asarray(gains, dtype=float)
    eta1 = (constants.efficiency * constants.power) ** (1 / 3) / constants.cycles_per_bit
    passive = weights * eta1 * np.cbrt(h / np.asarray(constants.energy_coefficient, dtype=float)) * MEGA
    scale = np.full(h.shape, weights * constants.bandwidth / (constants.overhead * np.log(2.0)) * MEGA)
    snr = constants.efficiency * constants.power * np.square(h) / constants.noise
    return passive, scale, snr
