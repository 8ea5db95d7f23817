"""The price of a fixed offloading action: the root that P2 (P1 with the action fixed) reduces to.

For group sums C_g (SNRs of the offloaders of scale g) and Lambda (passive values of the local devices), with
t_g = ln(1 + SNR) of a group and nu the time price,

    t_g + exp(-t_g) - 1 = nu/g                                                       (each group's SNR at this price)
    nu = sum_g g C_g exp(-t_g) + (Lambda/3) a^(-2/3),   a = 1 / (1 + sum_g C_g/(e^t_g - 1))     (stationarity in a)

are solved together by Newton's method in (nu, t_g): the t_g are eliminated, so a step costs one exponential per group.
Working with t instead of Lambert's W (exp(-t) = -W0(-exp(-1-y))) cannot overflow. Whatever t > 0 the iteration ends
with, (a, tau_g = C_g a/(e^t_g - 1)) is feasible, so the value is that of a feasible point; it is stationary there, so
its error is the square of the error in nu.

Sources: Bi and Zhang, IEEE TWC 17(6), 2018, problem (P2); Huang, Bi and Zhang (DROO), IEEE TMC 19(11), 2020.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qmectk.compiling.compiled import SourceGroup

Floats = NDArray[np.float64]

STEP_DONE = 1e-7  # relative Newton step: after it the root is good to about 1e-13 and the value to rounding
MAX_STEPS = 60

_group = SourceGroup(__file__, "action_loops.py")
compiled, bare, uncounted = _group.compiled, _group.bare, _group.uncounted


@uncounted
def snr_excess(t: float, below: float) -> float:
    """t + exp(-t) - 1 without cancellation, for t >= 0, given below = 1 - exp(-t)."""
    if t > 0.4:
        return t - below
    # Taylor series sum_{k>=2} (-t)^k / k!; the first omitted term is below 1e-17 of the sum at t = 0.4.
    term = 1.0 - t / 14.0
    for k in range(13, 2, -1):
        term = 1.0 - t / k * term
    return 0.5 * t * t * term


@uncounted
def log_snr_guess(y: float) -> float:
    """A start for the root t of t + exp(-t) - 1 = y, within a few per cent."""
    if y < 1.125:
        root = math.sqrt(2.0 * y)
        return root * (1.0 + root * (1.0 / 6.0 + root / 36.0))
    return 1.0 + y - math.exp(-1.0 - y)


@uncounted
def log_snr(y: float) -> float:
    """The root t > 0 of t + exp(-t) - 1 = y (y > 0), by Newton's method (convex and increasing: it converges)."""
    t = log_snr_guess(y)
    for _ in range(MAX_STEPS):
        below = -math.expm1(-t)
        step = (snr_excess(t, below) - y) / below
        t -= step
        if abs(step) <= 1e-9 * t:
            break
    return t


@uncounted
def price_mismatch(nu: float, count: int, scale: Floats, snr: Floats, passive_sum: float, t: Floats) -> float:
    """Marginal value of time for powering at price nu, minus nu (decreasing in nu); leaves the t of each group."""
    ratio = 1.0
    total = 0.0
    for g in range(count):
        t[g] = log_snr(nu / scale[g])
        ratio += snr[g] / math.expm1(t[g])
        total += scale[g] * snr[g] * math.exp(-t[g])
    root = np.cbrt(ratio)
    return float(total + passive_sum / 3.0 * root * root - nu)


@bare
def bisect_price(count: int, scale: Floats, snr: Floats, passive_sum: float, t: Floats) -> None:
    """The safe way to the same t: bisection on ln nu. Used only if Newton's method has not settled."""
    low = passive_sum / 3.0
    high = low
    for g in range(count):
        low = max(low, 1e-9 * scale[g] * snr[g])
        high = max(high, scale[g] * snr[g])
    while price_mismatch(low, count, scale, snr, passive_sum, t) < 0.0:
        low *= 0.25
    high = max(high, low)
    while price_mismatch(high, count, scale, snr, passive_sum, t) > 0.0:
        high *= 4.0
    for _ in range(200):
        middle = math.sqrt(low) * math.sqrt(high)
        if price_mismatch(middle, count, scale, snr, passive_sum, t) > 0.0:
            low = middle
        else:
            high = middle
        if high <= low * (1.0 + 1e-14):
            break


@bare
def solve_price(
    count: int, scale: Floats, snr: Floats, passive_sum: float, t: Floats, lag: Floats, pull: Floats
) -> tuple[float, float]:
    """Value and power-transfer share of one action given as group sums.

    Parameters
    ----------
    count : number of groups with offloaders (positive scale and sum of SNRs)
    scale, snr : (>= count,) scale g and sum C_g of the SNRs of each group
    passive_sum : Lambda, sum of `passive` over the local devices
    t : (>= count,) receives ln(1 + SNR) of each group
    lag, pull : (>= count,) scratch

    Returns
    -------
    (value, a)
    """
    if count == 0:
        return passive_sum, 1.0
    weighted = 0.0
    whole = 0.0
    for g in range(count):
        weighted += scale[g] * snr[g]
        whole += snr[g]
    nu = passive_sum / 3.0 + weighted / whole * math.log1p(whole)
    for g in range(count):
        t[g] = log_snr_guess(nu / scale[g])

    settled = False
    for _ in range(MAX_STEPS):
        ratio = 1.0  # 1/a
        total = 0.0
        shift = 0.0
        shift_root = 0.0
        slope_root = 0.0
        for g in range(count):
            below = -math.expm1(-t[g])
            value = snr[g] * (1.0 - below if t[g] < 0.5 else math.exp(-t[g]))
            pull[g] = 1.0 / (scale[g] * below)  # dt/dnu
            # the residual of the group's own equation: how far its t is behind the present nu
            lag[g] = (snr_excess(t[g], below) - nu / scale[g]) / below
            share = value / below
            ratio += share
            total += scale[g] * value
            shift += scale[g] * value * lag[g]
            shift_root += share / below * lag[g]
            slope_root += share / below * pull[g]
        root = np.cbrt(ratio)
        bend = passive_sum * (2.0 / 9.0) / root
        mismatch = total + passive_sum / 3.0 * root * root - nu
        step = (mismatch + shift + bend * shift_root) / (ratio + bend * slope_root)
        largest = abs(step) / nu
        for g in range(count):
            move = step * pull[g] - lag[g]
            largest = max(largest, abs(move) / t[g])
            # a decrease is taken as t^2/(t - move): the same to first order, and never through zero
            t[g] = t[g] + move if move >= 0.0 else t[g] * (t[g] / (t[g] - move))
        nu = nu + step if step >= 0.0 else nu * (nu / (nu - step))
        if largest <= STEP_DONE:
            settled = True
            break
    if not settled:
        bisect_price(count, scale, snr, passive_sum, t)

    ratio = 1.0
    rate = 0.0
    for g in range(count):
        share = snr[g] / math.expm1(t[g])
        ratio += share
        rate += scale[g] * t[g] * share
    return passive_sum / np.cbrt(ratio) + rate / ratio, 1.0 / ratio
