"""What links and processors of a problem carry and cost: what its parameters alone decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..physics.radio import shannon_rate
from .params import DriftParams

Array = NDArray[np.float64]


class Links:
    """Rates, power and limits of the columns: the servers, then the device's own CPU where there is local service."""

    def __init__(self, params: DriftParams) -> None:
        self.params = params
        self.devices = params.devices
        self.targets = params.targets
        self.clipped = params.chosen("service") == "backlog"
        self.capacity = (
            np.full(params.servers, params.server_tasks) if params.chosen("limited_servers") else np.zeros(0)
        )
        columns = params.servers + params.local.service
        #: factor of each column in R: 1, or the server's number as printed in (5)
        self.factor = np.ones(columns)
        if params.chosen("throughput") == "stray factor s":
            self.factor[: params.servers] = np.arange(1, params.servers + 1)
        self.power = np.full((params.devices, columns), params.radio.power)
        if params.local.service:
            self.power[:, -1] = params.local_power
        #: weight of the power in U; as printed V weighs it there, too
        self.power_weight = params.weights.power * (params.V if params.chosen("V_counts") == "twice" else 1.0)

    def rates(self, gain: Array) -> Array:
        """b: tasks a whole slot carries, shape (..., devices, columns)."""
        params, radio = self.params, self.params.radio
        rate = shannon_rate(radio.bandwidth, radio.power, gain, radio.noise) * (params.slot / params.task)
        if not params.local.service:
            return rate
        own = np.full((*rate.shape[:-1], 1), params.local_tasks)
        return np.concatenate([rate, own], axis=-1)

    def price(self, backlog: Array, virtual: Array, gain: Array) -> tuple[Array, Array, Array]:
        """(value, b, c) of states with any leading axes; see :class:`~.slot.DriftSlot`."""
        params = self.params
        rate = self.rates(gain)
        served = np.minimum(rate, backlog[..., None]) if self.clipped else rate
        per_task = (backlog + virtual)[..., None] + params.V * params.weights.throughput * self.factor
        # Psi / b per task served; a link without any rate serves no task
        cost = np.divide(
            params.V * self.power_weight * self.power, rate, out=np.full_like(rate, np.inf), where=rate > 0
        )
        value = np.where(rate > 0, (per_task - np.where(rate > 0, cost, 0.0)) * served, 0.0)
        return value, rate, served
