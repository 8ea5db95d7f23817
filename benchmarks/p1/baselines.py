"""The published ways to solve P1, literally: bisection on the time price per candidate, and coordinate descent on it.

Written from the equations, in bit/s, one candidate and one device at a time, as the papers state them and as DROO's
published program does (its tolerance of 0.005 bit/s on a price between 0 and 1e9, hence 38 halvings).

Sources: Bi and Zhang, IEEE TWC 17(6), 2018, Algorithm 1 (bisection) and Section IV (coordinate descent); Huang, Bi and
Zhang (DROO), IEEE TMC 19(11), 2020, Section III.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Channel:
    """One frame: power gains h (N,), weights w (N,), and the physical constants of the papers."""

    h: Floats
    w: Floats
    power: float = 3.0  # W
    efficiency: float = 0.7
    energy: float = 1e-26  # computing energy coefficient k
    cycles: float = 100.0  # per bit
    bandwidth: float = 2e6  # Hz
    overhead: float = 1.1
    noise: float = 1e-10  # W

    @property
    def rate(self) -> float:
        """B/(v ln 2) [bit/s]."""
        return float(self.bandwidth / (self.overhead * np.log(2.0)))

    @property
    def snr(self) -> Floats:
        """c_i = mu P h_i^2/N0."""
        return self.efficiency * self.power * self.h**2 / self.noise

    @property
    def local(self) -> Floats:
        """L_i, weighted local rate at a = 1 [bit/s]."""
        return self.w * (self.efficiency * self.power) ** (1 / 3) / self.cycles * (self.h / self.energy) ** (1 / 3)

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """(passive, scale, snr) in Mbit/s."""
        return self.local / 1e6, self.w * self.rate / 1e6, self.snr


def rayleigh(rng: np.random.Generator, devices: int, frames: int) -> list[Channel]:
    """I.i.d. Rayleigh fading: distances U(2.5, 5.2) m, free-space path loss, weights 1 and 1.5 in turn."""
    weight = np.tile([1.0, 1.5], devices)[:devices]
    mean = 4.11 * (3e8 / (4 * np.pi * 915e6 * rng.uniform(2.5, 5.2, devices))) ** 2.8
    return [Channel(mean * rng.exponential(1.0, devices), weight) for _ in range(frames)]


def bisection(channel: Channel, action: Bits, tolerance: float = 0.005, highest: float = 1e9) -> tuple[float, float]:
    """(value [bit/s], a) of one action: bisection on the price nu, each device's time by Lambert's W."""
    off = [int(j) for j in np.flatnonzero(action)]
    local = float(channel.local[~action].sum())
    snr, w, rate = channel.snr, channel.w, channel.rate

    def phi(nu: float, j: int) -> float:
        """tau_j / (c_j a)."""
        return float(1.0 / (-1.0 - 1.0 / lambertw(-np.exp(-1.0 - nu / (w[j] * rate))).real))

    def share(nu: float) -> float:
        return 1.0 / (1.0 + sum(snr[j] * phi(nu, j) for j in off))

    def mismatch(nu: float) -> float:
        powering = local * share(nu) ** (-2 / 3) / 3.0
        return powering + rate * sum(w[j] * snr[j] / (1.0 + 1.0 / phi(nu, j)) for j in off) - nu

    low, high = 0.0, highest
    while high - low > tolerance:
        nu = 0.5 * (low + high)
        if mismatch(nu) > 0.0:
            low = nu
        else:
            high = nu
    a = share(nu)
    value = local * a ** (1 / 3)
    for j in off:
        tau = snr[j] * a * phi(nu, j)
        value += w[j] * rate * tau * np.log(1.0 + snr[j] * a / tau)
    return float(value), a


def coordinate_descent(channel: Channel, start: Bits) -> tuple[float, Bits]:
    """Flip the best device until no flip helps, every flip valued by `bisection`."""
    action, value = start.copy(), bisection(channel, start)[0]
    while True:
        values = []
        for j in range(action.size):
            flipped = action.copy()
            flipped[j] = not flipped[j]
            values.append(bisection(channel, flipped)[0])
        best = int(np.argmax(values))
        if values[best] <= value:
            return value, action
        value = values[best]
        action[best] = not action[best]
