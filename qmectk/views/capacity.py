"""The Capacity view: devices share their slot over servers that can take only so much.

    max  sum_mk value_mk y_mk
    s.t. sum_k y_mk <= 1           a device has one radio
         sum_m load_mk y_mk <= capacity_k
         0 <= y <= 1,  and with `whole` at most one k with y_mk > 0 a device

The per-slot problem of drift-plus-penalty offloading has this shape: a fractional generalised assignment
problem (an LP), or with `whole` a mixed-integer one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .base import View

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Capacity(View):
    """Arrays of one instance; a point of this view is y, shape (devices, servers).

    Attributes
    ----------
    value
        Objective of a whole slot of device m at server k, shape (devices, servers); of any sign.
    load
        What that slot takes of the server's capacity, >= 0.
    capacity
        Of each server, shape (servers,); inf where there is no limit.
    quality
        How good the link looks to a device that knows nothing else (its rate), shape (devices, servers); what
        the baselines of the literature choose by.
    whole
        Whether a device may use one server only.
    own
        Column of the device's own processor, which loads no server; None without one.
    """

    value: Array
    load: Array
    capacity: Array
    quality: Array
    whole: bool = False
    own: int | None = None
    title = "Capacity (slots of devices over servers)"

    @property
    def shape(self) -> tuple[int, int]:
        """(devices, servers)."""
        return self.value.shape[0], self.value.shape[1]
