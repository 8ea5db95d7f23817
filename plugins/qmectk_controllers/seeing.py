"""What networks that spread devices read of slots, as tensors whose numbers have no scale left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qmectk.views import Decisions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """B slots of D devices and C columns; every slot has units of its own.

    Attributes
    ----------
    device, pair
        Features, shape (B, D, d) and (B, D, C, p).
    value, penalty
        What a whole y wins, and the part of it that is not the queues', over the mean size of a value, (B, D, C).
    load
        What a whole y takes of its column, over the mean of all loads, (B, D, C).
    room
        What a column takes, in the same unit, (B, C); inf for no limit.
    """

    device: Tensor
    pair: Tensor
    value: Tensor
    penalty: Tensor
    load: Tensor
    room: Tensor


def seen_of(decisions: Decisions, kind: str, device: str = "cpu") -> Seen:
    """The slots of a view of spread decisions; leading axes become one."""
    arrays: Mapping[str, Array] = decisions.arrays or {}
    found = decisions.features(kind)
    devices, columns = decisions.allowed.shape[-2:]
    size = np.reshape(decisions.scale, (-1, devices))[:, :1, None]
    load = np.reshape(arrays["load"], (-1, devices, columns))
    mean = load.mean(axis=(1, 2))
    mean = np.where(mean > 0, mean, 1.0)
    parts = (
        found.device.reshape(-1, devices, found.device.shape[-1]),
        found.pair.reshape(-1, devices, columns, found.pair.shape[-1]),
        np.reshape(arrays["value"], (-1, devices, columns)) / size,
        np.reshape(arrays["penalty"], (-1, devices, columns)) / size,
        load / mean[:, None, None],
        np.reshape(arrays["capacity"], (-1, columns)) / mean[:, None],
    )
    return Seen(*(torch.from_numpy(np.asarray(part, dtype=np.float32)).to(device) for part in parts))


__all__ = ["Seen", "seen_of"]
