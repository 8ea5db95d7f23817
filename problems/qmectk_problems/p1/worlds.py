"""The world that a stream of P1 lives in: gains, weights, who is there, and what of it is seen when a frame is decided.

Everything is drawn row after row from a stream of its own, so the first frames never depend on how many follow, and
none of the parts on whether another one is there.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.seeds import Stream, generator

from ..physics.fading import autoregressive, correlation, sinusoids
from ..physics.mobility import GaussMarkov, Movement
from ..physics.radio import free_space_gain

if TYPE_CHECKING:
    from .params import Jakes, P1Params
    from .world_params import Mobility, Observe, Switching

Array = NDArray[np.float64]


class Draws(enum.IntEnum):
    """What is drawn for a problem, each from a generator of its own: its place in the stream of data."""

    DISTANCES = 0
    FADING = 1
    OBSERVATION = 2
    SWITCHING = 3
    MOVEMENT = 4
    CROWD = 5


@dataclass(frozen=True)
class World:
    """A stream from its first frame on.

    Attributes
    ----------
    gains
        The truth, shape (frames, devices).
    weights
        w_i, shape (devices,), or (frames, devices) where they change.
    seen
        What is known of the gains when a frame is decided, shape (frames, devices); None where that is the truth.
    """

    gains: Array
    weights: Array
    seen: Array | None


def world(params: P1Params, frames: int) -> World:
    """The first `frames` frames."""
    weights, there = changing(params, frames)
    recorded = params.file_gains
    if recorded is not None:
        gains, usual = recorded[:frames], recorded.mean(axis=0)
    else:
        mean = mean_gains(params.channel, params.devices, params.seed, frames)
        gains, usual = mean * fading(params, frames), np.atleast_2d(mean)[0]
    if there is not None:
        gains = np.where(there, gains, 0.0)
    seen = None if params.observe is None else observed(params.observe, gains, usual, params.seed)
    return World(gains, weights, seen)


def mean_gains(channel: Any, devices: int, seed: int, frames: int = 1) -> Array:
    """Mean power gains Ad (c / (4 pi fc d))^de, shape (devices,), or (frames, devices) where devices move."""
    if isinstance(channel.distance, list):
        distance = np.array(channel.distance)
    else:
        low, high = channel.distance.between
        distance = generator(Stream.DATA, seed, Draws.DISTANCES).uniform(low, high, size=devices)
    if channel.mobility is not None:
        distance = moved(channel.mobility, distance, generator(Stream.DATA, seed, Draws.MOVEMENT), frames)
    return free_space_gain(
        distance, carrier=channel.carrier, antenna_gain=channel.antenna_gain, exponent=channel.path_loss_exponent
    )


def moved(mobility: Mobility, distance: Array, rng: np.random.Generator, frames: int) -> Array:
    """Distances of devices that move about the access point, shape (frames, devices) [m].

    They begin at `distance`, in any direction. None comes nearer than the nearest, where the far field ends.
    """
    law = GaussMarkov(mobility.radius, mobility.memory, mobility.speed, mobility.frame)
    drawn = law.start(rng, len(distance))
    angle = rng.uniform(0.0, 2.0 * np.pi, len(distance))
    position = distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    at = Movement(position, drawn.speed, drawn.direction, drawn.mean_speed, drawn.mean_direction)
    out = np.empty((frames, len(distance)))
    for t in range(frames):
        out[t] = at.distance
        at = law.step(at, rng)
    return np.maximum(out, mobility.nearest)


def fading(params: P1Params, frames: int) -> Array:
    """Power gains around a mean of 1 of the first frames, shape (frames, devices)."""
    channel: Any = params.channel
    return _FADING[channel.model](channel, generator(Stream.DATA, params.seed, Draws.FADING), frames, params.devices)


def _rayleigh(channel: Any, rng: np.random.Generator, frames: int, devices: int) -> Array:
    return rng.standard_exponential((frames, devices))


def _correlated(channel: Any, rng: np.random.Generator, frames: int, devices: int) -> Array:
    return autoregressive(rng, frames, devices, correlation(channel.doppler, channel.frame))


def _jakes(channel: Jakes, rng: np.random.Generator, frames: int, devices: int) -> Array:
    amplitude = sinusoids(rng, frames, devices, channel.doppler * channel.frame, channel.rays)
    return np.square(amplitude.real) + np.square(amplitude.imag)


_FADING = {"rayleigh": _rayleigh, "correlated": _correlated, "jakes": _jakes}


def changing(params: P1Params, frames: int) -> tuple[Array, NDArray[np.bool_] | None]:
    """Weights, shape (devices,) or (frames, devices), and which devices are on; None where all of them always are."""
    weights, on = params.first_weights, np.ones(params.devices, bool)
    there = None if params.switching is None else switched(params.switching, params.devices, params.seed, frames)
    if not params.changes:
        return weights, there
    rows, present = np.tile(weights, (frames, 1)), np.ones((frames, params.devices), bool)
    for change in sorted(params.changes, key=lambda change: change.frame):
        if change.weights == "swapped":
            weights = swapped(weights)
        elif change.weights is not None:
            weights = np.array(change.weights, dtype=float)
        on = on.copy()
        on[[device - 1 for device in change.on]] = True
        on[[device - 1 for device in change.off]] = False
        rows[change.frame :], present[change.frame :] = weights, on
    return rows, present if there is None else there & present


def swapped(weights: Array) -> Array:
    """Neighbours change places: the first with the second, the third with the fourth; a last one without stays."""
    out = weights.copy()
    pairs = len(weights) // 2 * 2
    out[0:pairs:2], out[1:pairs:2] = weights[1:pairs:2], weights[0:pairs:2]
    return out


def switched(switching: Switching, devices: int, seed: int, frames: int) -> NDArray[np.bool_]:
    """Which devices are on, shape (frames, devices): stays on and off are geometric, their means as stated."""
    draws = generator(Stream.DATA, seed, Draws.SWITCHING).uniform(size=(frames, devices))
    leave, come = 1.0 / switching.on, 1.0 / switching.off
    there = np.empty((frames, devices), bool)
    state = draws[0] < switching.on / (switching.on + switching.off)
    for t in range(frames):
        if t:
            state = np.where(state, draws[t] >= leave, draws[t] < come)
        there[t] = state
    return there


def observed(observe: Observe, gains: Array, usual: Array, seed: int) -> Array:
    """What is known of the gains when each frame is decided, shape (frames, devices).

    Parameters
    ----------
    usual
        Average gains, shape (devices,): what is known before the first observation is there.
    """
    seen = np.empty_like(gains)
    seen[: observe.delay] = usual
    seen[observe.delay :] = gains[: max(len(gains) - observe.delay, 0)]
    if observe.noise:
        # log-normal: gains stay positive, and a device in outage is seen to be
        seen *= np.exp(observe.noise * generator(Stream.DATA, seed, Draws.OBSERVATION).standard_normal(gains.shape))
    return seen
