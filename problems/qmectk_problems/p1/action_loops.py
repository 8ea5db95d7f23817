"""The compiled loops of :mod:`.fixed_action`: its equations, action by action and frame by frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

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
def score(passive: Floats, scale: Floats, snr: Floats, actions: NDArray[np.uint8], values: Floats) -> None:
    """Write the values (F, K) of K actions of each of F instances: arrays (F, N), actions (F, K, N)."""
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
def complete(
    passive: Floats, scale: Floats, snr: Floats, action: NDArray[np.uint8], tau: Floats
) -> tuple[float, float]:
    """Write the time shares tau (N,) of one action; return its value and a."""
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
def complete_many(
    passive: Floats, scale: Floats, snr: Floats, actions: NDArray[np.uint8], a: Floats, tau: Floats
) -> None:
    """Write a (F,) and tau (F, N) of one action each of F instances."""
    for f in range(a.size):
        a[f] = complete(passive[f], scale[f], snr[f], actions[f], tau[f])[1]
