"""What an item does at a given price of the shared budget, and the price that clears the budget for a fixed action.

An item that is on (offloads) with scale g and SNR c keeps, at a price nu per unit of budget and a common resource a,

    max_tau  g tau ln(1 + c a/tau) - nu tau  =  a c g u,        u = exp(-t),    t + exp(-t) - 1 = y = nu/g,

with tau = c a u/(1-u) (first-order condition; s = e^t - 1 is the signal-to-noise ratio, u = 1/(1+s) = -W0(-exp(-1-y))).
For a fixed action (sums C_g of the SNRs that are on, Lambda of the passive values that are off) the price is the root
of the decreasing convex function

    sum_g g C_g u_g(nu) + (Lambda/3) (1 + sum_g C_g u_g/(1-u_g))^(2/3) - nu.

It is convex because u and ln(u/(1-u)) are convex in nu, so Newton's method rises to the root from the left and its
first step from the right lands on the left. Source: the Lagrangian of (P2) in Bi and Zhang, IEEE TWC 17(6), 2018.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qmectk.compiling.compiled import SourceGroup

from .records import Records

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EPS = 2.220446049250313e-16

# no fastmath: inf (an item that is never on) has to be respected
_together = SourceGroup(__file__)
compiled, bare, uncounted, merged = _together.compiled, _together.bare, _together.uncounted, _together.merged


@compiled
def log_snr(y: float) -> float:
    """The root t > 0 of t + exp(-t) - 1 = y for y > 0 (Newton on a convex increasing function)."""
    if y < 1.125:
        root = math.sqrt(2.0 * y)
        t = root * (1.0 + root * (1.0 / 6.0 + root / 36.0))
    elif y > 40.0:
        return 1.0 + y  # exp(-t) is below half an ulp of t
    else:
        t = 1.0 + y - math.exp(-1.0 - y)
    for _ in range(60):
        below = -math.expm1(-t)
        if t > 0.4:
            excess = t - below
        else:  # Taylor series of t + exp(-t) - 1: no cancellation
            term = 1.0 - t / 14.0
            for k in range(13, 2, -1):
                term = 1.0 - t / k * term
            excess = 0.5 * t * t * term
        step = (excess - y) / below
        t -= step
        if abs(step) <= 1e-8 * t:  # the next step would be 1e-16 of t
            break
    return t


@compiled
def net_value_above(t: float) -> float:
    """u = exp(-t), rounded up.

    The t from `log_snr` is within 9 eps t of the root (residual below 2 eps t + eps y, slope above 1/3 for t > 0.4;
    the series branch is better), so exp(-t) is within 9 eps t + 2 eps of u; the factor below covers it.
    """
    return math.exp(-t) * (1.0 + EPS * (4.0 + 16.0 * t))


@uncounted
def clear_budget(count: int, groups: Records, off: float, start: float) -> tuple[float, float, float]:
    """Value and price of a fixed action.

    Parameters
    ----------
    count : number of groups
    groups : (>= count,) GROUP, of which scale g and sum C_g of the SNRs that are on; groups with C_g = 0 are skipped.
        Receives t = ln(1 + SNR) of the groups that are on
    off : Lambda, sum of the passive values that are off
    start : any price > 0 to start from

    Returns
    -------
    (value, price, resource); the value is that of the feasible point a, tau_g = C_g a/(e^t_g - 1), a + sum tau = 1
    """
    weighted = 0.0
    for g in range(count):
        weighted += groups[g].scale * groups[g].sums
    if weighted <= 0.0:
        return off, off / 3.0, 1.0
    least = off / 3.0  # a <= 1, so the root is no smaller
    nu = max(start, least, 1e-12 * weighted)
    for _ in range(200):
        ratio = 1.0
        total = 0.0
        ratio_slope = 0.0
        for g in range(count):
            scale = groups[g].scale
            on = groups[g].sums
            if on > 0.0:
                t = log_snr(nu / scale)
                groups[g].t = t
                below = -math.expm1(-t)
                u = math.exp(-t)
                share = on * u / below
                ratio += share
                total += scale * on * u
                ratio_slope += share / (below * below * scale)
        root = np.cbrt(ratio)
        mismatch = total + off / 3.0 * root * root - nu
        # d total/d nu = -sum C u/(1-u) = -(ratio - 1), and 1 more for the -nu
        step = mismatch / (ratio + off * (2.0 / 9.0) / root * ratio_slope)
        if abs(step) <= 1e-8 * nu:  # the value's error is the square of this; the price takes the last step
            nu += step
            break
        nu = max(nu + step, least, 0.125 * nu)
    rate = 0.0
    for g in range(count):
        on = groups[g].sums
        if on > 0.0:
            t = groups[g].t
            rate += groups[g].scale * t * on * math.exp(-t) / -math.expm1(-t)
    return off / root + rate / ratio, nu, 1.0 / ratio
