"""What networks over single devices read: all that is known of a device in one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Decisions

Array = NDArray[np.float64]


def rows_of(decisions: Decisions, kind: str, *, queue: bool = False) -> Array:
    """Features of each device and of its choices, shape (..., devices, numbers).

    With `queue` also the known part of the objective, (constant, slope) of every choice over the scale, as
    sign(x) log(1 + |x|): what a policy needs that does not see queues otherwise.
    """
    features = decisions.features(kind)
    lead = decisions.allowed.shape[:-1]
    parts = [features.device, features.pair.reshape(*lead, -1)]
    if queue:
        parts += [np.sign(part) * np.log1p(np.abs(part)) for part in known_of(decisions)]
    return np.concatenate(parts, axis=-1)


def known_of(decisions: Decisions) -> tuple[Array, Array]:
    """The known part of what each choice is worth, larger is better, over the scale: (constant, slope)."""
    shape, scale = decisions.allowed.shape, decisions.sense / decisions.scale[..., None]
    if decisions.known is None:
        return np.zeros(shape), np.zeros(shape)
    constant, slope = (np.broadcast_to(part, shape) * scale for part in decisions.known)
    return constant, slope


def unfit(spec: Mapping[str, Any], decisions: Decisions) -> str:
    """Why a network with these choices and inputs is not for slots like these, or ""."""
    if decisions.spread:
        return "devices spread themselves over choices here, and it decides which one they make"
    if spec["features"] not in decisions.seen:
        return f"there are no features '{spec['features']}' here, only {', '.join(decisions.seen)}"
    choices = len(decisions.choices)
    if spec["choices"] != choices:
        return f"it knows {spec['choices']} choices of a device, and here are {choices}"
    inputs = rows_of(decisions, spec["features"], queue=spec["queue"]).shape[-1]
    return "" if spec["inputs"] == inputs else f"it reads {spec['inputs']} numbers of a device, and here are {inputs}"


def shared(reward: Array, decisions: Decisions) -> Array:
    """A reward of every device, shape (copies, devices); that of the whole slot is every device's."""
    lead = decisions.allowed.shape[:-1]
    return np.broadcast_to(reward.reshape(*reward.shape, *[1] * (len(lead) - reward.ndim)), lead)


__all__ = ["known_of", "rows_of", "shared", "unfit"]
