"""P2: the value of a fixed offloading action, as the root of one price equation.

With the action fixed, P1 (weighted sum rate of wireless-powered mobile-edge computing) is the convex problem

    max   Lambda a^(1/3) + sum_{i off} scale_i tau_i ln(1 + snr_i a / tau_i)     s.t.  a + sum tau_i <= 1,

Lambda = sum of `passive` over the local devices. At a time price nu every offloader of the same scale g works at
the same SNR s: with y = nu/g and t = ln(1 + s),

    t + exp(-t) - 1 = y,        tau_i = snr_i a / (e^t - 1),        net value of the device = g snr_i a exp(-t).

So the value depends only on Lambda and on C_g = sum of the SNRs of the offloaders of scale g. Stationarity in a gives

    nu = sum_g g C_g exp(-t_g) + (Lambda/3) a^(-2/3),        a = 1 / (1 + sum_g C_g / (e^t_g - 1)).

These equations are solved in `price_root`.

Sources: Bi and Zhang, IEEE TWC 17(6), 2018, problem (P2) and its bisection; Huang, Bi and Zhang (DROO), IEEE TMC
19(11), 2020, eqs. (3)-(7); Yao et al. (QAROO), arXiv 2604.25740.

Units: `scale` and `passive` in one rate unit (Mbit/s here), `snr` (SNR per unit a/tau), a and tau dimensionless.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .price_root import Floats, compiled, solve_price, uncounted

MAX_SCALES = 64  # beyond this many distinct scales, grouping costs more than it saves


@uncounted
def group_scales(scale: Floats, snr: Floats, group: NDArray[np.int64], distinct: Floats) -> int:
    """Number the distinct scales. A device that gains nothing by offloading gets group -1.

    Returns the number of distinct scales, or -1 when there are more than fit in `distinct` (no grouping then).
    """
    count = 0
    for i in range(scale.size):
        group[i] = -1
        if scale[i] > 0.0 and snr[i] > 0.0:
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


@uncounted
def collect_groups(
    passive: Floats,
    scale: Floats,
    snr: Floats,
    action: NDArray[np.uint8],
    group: NDArray[np.int64],
    distinct: Floats,
    distinct_count: int,
    scales: Floats,
    sums: Floats,
) -> tuple[int, float]:
    """Write the groups of the action's offloaders to `scales`, `sums`; return their number and Lambda."""
    passive_sum = 0.0
    count = 0
    if distinct_count < 0:
        for i in range(scale.size):
            if action[i] == 0:
                passive_sum += passive[i]
            elif scale[i] > 0.0 and snr[i] > 0.0:
                scales[count] = scale[i]
                sums[count] = snr[i]
                count += 1
        return count, passive_sum
    for g in range(distinct_count):
        sums[g] = 0.0
    for i in range(scale.size):
        if action[i] == 0:
            passive_sum += passive[i]
        elif group[i] >= 0:
            sums[group[i]] += snr[i]
    for g in range(distinct_count):  # close the holes of groups without offloaders
        if sums[g] > 0.0:
            scales[count] = distinct[g]
            sums[count] = sums[g]
            count += 1
    return count, passive_sum


@compiled
def _score(passive: Floats, scale: Floats, snr: Floats, actions: NDArray[np.uint8], values: Floats) -> None:
    devices = scale.shape[1]
    group = np.empty(devices, np.int64)
    distinct = np.empty(min(devices, MAX_SCALES))
    scales = np.empty(devices)
    sums = np.empty(devices)
    t = np.empty(devices)
    lag = np.empty(devices)
    pull = np.empty(devices)
    for f in range(values.shape[0]):
        distinct_count = group_scales(scale[f], snr[f], group, distinct)
        for k in range(values.shape[1]):
            count, passive_sum = collect_groups(
                passive[f], scale[f], snr[f], actions[f, k], group, distinct, distinct_count, scales, sums
            )
            values[f, k] = solve_price(count, scales, sums, passive_sum, t, lag, pull)[0]


@compiled
def _complete(
    passive: Floats, scale: Floats, snr: Floats, action: NDArray[np.uint8], tau: Floats
) -> tuple[float, float]:
    devices = scale.size
    group = np.empty(devices, np.int64)
    distinct = np.empty(0)  # one group per offloader: t then is per device
    scales = np.empty(devices)
    sums = np.empty(devices)
    t = np.empty(devices)
    count, passive_sum = collect_groups(passive, scale, snr, action, group, distinct, -1, scales, sums)
    value, a = solve_price(count, scales, sums, passive_sum, t, np.empty(devices), np.empty(devices))
    count = 0
    for i in range(devices):
        tau[i] = 0.0
        if action[i] != 0 and scale[i] > 0.0 and snr[i] > 0.0:
            tau[i] = snr[i] * a / math.expm1(t[count])
            count += 1
    return value, a


@compiled
def _complete_many(
    passive: Floats, scale: Floats, snr: Floats, actions: NDArray[np.uint8], a: Floats, tau: Floats
) -> None:
    for f in range(a.size):
        a[f] = _complete(passive[f], scale[f], snr[f], actions[f], tau[f])[1]


def _as_floats(array: ArrayLike) -> Floats:
    return np.ascontiguousarray(array, dtype=np.float64)


def _as_bits(action: ArrayLike) -> NDArray[np.uint8]:
    array = np.ascontiguousarray(action)
    if array.dtype.itemsize == 1:  # bool, int8, uint8: only "zero or not" is read, so no copy is needed
        return array.view(np.uint8)
    return (array != 0).view(np.uint8)


def score_actions(passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, actions: ArrayLike) -> Floats:
    """Value of each of K actions of one instance, every one by its own optimal a and tau.

    Parameters
    ----------
    passive : (N,) L_i >= 0, local rate at a = 1, weighted [rate]
    scale : (N,) weight times B/(v ln 2) [rate]; a device with scale <= 0 gains nothing by offloading
    snr : (N,) c_i >= 0; a device with SNR 0 gains nothing by offloading
    actions : (K, N) bool or integer, nonzero = offload

    Returns
    -------
    (K,) values [rate]
    """
    bits = _as_bits(actions)
    values = np.empty((1, bits.shape[0]))
    _score(_as_floats(passive)[None], _as_floats(scale)[None], _as_floats(snr)[None], bits[None], values)
    return values[0]


def score_actions_many(passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, actions: ArrayLike) -> Floats:
    """Values (F, K) of K actions for each of F instances: arrays (F, N), actions (F, K, N). Releases the GIL."""
    bits = _as_bits(actions)
    values = np.empty(bits.shape[:2])
    _score(_as_floats(passive), _as_floats(scale), _as_floats(snr), bits, values)
    return values


def complete_action(
    passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, action: ArrayLike
) -> tuple[float, float, Floats]:
    """Optimal (value, a, tau) of one action (N,); tau (N,) is 0 for local devices and for those that gain nothing."""
    bits = _as_bits(action)
    tau = np.empty(bits.size)
    value, a = _complete(_as_floats(passive), _as_floats(scale), _as_floats(snr), bits, tau)
    return float(value), float(a), tau


def complete_actions_many(
    passive: ArrayLike, scale: ArrayLike, snr: ArrayLike, actions: ArrayLike
) -> tuple[Floats, Floats]:
    """Optimal (a, tau) of one action each of F instances: arrays and actions (F, N) -> (F,), (F, N)."""
    bits = _as_bits(actions)
    a, tau = np.empty(len(bits)), np.empty(bits.shape)
    _complete_many(_as_floats(passive), _as_floats(scale), _as_floats(snr), bits, a, tau)
    return a, tau
