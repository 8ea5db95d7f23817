"""Radio links: Shannon rates, path loss, fading, noise.

All functions take and return numpy arrays and broadcast; gains are power gains (dimensionless), powers in W,
rates in bit/s, distances in m.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Speed of light [m/s] as the offloading literature rounds it.
LIGHT = 3e8


def shannon_rate(bandwidth: Any, power: Any, gain: Any, noise: Any) -> Array:
    """W log2(1 + P g / N0) (Shannon 1948) [bit/s]; `noise` is the noise power in the band [W]."""
    snr = np.asarray(power, dtype=float) * gain / noise
    return np.asarray(bandwidth * np.log1p(snr) / np.log(2.0), dtype=float)


def from_decibel(level: Any) -> Array:
    """10^(x/10): a ratio from decibel."""
    return np.asarray(10.0 ** (np.asarray(level, dtype=float) / 10.0), dtype=float)


def to_decibel(ratio: Any) -> Array:
    """10 log10 of a ratio."""
    return np.asarray(10.0 * np.log10(np.asarray(ratio, dtype=float)), dtype=float)


def dbm_to_watt(level: Any) -> Array:
    """A power in dBm as W: 0 dBm is 1 mW."""
    return np.asarray(1e-3 * from_decibel(level), dtype=float)


def thermal_noise(bandwidth: Any, density: float = -174.0) -> Array:
    """Noise power [W] of a band, from a density in dBm/Hz (-174: thermal noise at 290 K)."""
    return np.asarray(dbm_to_watt(density) * np.asarray(bandwidth, dtype=float), dtype=float)


def free_space_gain(distance: Any, *, carrier: float, antenna_gain: float = 1.0, exponent: float = 2.0) -> Array:
    """Ad (3e8 / (4 pi fc d))^de, the free-space law with a general exponent."""
    return np.asarray(antenna_gain * (LIGHT / (4.0 * np.pi * carrier * np.asarray(distance, dtype=float))) ** exponent)


def urban_gain(distance: Any) -> Array:
    """Gain of the urban macro-cell law: a loss of 128.1 + 37.6 log10(d / 1 km) dB (3GPP TR 36.814)."""
    return from_decibel(-(128.1 + 37.6 * np.log10(np.asarray(distance, dtype=float) / 1000.0)))


def rayleigh_gain(rng: np.random.Generator, mean: Any, size: Any = None) -> Array:
    """Power gains under Rayleigh fading: exponential with the given mean."""
    shape = np.shape(mean) if size is None else size
    return np.asarray(mean * rng.exponential(1.0, shape), dtype=float)


def shadowing(rng: np.random.Generator, deviation: float, size: Any) -> Array:
    """Log-normal shadowing as a factor; `deviation` in dB."""
    return from_decibel(deviation * rng.standard_normal(size))
