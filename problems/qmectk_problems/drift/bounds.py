"""What no controller can beat over a horizon: one linear problem over all its slots at once.

    max  (1/T) sum_t sum_ms (w_R b_ms - w_P P_m) x_ms(t)
    s.t. sum_s x_ms(t) <= 1,  sum_m b_ms x_ms(t) <= F_s tau / (L B),  x >= 0
         (1/T) sum_ts b_ms x_ms(t) = (1/T) sum_t A_m(t)                        : nu_m

Queues only delay service, so every controller that ends with empty queues is a feasible point; one that leaves a
backlog behind can look better by what it has not served, which is why Q(T)/T belongs beside every average. The
multiplier nu_m is what a task costs at the margin, and Q_m / V tends to it (Neely, 2010, chapter 4).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .links import Links

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HorizonBound:
    """The bound, or why there is none.

    Attributes
    ----------
    utility, power, throughput
        Averages a slot at the optimum over the horizon; None when the load cannot be carried.
    multipliers
        nu_m, shape (devices,); None when the load cannot be carried.
    sustainable
        Largest factor on all arrivals that the servers and links can carry (1 or more when feasible; only computed
        when they cannot carry 1).
    message
        One sentence when the load or a target is outside the capacity region.
    """

    slots: int
    utility: float | None
    power: float | None
    throughput: float | None
    multipliers: Array | None
    sustainable: float | None
    message: str
    seconds: float
    info: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        nu = self.multipliers
        return {
            "slots": self.slots,
            "utility": self.utility,
            "power": self.power,
            "throughput": self.throughput,
            "multiplier": None if nu is None else float(np.mean(nu)),
            "multipliers": None if nu is None else [float(x) for x in nu],
            "sustainable": self.sustainable,
            "message": self.message,
            "seconds": self.seconds,
        }


def horizon_bound(links: Links, gain: Array, arrived: Array) -> HorizonBound:
    """Solve the linear problem over a path: gains (slots, devices, servers) and arrivals (slots, devices)."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, vstack

    start = time.perf_counter()
    params, slots, devices = links.params, len(gain), links.devices
    rate = links.rates(gain)
    width = rate.size
    index = np.arange(width)
    t, m, k = np.unravel_index(index, rate.shape)
    radio = csr_array((np.ones(width), (t * devices + m, index)), shape=(slots * devices, width))
    servers = len(links.capacity)
    inside = k < servers
    cpu = csr_array(
        (rate.ravel()[inside], ((t * max(servers, 1) + k)[inside], index[inside])), shape=(slots * servers, width)
    )
    service = csr_array((rate.ravel() / slots, (m, index)), shape=(devices, width))
    above, limits = vstack([radio, cpu]), np.concatenate([np.ones(slots * devices), np.tile(links.capacity, slots)])
    mean = arrived.mean(axis=0)
    earned = params.weights.throughput * rate * links.factor - links.power_weight * links.power
    options: dict[str, Any] = {"method": "highs-ipm" if width > 5000 else "highs"}
    if params.admission or not links.clipped:
        sign = 1.0 if params.admission else -1.0  # serve at most, or at least, what arrives
        found = linprog(
            -earned.ravel() / slots,
            A_ub=vstack([above, sign * service]),
            b_ub=np.concatenate([limits, sign * mean]),
            **options,
        )
        marginals = None if not found.success else -sign * -found.ineqlin.marginals[-devices:]
    else:
        found = linprog(-earned.ravel() / slots, A_ub=above, b_ub=limits, A_eq=service, b_eq=mean, **options)
        marginals = None if not found.success else found.eqlin.marginals
    if found.status == 2 or not found.success:
        extra = hstack([service, -mean[:, None]])
        most = linprog(
            np.append(np.zeros(width), -1.0),
            A_ub=vstack([hstack([above, csr_array((len(limits), 1))]), -extra]),
            b_ub=np.concatenate([limits, np.zeros(devices)]),
            **options,
        )
        share = float(most.x[-1]) if most.success else None
        load = float(mean.sum())
        message = (
            f"the load of {load:.4g} tasks a slot is outside the capacity region: links and servers carry at most "
            f"{share:.3g} of it ({share * load:.4g} tasks a slot)"
            if share is not None
            else f"the linear problem was not solved: {found.message}"
        )
        return HorizonBound(slots, None, None, None, None, share, message, time.perf_counter() - start)
    x = found.x.reshape(rate.shape)
    message = ""
    if params.target is not None and params.target > 1.0:
        message = (
            f"the target is {params.target:g} of the arrivals, and no controller can serve more than what arrives; "
            "the bound leaves it out"
        )
    return HorizonBound(
        slots,
        float(-found.fun),
        float(np.sum(x * links.power) / slots),
        float(np.sum(x * rate * links.factor) / slots),
        np.asarray(marginals, dtype=float),
        None,
        message,
        time.perf_counter() - start,
    )
