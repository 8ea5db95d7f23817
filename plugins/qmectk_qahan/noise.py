"""Noise on images, at the paper's levels 0.2 and 0.4, read as the standard deviation on pixels in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qmectk.names import unknown

Pixels = NDArray[np.float32]

#: Levels of the paper's noise experiments.
LEVELS = (0.2, 0.4)


def gaussian(images: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    """Independent normal noise of standard deviation `level` on every pixel, then clipped to [0, 1]."""
    noisy = images + np.float32(level) * rng.standard_normal(images.shape, np.float32)
    return np.clip(noisy, 0.0, 1.0, dtype=np.float32)


def salt_and_pepper(images: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    """A share `level` of the pixels becomes black or white, all channels of a pixel alike."""
    shape = (images.shape[0], 1, *images.shape[2:])
    hit = rng.random(shape, np.float32) < level
    extreme = rng.integers(0, 2, shape).astype(np.float32)
    return np.where(hit, extreme, images).astype(np.float32)


NOISES: dict[str, Callable[[Pixels, float, np.random.Generator], Pixels]] = {
    "gaussian": gaussian,
    "salt-and-pepper": salt_and_pepper,
}


def add_noise(kind: str, images: Pixels, level: float, rng: np.random.Generator) -> Pixels:
    """Noise of a kind by name; level 0 changes nothing."""
    if kind not in NOISES:
        raise unknown("noise", kind, NOISES)
    return NOISES[kind](images, level, rng) if level > 0.0 else images
