"""P2: the value of a fixed offloading action, as the root of one price equation.

With the action fixed, P1 (weighted sum rate of wireless-powered mobile-edge computing) is the convex problem

    max   Lambda a^(1/3) + sum_{i off} scale_i tau_i ln(1 + gain_i a / tau_i)     s.t.  a + sum tau_i <= 1,

Lambda = sum of `passive` over the local devices. At a time price nu every offloader of the same scale g works at
the same SNR s: with y = nu/g and t = ln(1 + s),

    t + exp(-t) - 1 = y,        tau_i = gain_i a / (e^t - 1),        net value of the device = g gain_i a exp(-t).

So the value depends only on Lambda and on C_g = sum of the gains of the offloaders of scale g. Stationarity in a gives

    nu = sum_g g C_g exp(-t_g) + (Lambda/3) a^(-2/3),        a = 1 / (1 + sum_g C_g / (e^t_g - 1)).

These equations are solved together by Newton's method in (nu, t_g), which costs one exponential per distinct scale and
step. Working with t instead of Lambert's W (u = exp(-t) = -W0(-exp(-1-y))) cannot overflow. Whatever t > 0 the
iteration ends with, (a, tau) above is feasible, so the returned value is that of a feasible point; it is stationary
there, so its error is the square of the error in nu.

Sources: Bi and Zhang, IEEE TWC 17(6), 2018, problem (P2) and its bisection; Huang, Bi and Zhang (DROO), IEEE TMC
19(11), 2020, eqs. (3)-(7); Yao et al. (QAROO), arXiv 2604.25740.

Units: `scale` and `passive` in one rate unit (Mbit/s here), `gain` (SNR per unit a/tau), a and tau dimensionless.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# error_model="numpy": a division by zero gives inf, as the derivations below expect; no fastmath, inf and NaN count.
_compiled = cast(Callable[[Any], Any], numba.njit(cache=True, nogil=True, error_model="numpy"))

_STEP_DONE = 1e-7  # relative Newton step: after it the root is good to about 1e-13 and the value to rounding
_MAX_STEPS = 60
_MAX_SCALES = 64  # beyond this many distinct scales, grouping costs more than it saves


@_compiled
def snr_excess(t: float, below: float) -> float:
    """t + exp(-t) - 1 without cancellation, for t >= 0, given below = 1 - exp(-t)."""
    if t > 0.4:
        return t - below
    # Taylor series sum_{k>=2} (-t)^k / k!; the first omitted term is below 1e-17 of the sum at t = 0.4.
    term = 1.0 - t / 14.0
    for k in range(13, 2, -1):
        term = 1.0 - t / k * term
    return 0.5 * t * t * term


@_compiled
def log_snr_guess(y: float) -> float:
    """A start for the root t of t + exp(-t) - 1 = y, within a few per cent."""
    if y < 1.125:
        root = math.sqrt(2.0 * y)
        return root * (1.0 + root * (1.0 / 6.0 + root / 36.0))
    return 1.0 + y - math.exp(-1.0 - y)


@_compiled
def log_snr(y: float) -> float:
    """The root t > 0 of t + exp(-t) - 1 = y (y > 0), by Newton's method (convex and increasing: it converges)."""
    t = log_snr_guess(y)
    for _ in range(_MAX_STEPS):
        below = -math.expm1(-t)
        step = (snr_excess(t, below) - y) / below
        t -= step
        if abs(step) <= 1e-9 * t:
            break
    return t


@_compiled
def price_mismatch(nu: float, count: int, scale: Floats, gain: Floats, passive_sum: float, t: Floats) -> float:
    """Marginal value of time for powering at price nu, minus nu (decreasing in nu); leaves the t of each group."""
    ratio = 1.0
    total = 0.0
    for g in range(count):
        t[g] = log_snr(nu / scale[g])
        ratio += gain[g] / math.expm1(t[g])
        total += scale[g] * gain[g] * math.exp(-t[g])
    root = np.cbrt(ratio)
    return float(total + passive_sum / 3.0 * root * root - nu)


@_compiled
def bisect_price(count: int, scale: Floats, gain: Floats, passive_sum: float, t: Floats) -> None:
    """The safe way to the same t: bisection on ln nu. Used only if Newton's method has not settled."""
    low = passive_sum / 3.0
    high = low
    for g in range(count):
        low = max(low, 1e-9 * scale[g] * gain[g])
        high = max(high, scale[g] * gain[g])
    while price_mismatch(low, count, scale, gain, passive_sum, t) < 0.0:
        low *= 0.25
    high = max(high, low)
    while price_mismatch(high, count, scale, gain, passive_sum, t) > 0.0:
        high *= 4.0
    for _ in range(200):
        middle = math.sqrt(low) * math.sqrt(high)
        if price_mismatch(middle, count, scale, gain, passive_sum, t) > 0.0:
            low = middle
        else:
            high = middle
        if high <= low * (1.0 + 1e-14):
            break


@_compiled
def solve_price(
    count: int, scale: Floats, gain: Floats, passive_sum: float, t: Floats, lag: Floats, pull: Floats
) -> tuple[float, float]:
    """Value and power-transfer share of one action given as group sums.

    Parameters
    ----------
    count : number of groups with offloaders (positive scale and gain sum)
    scale, gain : (>= count,) scale g and gain sum C_g of each group
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
        weighted += scale[g] * gain[g]
        whole += gain[g]
    nu = passive_sum / 3.0 + weighted / whole * math.log1p(whole)
    for g in range(count):
        t[g] = log_snr_guess(nu / scale[g])

    settled = False
    for _ in range(_MAX_STEPS):
        ratio = 1.0  # 1/a
        total = 0.0
        shift = 0.0
        shift_root = 0.0
        slope_root = 0.0
        for g in range(count):
            below = -math.expm1(-t[g])
            value = gain[g] * (1.0 - below if t[g] < 0.5 else math.exp(-t[g]))
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
        if largest <= _STEP_DONE:
            settled = True
            break
    if not settled:
        bisect_price(count, scale, gain, passive_sum, t)

    ratio = 1.0
    rate = 0.0
    for g in range(count):
        share = gain[g] / math.expm1(t[g])
        ratio += share
        rate += scale[g] * t[g] * share
    return passive_sum / np.cbrt(ratio) + rate / ratio, 1.0 / ratio


@_compiled
def group_scales(scale: Floats, gain: Floats, group: NDArray[np.int64], distinct: Floats) -> int:
    """Number the distinct scales. A device that gains nothing by offloading gets group -1.

    Returns the number of distinct scales, or -1 when there are more than fit in `distinct` (no grouping then).
    """
    count = 0
    for i in range(scale.size):
        group[i] = -1
        if scale[i] > 0.0 and gain[i] > 0.0:
            g = 0
            while g < count and distinct[g] != scale[i]:
                g += 1
            if g == count:
                if count == distinct.size:
                    return -1
                distinct[count] = scale[i]
                count += 1
            group[i] = g
    return count


@_compiled
def collect_groups(
    passive: Floats,
    scale: Floats,
    gain: Floats,
    action: NDArray[np.uint8],
    group: NDArray[np.int64],
    distinct: Floats,
    distinct_count: int,
    scales: Floats,
    gains: Floats,
) -> tuple[int, float]:
    """Write the groups of the action's offloaders to `scales`, `gains`; return their number and Lambda."""
    passive_sum = 0.0
    count = 0
    if distinct_count < 0:
        for i in range(scale.size):
            if action[i] == 0:
                passive_sum += passive[i]
            elif scale[i] > 0.0 and gain[i] > 0.0:
                scales[count] = scale[i]
                gains[count] = gain[i]
                count += 1
        return count, passive_sum
    for g in range(distinct_count):
        gains[g] = 0.0
    for i in range(scale.size):
        if action[i] == 0:
            passive_sum += passive[i]
        elif group[i] >= 0:
            gains[group[i]] += gain[i]
    for g in range(distinct_count):  # close the holes of groups without offloaders
        if gains[g] > 0.0:
            scales[count] = distinct[g]
            gains[count] = gains[g]
            count += 1
    return count, passive_sum


@_compiled
def _score(passive: Floats, scale: Floats, gain: Floats, actions: NDArray[np.uint8], values: Floats) -> None:
    devices = scale.shape[1]
    group = np.empty(devices, np.int64)
    distinct = np.empty(min(devices, _MAX_SCALES))
    scales = np.empty(devices)
    gains = np.empty(devices)
    t = np.empty(devices)
    lag = np.empty(devices)
    pull = np.empty(devices)
    for f in range(values.shape[0]):
        distinct_count = group_scales(scale[f], gain[f], group, distinct)
        for k in range(values.shape[1]):
            count, passive_sum = collect_groups(
                passive[f], scale[f], gain[f], actions[f, k], group, distinct, distinct_count, scales, gains
            )
            values[f, k] = solve_price(count, scales, gains, passive_sum, t, lag, pull)[0]


@_compiled
def _complete(
    passive: Floats, scale: Floats, gain: Floats, action: NDArray[np.uint8], tau: Floats
) -> tuple[float, float]:
    devices = scale.size
    group = np.empty(devices, np.int64)
    distinct = np.empty(0)  # one group per offloader: t then is per device
    scales = np.empty(devices)
    gains = np.empty(devices)
    t = np.empty(devices)
    count, passive_sum = collect_groups(passive, scale, gain, action, group, distinct, -1, scales, gains)
    value, a = solve_price(count, scales, gains, passive_sum, t, np.empty(devices), np.empty(devices))
    count = 0
    for i in range(devices):
        tau[i] = 0.0
        if action[i] != 0 and scale[i] > 0.0 and gain[i] > 0.0:
            tau[i] = gain[i] * a / math.expm1(t[count])
            count += 1
    return value, a


def _as_floats(array: ArrayLike) -> Floats:
    return np.ascontiguousarray(array, dtype=np.float64)


def _as_bits(action: ArrayLike) -> NDArray[np.uint8]:
    array = np.ascontiguousarray(action)
    if array.dtype.itemsize == 1:  # bool, int8, uint8: only "zero or not" is read, so no copy is needed
        return array.view(np.uint8)
    return (array != 0).view(np.uint8)


def score_actions(passive: ArrayLike, scale: ArrayLike, gain: ArrayLike, actions: ArrayLike) -> Floats:
    """Value of each of K actions of one instance, every one by its own optimal a and tau.

    Parameters
    ----------
    passive : (N,) L_i >= 0, local rate at a = 1, weighted [rate]
    scale : (N,) weight times B/(v ln 2) [rate]; a device with scale <= 0 gains nothing by offloading
    gain : (N,) c_i >= 0; a device with gain 0 gains nothing by offloading
    actions : (K, N) bool or integer, nonzero = offload

    Returns
    -------
    (K,) values [rate]
    """
    bits = _as_bits(actions)
    values = np.empty((1, bits.shape[0]))
    _score(_as_floats(passive)[None], _as_floats(scale)[None], _as_floats(gain)[None], bits[None], values)
    return values[0]


def score_actions_many(passive: ArrayLike, scale: ArrayLike, gain: ArrayLike, actions: ArrayLike) -> Floats:
    """Values (F, K) of K actions for each of F instances: arrays (F, N), actions (F, K, N). Releases the GIL."""
    bits = _as_bits(actions)
    values = np.empty(bits.shape[:2])
    _score(_as_floats(passive), _as_floats(scale), _as_floats(gain), bits, values)
    return values


def complete_action(
    passive: ArrayLike, scale: ArrayLike, gain: ArrayLike, action: ArrayLike
) -> tuple[float, float, Floats]:
    """Optimal (value, a, tau) of one action (N,); tau (N,) is 0 for local devices and for those that gain nothing."""
    bits = _as_bits(action)
    tau = np.empty(bits.size)
    value, a = _complete(_as_floats(passive), _as_floats(scale), _as_floats(gain), bits, tau)
    return float(value), float(a), tau
