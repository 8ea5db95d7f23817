"""What a policy decides in a frame: which devices offload. P2 shares out the time, optimally.

One function over arrays with any leading axes, used by a frame's view and by copies of the cell. `arrays` holds, of
shape (..., devices): passive [Mbit/s], scale [Mbit/s] and snr, as in :class:`~qmectk_problems.p1.frame.P1Frame`.
A decision's share says nothing here: it is 1 where a device offloads and 0 where it stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views.decisions import Decision, Decisions, Features

from .reading import FEATURE_SCALE, device_columns

Array = NDArray[np.float64]

CHOICES = ("stay", "offload")
STAY, OFFLOAD = 0, 1

#: Columns of what devices see, in the order of :func:`~qmectk_problems.p1.reading.device_columns`.
SEEN = {"own": ("log L", "log c", "log g", "log(c g / L)"), "published": ("h x 1e6",)}


def p1_decisions(
    passive: Array, scale: Array, snr: Array, *, seen: Array, complete: Callable[[Decision], dict[str, Any]]
) -> Decisions:
    """The view of one frame, or of many by arrays with leading axes.

    Parameters
    ----------
    passive, scale, snr
        See above.
    seen
        Power gains h of the devices, of the same shape.
    complete
        As in :class:`~qmectk.views.Decisions`.
    """
    passive, scale, snr = np.broadcast_arrays(passive, scale, snr)
    both = (*passive.shape, len(CHOICES))
    share = np.broadcast_to(np.array([0.0, 1.0]), both)

    def see(kind: str) -> Features:
        columns = device_columns(passive, scale, snr) if kind == "own" else seen[..., None] * FEATURE_SCALE
        return Features(np.asarray(columns), np.zeros((*both, 0)), SEEN[kind])

    return Decisions(
        CHOICES,
        allowed=np.ones(both, bool),
        least=share,
        most=share,
        sense=1,
        scale=np.where(passive > 0.0, passive, 1.0),  # a device in outage has no rate, whatever it is measured in
        see=see,
        complete=complete,
        seen=tuple(SEEN),
        arrays={"passive": passive, "scale": scale, "snr": snr},
    )


__all__ = ["CHOICES", "OFFLOAD", "STAY", "p1_decisions"]
