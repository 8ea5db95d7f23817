"""The PerDevice view: devices that choose a mode and a share, each by itself.

    min  sum_i  f_{i, mode_i}(s_i)     s.t.  lower <= s_i <= upper of that mode

with one-dimensional convex curves f. Where some modes share a pool of `slots` (jobs one processor takes), the
devices with the largest gains get them. Both are closed forms: no iteration, vectorised over devices, modes and
any number of states in front of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import View

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """``constant + linear s + quadratic s^2 + weight max(first, second)`` on [lower, upper], element by element.

    Attributes
    ----------
    constant, linear, lower, upper
        Arrays that broadcast together; an empty interval (lower > upper) is a mode that is not there.
    quadratic
        >= 0, or None for none.
    weight, first, second
        weight >= 0 times the larger of two lines (intercept, slope), or None for none.
    """

    constant: Array
    linear: Array
    lower: Array
    upper: Array
    quadratic: Array | None = None
    weight: Array | None = None
    first: tuple[Array, Array] | None = None
    second: tuple[Array, Array] | None = None

    @property
    def available(self) -> NDArray[np.bool_]:
        """Where there is a share to choose."""
        return np.asarray(self.lower <= self.upper)

    def value(self, share: Any) -> Array:
        """The curves at `share`, whether it is in the interval or not."""
        out = self.constant + self.linear * share
        if self.quadratic is not None:
            out = out + self.quadratic * (share * share)
        if self.weight is not None and self.first is not None and self.second is not None:
            one, two = self.first[0] + self.first[1] * share, self.second[0] + self.second[1] * share
            out = out + self.weight * np.maximum(one, two)
        return np.asarray(out, dtype=float)

    def minimise(self) -> tuple[Array, Array]:
        """The best shares and the values there; inf where the interval is empty.

        A convex piecewise quadratic function is smallest at an end, where a smooth piece is flat, or at the kink;
        the best of those candidates is exact.
        """
        best, share = self.value(self.lower), np.asarray(self.lower, dtype=float)
        for candidate in self._candidates():
            at = np.minimum(np.maximum(candidate, self.lower), self.upper)
            value = self.value(at)
            better = value < best
            best, share = np.where(better, value, best), np.where(better, at, share)
        return share, np.where(self.available, best, np.inf)

    def _candidates(self) -> list[Array]:
        found: list[Array] = [np.asarray(self.upper, dtype=float)]
        slopes = [self.linear]
        if self.weight is not None and self.first is not None and self.second is not None:
            found.append(_quotient(self.second[0] - self.first[0], self.first[1] - self.second[1]))
            slopes = [self.linear + self.weight * line[1] for line in (self.first, self.second)]
        if self.quadratic is not None:
            found += [_quotient(-slope, 2.0 * self.quadratic) for slope in slopes]
        return found

    def at(self, index: Any) -> Curves:
        """Some of the states along the leading axis."""

        def pick(part: Any) -> Any:
            return None if part is None else tuple(p[index] for p in part) if isinstance(part, tuple) else part[index]

        return Curves(**{f.name: pick(getattr(self, f.name)) for f in fields(self)})

    def replaced(self, **arrays: Any) -> Curves:
        """The same curves with some arrays replaced."""
        return Curves(**{f.name: arrays.get(f.name, getattr(self, f.name)) for f in fields(self)})


def _quotient(numerator: Any, denominator: Any) -> Array:
    """numerator / denominator, 0 where the denominator is 0 (any candidate is allowed)."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, dtype=float), denominator)
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator != 0.0)


@dataclass(frozen=True)
class PerDevice(View):
    """Arrays of one instance; a leading axis of states is allowed everywhere.

    Attributes
    ----------
    curves
        Shape (devices, modes).
    pooled
        Which modes take a slot of the pool, shape (modes,).
    slots
        Size of the pool; None for no limit.
    point
        ``point(mode, share) -> values`` of the declared problem.
    """

    curves: Curves
    pooled: NDArray[np.bool_]
    slots: int | None
    point: Callable[[Any, Any], dict[str, Any]]
    title = "PerDevice (modes and shares, one device at a time)"

    def best(self) -> tuple[Any, Array, Array]:
        """Mode, share and value of each device; the value is inf where no feasible choice is left.

        With a pool of K slots a device gains (value without a slot - value with one)+ from a slot, and the K
        largest gains get one. A device that cannot do without is served first.
        """
        share, value = self.curves.minimise()
        if self.slots is not None and self.pooled.any():
            free = np.where(self.pooled, np.inf, value).min(axis=-1)
            held = np.where(self.pooled, value, np.inf).min(axis=-1)
            with np.errstate(invalid="ignore"):  # inf - inf: a device with no mode at all gains nothing
                gain = np.nan_to_num(np.maximum(free - held, 0.0), nan=0.0, posinf=np.inf)
            order = np.argsort(-gain, axis=-1, kind="stable")
            rank = np.empty_like(order)
            np.put_along_axis(rank, order, np.broadcast_to(np.arange(gain.shape[-1]), order.shape), axis=-1)
            served = (rank < self.slots) & (gain > 0.0)
            value = np.where(self.pooled & ~served[..., None], np.inf, value)
        mode = np.argmin(value, axis=-1)
        pick = mode[..., None]
        return (
            mode,
            np.take_along_axis(np.broadcast_to(share, value.shape), pick, axis=-1)[..., 0],
            np.take_along_axis(value, pick, axis=-1)[..., 0],
        )


@dataclass(frozen=True)
class Modes(View):
    """What the baselines of the offloading literature see: every mode of every device with its curve.

    Attributes
    ----------
    curves
        Shape (devices, modes).
    kinds
        "local", "cpu" or "qpu", one a mode.
    servers
        Server of a mode, shape (modes,); -1 for the device itself.
    slots
        Slot a mode occupies, shape (devices, modes); -1 for none.
    capacity
        How often each slot can be used.
    point
        ``point(mode, share) -> values`` of the declared problem.
    """

    curves: Curves
    kinds: tuple[str, ...]
    servers: NDArray[np.int64]
    slots: NDArray[np.int64]
    capacity: NDArray[np.int64]
    point: Callable[[Any, Any], dict[str, Any]]
    title = "Modes (local, CPU and QPU candidates of each device)"
