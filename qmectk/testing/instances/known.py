"""Instances that know their optimum without any solver."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...instance import Instance
from ...lowerings.base import own_views
from ...views import Binary

Array = NDArray[np.float64]

#: Most bits whose actions are enumerated to know an optimum.
MOST_BITS = 14


def all_actions(n: int) -> NDArray[np.int8]:
    """Every action of n bits, shape (2^n, n)."""
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.int8)


class Unknown(LookupError):
    """The optimum of an instance can only be found by a solver."""


def true_optimum(instance: Instance) -> float | None:
    """The optimal value by a closed form or by enumeration; None when there is no feasible point.

    Raises
    ------
    Unknown
        When it takes a solver to find it.
    """
    if isinstance(instance, Known):
        return instance.known_optimum()
    for own in own_views(type(instance)):
        if issubclass(own.target, Binary):
            binary: Any = own.apply(instance, own.Options(), None).view
            if binary.n <= MOST_BITS:
                best = float(np.max(binary.score(all_actions(binary.n))))
                return binary.sense * best if np.isfinite(best) else None
    raise Unknown(f"no way to find the optimum of {instance.label} without a solver")


class Known(Instance):
    """An instance that knows its optimum. By default its variables are the bits `x`, and they are enumerated."""

    def known_optimum(self) -> float | None:
        """The optimal value, or None when infeasible."""
        measured = [self.measure({"x": np.asarray(x, dtype=float)}) for x in all_actions(self.signature.bits)]
        values = [m.sense * m.objective for m in measured if m.violation <= 1e-9]
        return measured[0].sense * max(values) if values else None
