"""What no controller can beat over a horizon of R slots, and what it takes to come close.

    min  (1/R) sum_r C_m(r)   s.t.   (1/R) sum_r phi_m(r) >= Delta

separates over the devices. With one multiplier a device, g(nu) = (1/R) sum_r min_phi [C(phi) - nu phi] + nu Delta is a
bound for every nu >= 0, each term the closed form of a slot with V = 1 and z = nu; bisection finds the best nu. The gap
is O(1/R): one coupling row leaves at most one slot mixed. Above Delta_max = (1/R) sum_r max phi(r) there is no feasible
point at all, and the bound says so with the numbers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .costs import Terms

Array = NDArray[np.float64]

#: Halvings of the interval of the multiplier.
STEPS = 60

#: Largest multiplier tried; costs are a few hundred at most.
LARGEST = 1e9


@dataclass(frozen=True)
class HorizonBound:
    """The bound, or why there is none; arrays have shape (devices,).

    Attributes
    ----------
    cost
        Lower bound on the average cost a device and slot; None when Delta cannot be met.
    bounds, recovered
        The bound of each device, and the cost of a feasible schedule found beside it.
    multipliers
        nu_m: what a unit of average share costs at the margin, which z/V tends to.
    shares
        Average shares of the recovered schedule.
    largest
        Delta_max of each device.
    message
        One sentence when Delta is above it for some device.
    """

    slots: int
    target: float
    cost: float | None
    bounds: Array
    recovered: Array
    multipliers: Array
    shares: Array
    largest: Array
    message: str
    seconds: float

    @property
    def feasible(self) -> bool:
        """Whether every device can meet the target."""
        return not self.message

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {
            "slots": self.slots,
            "target": self.target,
            "cost": self.cost,
            "recovered": float(self.recovered.mean()) if self.feasible else None,
            "multiplier": float(self.multipliers.mean()) if self.feasible else None,
            "multipliers": [float(x) for x in self.multipliers] if self.feasible else None,
            "share": float(self.shares.mean()),
            "largest_share": [float(x) for x in self.largest],
            "message": self.message,
            "seconds": self.seconds,
        }


def horizon_bound(terms: Terms, target: float) -> HorizonBound:
    """The scalar dual of every device over the slots of `terms` (arrays with a leading axis of slots).

    A limit on QPU slots is left out, which keeps the bound valid.
    """
    start = time.perf_counter()
    slots, devices = terms.home.shape
    low, high, _ = terms.limits
    largest = np.where(low <= high, high, 0.0).max(axis=-1).mean(axis=0)
    possible = target <= largest + 1e-12

    def answer(nu: Array) -> tuple[Array, Array, Array]:
        """Shares and costs of every slot at multipliers nu, and the dual value."""
        share, value = terms.curves(1.0, nu).minimise()
        mode = np.argmin(value, axis=-1)[..., None]
        phi = np.take_along_axis(share, mode, axis=-1)[..., 0]
        worth = np.take_along_axis(value, mode, axis=-1)[..., 0]
        return phi, worth + nu * phi, worth.mean(axis=0) + nu * target

    lower, upper = np.zeros(devices), np.zeros(devices)
    short = answer(lower)[0].mean(axis=0) < target
    step = np.ones(devices)
    while (short & possible & (step < LARGEST)).any():
        upper = np.where(short, step, upper)
        short = short & (answer(upper)[0].mean(axis=0) < target)
        lower = np.where(short, upper, lower)
        step = np.where(short, 4.0 * step, step)
    for _ in range(STEPS):
        middle = 0.5 * (lower + upper)
        met = answer(middle)[0].mean(axis=0) >= target
        lower, upper = np.where(met, lower, middle), np.where(met, middle, upper)
    below, above = answer(lower), answer(upper)
    shares, costs = _mix(below, above, target)
    bounds = np.maximum(below[2], above[2])
    message = ""
    if not possible.all():
        worst = int(np.argmin(largest))
        message = (
            f"Delta = {target:g} cannot be met by {int((~possible).sum())} of {devices} devices: with these deadlines "
            f"device {worst} offloads {largest[worst]:.4f} on average at most (all devices: {largest.min():.4f} to "
            f"{largest.max():.4f}), so its queue grows by {target - largest[worst]:.4f} a slot"
        )
    return HorizonBound(
        slots,
        target,
        None if message else float(bounds.mean()),
        bounds,
        costs,
        upper,
        shares,
        largest,
        message,
        time.perf_counter() - start,
    )


def _mix(below: tuple[Array, ...], above: tuple[Array, ...], target: float) -> tuple[Array, Array]:
    """The schedule below the multiplier with just enough slots of the one above it to meet the target."""
    slots = below[0].shape[0]
    gain = above[0] - below[0]
    order = np.argsort(-gain, axis=0, kind="stable")
    reached = below[0].mean(axis=0) + np.cumsum(np.take_along_axis(gain, order, axis=0), axis=0) / slots
    needed = np.where(below[0].mean(axis=0) >= target, 0, 1 + np.sum(reached < target, axis=0))
    rank = np.argsort(order, axis=0, kind="stable")
    switched = rank < np.minimum(needed, slots)
    phi = np.where(switched, above[0], below[0])
    cost = np.where(switched, above[1], below[1])
    return phi.mean(axis=0), cost.mean(axis=0)
