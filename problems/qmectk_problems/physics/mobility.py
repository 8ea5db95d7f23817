"""Gauss-Markov mobility in a disc (Camp, Boleng & Davies, Wireless Comm. & Mobile Computing 2(5), 2002).

Speed and direction of device m follow

    v <- delta v + (1 - delta) mean_v + sqrt(1 - delta^2) w,     w ~ N(0, 1),

and the device moves with the values of the slot that ends. Ye et al. (arXiv 2306.14588, eq. (20)) print
(1 - delta^2) without the root; the variance of v then is (1 - delta^2) instead of 1, so `printed` keeps it apart.
Where the next point would leave the disc, the direction and its mean turn to the centre, give or take 45 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Movement:
    """Where M devices are and how they move, arrays of shape (M,) but for `position`, (M, 2) [m, m/s, rad].

    Copies of such a world have their axes in front of those.
    """

    position: Array
    speed: Array
    direction: Array
    mean_speed: Array
    mean_direction: Array

    @property
    def distance(self) -> Array:
        """To the centre [m]."""
        return np.asarray(np.hypot(self.position[..., 0], self.position[..., 1]))


@dataclass(frozen=True)
class GaussMarkov:
    """The law of motion.

    Attributes
    ----------
    radius
        Of the disc [m].
    memory
        delta: 1 never changes speed and direction, 0 forgets them every slot.
    mean_speed
        Range the mean speeds are drawn from [m/s].
    slot
        Duration of a slot [s].
    printed
        Whether the noise has the factor (1 - delta^2) instead of its root.
    """

    radius: float = 50.0
    memory: float = 0.8
    mean_speed: tuple[float, float] = (3.0, 5.0)
    slot: float = 1.0
    printed: bool = False

    def start(self, rng: np.random.Generator, devices: int | tuple[int, ...]) -> Movement:
        """Uniform positions and directions, every device at its mean speed; so many devices, or (copies, devices)."""
        distance = self.radius * np.sqrt(rng.uniform(size=devices))
        angle = rng.uniform(0.0, 2.0 * np.pi, devices)
        speed = rng.uniform(*self.mean_speed, size=devices)
        direction = rng.uniform(0.0, 2.0 * np.pi, devices)
        position = np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=-1)
        return Movement(position, speed, direction, speed, direction)

    def step(self, before: Movement, rng: np.random.Generator) -> Movement:
        """One slot later."""
        delta = self.memory
        spread = 1.0 - delta * delta
        spread = spread if self.printed else np.sqrt(spread)
        noise = rng.standard_normal((2, *before.speed.shape))
        turn = rng.uniform(-np.pi / 4.0, np.pi / 4.0, before.speed.shape)
        heading = np.stack([np.cos(before.direction), np.sin(before.direction)], axis=-1)
        position = before.position + self.slot * before.speed[..., None] * heading
        outside = np.hypot(position[..., 0], position[..., 1]) > self.radius
        home = np.arctan2(-before.position[..., 1], -before.position[..., 0]) + turn
        mean_direction = np.where(outside, home, before.mean_direction)
        speed = np.maximum(delta * before.speed + (1.0 - delta) * before.mean_speed + spread * noise[0], 0.0)
        direction = delta * before.direction + (1.0 - delta) * mean_direction + spread * noise[1]
        return Movement(
            np.where(outside[..., None], before.position, position),
            speed,
            np.where(outside, home, direction),
            before.mean_speed,
            mean_direction,
        )
