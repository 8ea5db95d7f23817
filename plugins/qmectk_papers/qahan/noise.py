"""Noise on images, at the paper's levels 0.2 and 0.4, read as the standard deviation on pixels in [0, 1]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Levels of the paper's noise experiments, and none.
LEVELS = (0.0, 0.2, 0.4)


def add_noise(images: NDArray[np.float32], level: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Independent normal noise of standard deviation `level` on every pixel, then clipped to [0, 1]."""
    if level == 0.0:
        return images
    noisy = images + np.float32(level) * rng.standard_normal(images.shape, np.float32)
    return np.clip(noisy, 0.0, 1.0, dtype=np.float32)


__all__ = ["LEVELS", "add_noise"]
