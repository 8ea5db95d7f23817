"""What a policy sees of the devices of slots; a leading axis is allowed everywhere.

`own` is what learning needs: logarithms, since times and costs span decades, each over what the device would need by
itself; the limits of the shares; the masks. `published` is the list {f_m0, o^C, J_m, g_m0, f_m} of the paper with the
task J_m = (d, q, t_max), as numbers over their standard deviation. The gain spans decades, so that way nearly all of
it looks the same, and the transmit power and the level of the code, which decide the costs, are not in the list.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Features

from .costs import Terms

Array = NDArray[np.float64]

OWN = (
    "log local cost",
    "log CPU cost / local", "log QPU cost / local",
    "log CPU time / local", "log QPU time / local", "log answer time / local time",
    "log local power", "log CPU energy / time", "log QPU energy / time",
    "least CPU share", "least QPU share", "largest CPU share", "largest QPU share",
    "local allowed", "QPU admissible",
)  # fmt: skip

PUBLISHED = ("cloud clock", "leased qubits", "size", "cycles a byte", "deadline", "gain", "local clock")

#: Ratios are distinguished from 1/LARGEST to LARGEST: what costs 30 times as much is as good as not there. Without it a
#: training of 1000 updates ends at 2.2 % instead of 1.6 % above the optimum.
LARGEST = 30.0


def own(terms: Terms) -> Features:
    """The features that were found to work, shape (..., devices, 15)."""
    one = terms.costs
    low, high, local = terms.limits
    there = low <= high
    home, time = terms.home[..., None], one.local_time[..., None]
    logs = [
        _log(home),
        _log(_over(terms.away, home)),
        _log(_over(one.time, time)),
        _log(_over(one.answer_time[..., None], time)),
        _log(_over(one.local_energy[..., None], time)),
        _log(_over(one.energy, one.time)),
    ]
    limits = [np.where(there, low, 0.0), np.where(there, high, 0.0)]
    masks = np.stack([local, one.admissible[..., 1]], axis=-1)
    device = np.concatenate([*logs, *limits, masks], axis=-1)
    return Features(device, np.zeros((*device.shape[:-1], 3, 0)), OWN)


def published(terms: Terms, mean: Array, deviation: Array) -> Features:
    """The paper's list over mean and standard deviation, shape (..., devices, 7)."""
    device = (terms.costs.observed - mean) / deviation
    return Features(device, np.zeros((*device.shape[:-1], 3, 0)), PUBLISHED)


def _over(a: Array, b: Any) -> Array:
    return np.divide(a, b, out=np.full(np.broadcast_shapes(a.shape, b.shape), LARGEST), where=b > 0.0)


def _log(ratio: Array) -> Array:
    return np.asarray(np.log(np.clip(ratio, 1.0 / LARGEST, LARGEST)))
