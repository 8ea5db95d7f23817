"""What is done to the features of a frame before a network sees them: ``scale(features, xp)`` of any shape (..., d).

`xp` is numpy or torch, of which only what both have is used, so that a policy is exported with its scaling. Only the
frame itself may be used, so that a policy means the same wherever it is taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Sizes below this count as it: a device in outage has the gain 0.
TINY = 1e-12


def plain(features: Any, xp: Any = np) -> Any:
    """As they are."""
    return xp.asarray(features)


def logarithm(features: Any, xp: Any = np) -> Any:
    """ln x of what is above TINY, and mirrored at ln TINY for what is negative, without a jump at 0."""
    x = xp.asarray(features)
    far = xp.log(xp.clip(abs(x), TINY, None)) - np.log(TINY)
    return xp.where(x < 0.0, -far, far) + np.log(TINY)


def relative(features: Any, xp: Any = np) -> Any:
    """Divided by the mean size of each frame's features."""
    x = xp.asarray(features)
    mean = abs(x).mean(-1)[..., None]
    return x / xp.where(mean > 0.0, mean, xp.ones_like(mean))


__all__ = ["logarithm", "plain", "relative"]
