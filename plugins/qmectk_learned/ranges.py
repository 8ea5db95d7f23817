"""The size of what a policy sees: numbers far from it are those of another channel, or of another unit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from .policy import contexts_of

#: Frames that are looked at, and the factor from which on a size is another one: links differ by 10 dB, units by more.
FRAMES, FAR = 32, 100.0


def size_of(shape: Any, views: Sequence[Any]) -> float:
    """The median size of the features of the first frames; 0 where all are 0."""
    alike = list(takewhile(lambda view: view.n == views[0].n, views[:FRAMES]))
    values = np.abs(np.asarray(contexts_of(shape, alike)))
    return float(np.median(values[values > 0.0])) if (values > 0.0).any() else 0.0


def warn_of_other_sizes(backend: str, size: float, trained: float | None) -> None:
    """Warn where features are `size` in size, and the policy was trained on others (None: on these).

    Networks learn from numbers about 1, so what is learned from others is worth little, too.
    """
    usual = trained or 1.0
    if size == 0.0 or usual / FAR <= size <= usual * FAR:
        return
    wanted = f"its policy was trained on about {usual:.2g}" if trained else "networks learn from numbers about 1"
    seen = f"what backend '{backend}' sees of these frames is about {size:.2g} in size"
    warnings.warn(f"{seen}, and {wanted}; is the unit of the data right?", stacklevel=3)


__all__ = ["size_of", "warn_of_other_sizes"]
