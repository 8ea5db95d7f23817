"""Channel gains: drawn from a model or read from a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.data import Numbers, read_array

from ..physics.radio import from_decibel

if TYPE_CHECKING:
    from .params import Correlated, GainFile, P1Params, PathLoss

Array = NDArray[np.float64]

#: Speed of light as the papers round it [m/s] (Huang, Bi & Zhang 2020, section VI).
LIGHT_SPEED = 3e8

#: Name of the gains in DROO's data sets.
USUAL = "input_h"

#: Largest gain of a file below which a warning asks for its unit: 200 dB, a radio link to the edge of the solar system.
FAINTEST = 1e-20

#: What complex numbers in a file of gains are, and what they should be.
POWER = "power gains are real (abs(h) squared)"


def mean_gains(channel: PathLoss, devices: int, rng: np.random.Generator) -> Array:
    """Mean power gains Ad (c / (4 pi fc d))^de, shape (devices,), dimensionless."""
    if isinstance(channel.distance, list):
        distance = np.array(channel.distance)
    else:
        distance = rng.uniform(*channel.distance.between, size=devices)
    ratio: Array = LIGHT_SPEED / (4.0 * np.pi * channel.carrier * distance)
    return channel.antenna_gain * ratio**channel.path_loss_exponent


def correlation(channel: Correlated) -> float:
    """Correlation rho = J0(2 pi f_D T) of the complex gain between neighbouring frames (Jakes 1974)."""
    from scipy.special import j0

    return float(j0(2.0 * np.pi * channel.doppler * channel.frame))


def draw_gains(params: P1Params, frames: int) -> Array:
    """Power gains of the first `frames` frames, shape (frames, devices).

    The first rows do not depend on `frames`, so a longer run sees the same beginning.
    """
    recorded = params.file_gains
    if recorded is not None:
        return recorded[:frames]
    channel: Any = params.channel
    mean = mean_gains(channel, params.devices, np.random.default_rng([params.seed, 0]))
    rng = np.random.default_rng([params.seed, 1])
    if channel.model == "rayleigh":
        return mean * rng.standard_exponential((frames, params.devices))
    rho = correlation(channel)
    # complex amplitude of unit power: real and imaginary part have variance 1/2 each
    steps = rng.standard_normal((frames, params.devices, 2)) * np.sqrt(0.5)
    steps[1:] *= np.sqrt(max(0.0, 1.0 - rho * rho))
    amplitude = np.empty_like(steps)
    state = np.zeros_like(steps[0])
    for t in range(frames):
        state = steps[t] if t == 0 else rho * state + steps[t]
        amplitude[t] = state
    return mean * np.square(amplitude).sum(axis=2)


def read_gains(file: GainFile, devices: int | None = None) -> tuple[Array, list[str]]:
    """Gains from a file, shape (frames, devices), and what of them is valid and hardly meant.

    Parameters
    ----------
    devices
        How many there should be, where the problem states it.

    Raises
    ------
    ValueError
        In one sentence, when the file is missing, of another kind, or holds anything but gains >= 0.
    """
    found = read_array(
        file.path,
        variable=file.variable,
        usual=USUAL,
        columns=file.columns,
        skip=file.skip,
        expected=devices,
        complex_remedy=POWER,
    )
    gains = checked_gains(found, file.unit)
    place = divmod(int(np.argmax(gains)), gains.shape[1])
    largest = float(gains[place])
    if largest == 0.0 or FAINTEST <= largest <= 1.0:
        return gains, []
    why = "no link gives back more power than it is given" if largest > 1.0 else "no receiver hears that"
    text = f"the largest gain of {found.source} is {largest:g}, in {found.at(place)}, and {why}; is its 'unit' right?"
    return gains, [text]


def checked_gains(found: Numbers, unit: str | None = None) -> Array:
    """Linear power gains of what a file holds; ValueError with the place of the first number that is none."""
    gains, name = found.array, found.source
    if gains.ndim != 2 or gains.size == 0:
        raise ValueError(f"{name} holds an array of shape {gains.shape}; it must be (frames, devices)")
    said = [cell for header in found.headers for cell in header if re.search(r"\bdB", cell)]
    if unit is None and said:
        raise ValueError(f"{name} has a column '{said[0]}'; say 'unit: dB' if its gains are in decibel, else 'linear'")
    decibel = unit == "dB"
    # a logarithm of zero, a device in outage, is -inf
    bad = np.isnan(gains) | (gains == np.inf) | (~np.isfinite(gains) | (gains < 0) if not decibel else False)
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        logarithms = not decibel and (gains < 0).mean() > 0.5
        raise ValueError(
            f"{name} has the gain {gains[place]} in {found.at(place)}; gains must be finite"
            + ("" if decibel else " and >= 0")
            + (", or stated to be logarithms by 'unit: dB'" if logarithms else "")
        )
    with np.errstate(over="ignore"):
        return from_decibel(gains) if decibel else gains
