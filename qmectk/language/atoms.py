"""The nonlinear functions of the language: value, gradient and curvature, each written once.

Every atom is convex or concave on its domain, so a tangent plane is a valid cut (Duran & Grossmann,
Mathematical Programming 36, 1986) and a reading can tell convex constraints from others by the rules
of disciplined convex programming (Grant, Boyd & Ye, 2006).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Curvature(enum.IntEnum):
    """Sign of the second derivative: convex is +1, concave is -1."""

    CONCAVE = -1
    CONVEX = 1


@dataclass(frozen=True)
class Atom:
    """One nonlinear function of one or two affine arguments, applied element by element.

    Attributes
    ----------
    name
        The method of :class:`~qmectk.language.Language` that makes it.
    value
        ``value(*args, **parameters) -> array``, finite on the whole domain including its boundary.
    gradient
        ``gradient(*args, **parameters) -> tuple of arrays``, one an argument, at an interior point.
    curvature
        ``curvature(**parameters)``.
    interior
        Smallest argument value at which the gradient is still safe to evaluate.
    rational
        Whether its value is made of sums and products alone, so that it is exact where its arguments are.
    """

    name: str
    value: Callable[..., Array]
    gradient: Callable[..., tuple[Array, ...]]
    curvature: Callable[..., Curvature]
    interior: float = 1e-9
    rational: bool = False


def _power_curvature(*, exponent: float) -> Curvature:
    return Curvature.CONCAVE if 0.0 < exponent < 1.0 else Curvature.CONVEX


def _concave(**_: Any) -> Curvature:
    return Curvature.CONCAVE


def _convex(**_: Any) -> Curvature:
    return Curvature.CONVEX


def _power(y: Array, *, exponent: float) -> Array:
    # Solvers return -1e-12 for 0; the domain is y >= 0 and the violation of that bound is measured in feasibility.
    return np.maximum(y, 0.0) ** exponent


def _power_gradient(y: Array, *, exponent: float) -> tuple[Array]:
    return (exponent * y ** (exponent - 1.0),)


def _log1p(y: Array) -> Array:
    return np.log1p(y)


def _log1p_gradient(y: Array) -> tuple[Array]:
    return (1.0 / (1.0 + y),)


def _perspective_log1p(t: Array, y: Array) -> Array:
    t, y = np.broadcast_arrays(np.maximum(t, 0.0), np.maximum(y, 0.0))
    out = np.zeros(t.shape)
    on = t > 0.0  # the closure at t = 0 is 0: t ln(1 + y/t) -> 0
    np.log1p(np.divide(y, t, out=np.zeros(t.shape), where=on), out=out, where=on)
    return t * out


def _perspective_log1p_gradient(t: Array, y: Array) -> tuple[Array, Array]:
    s = y / t
    return np.log1p(s) - s / (1.0 + s), 1.0 / (1.0 + s)


def _perspective_power(t: Array, y: Array, *, exponent: float) -> Array:
    return np.maximum(t, 0.0) ** (1.0 - exponent) * np.maximum(y, 0.0) ** exponent


def _perspective_power_gradient(t: Array, y: Array, *, exponent: float) -> tuple[Array, Array]:
    ratio = y / t
    return (1.0 - exponent) * ratio**exponent, exponent * ratio ** (exponent - 1.0)


def _rel_entr(y: Array, t: Array) -> Array:
    y, t = np.broadcast_arrays(np.maximum(y, 0.0), np.maximum(t, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(y > 0.0, y * np.log(y / t), 0.0)
    return np.asarray(ratio, dtype=float)


def _rel_entr_gradient(y: Array, t: Array) -> tuple[Array, Array]:
    return np.log(y / t) + 1.0, -y / t


def _square(y: Array) -> Array:
    return np.square(y)


def _square_gradient(y: Array) -> tuple[Array]:
    return (2.0 * y,)


ATOMS: dict[str, Atom] = {
    atom.name: atom
    for atom in (
        Atom("power", _power, _power_gradient, _power_curvature),
        Atom("log1p", _log1p, _log1p_gradient, _concave),
        Atom("perspective_log1p", _perspective_log1p, _perspective_log1p_gradient, _concave),
        Atom("perspective_power", _perspective_power, _perspective_power_gradient, _concave),
        Atom("rel_entr", _rel_entr, _rel_entr_gradient, _convex),
        Atom("square", _square, _square_gradient, _convex, interior=-np.inf, rational=True),
    )
}
