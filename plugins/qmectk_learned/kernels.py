"""Compiled inner loops: of the quantizers, of a perceptron asked frame by frame, and of the price of an action."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qmectk.compiling.compiled import SourceGroup

Floats = NDArray[np.float64]
Actions = NDArray[np.int8]

_group = SourceGroup(__file__, "kernels.py")


@_group.uncounted
def find(table: NDArray[np.int64], actions: Actions, frame: int, count: int, label: np.uint64) -> int:
    """Place in a hash table (-1 where empty) of an action equal to `actions[frame, count]`, or the empty one it gets.

    The table has rows of `actions[frame]`.
    """
    last = table.size - 1
    place = np.int64(label & np.uint64(last))
    while table[place] >= 0:
        row = table[place]
        same = True
        for bit in range(actions.shape[2]):
            if actions[frame, row, bit] != actions[frame, count, bit]:
                same = False
                break
        if same:
            return int(place)
        place = (place + 1) & last
    return int(place)


def uncertainty_guided(
    relaxed: Floats, order: NDArray[np.intp], offsets: Floats, pull: float, labels: NDArray[np.uint64]
) -> Actions:
    """UGQ for a batch.

    Parameters
    ----------
    relaxed : (F, N)
    order : (F, N) bits by |m - 1/2|, the most uncertain first
    offsets : (F, K - 1) noise added to the thresholds; K <= 2^N
    pull : how far a threshold moves towards the entry it looks at
    labels : (N,) random words; the exclusive or over the set bits is an action's hash

    Returns
    -------
    (F, K, N) distinct actions of every frame
    """
    frames, n = relaxed.shape
    count = offsets.shape[1] + 1
    actions = np.empty((frames, count, n), np.int8)
    table = np.empty(max(4, 2 << (count - 1).bit_length()), np.int64)  # at most half full
    _uncertainty_guided(relaxed, order, offsets, pull, labels, table, actions)
    return actions


@_group.bare  # given its arrays and without slices, it is compiled in a fraction of the time
def _uncertainty_guided(
    relaxed: Floats,
    order: NDArray[np.intp],
    offsets: Floats,
    pull: float,
    labels: NDArray[np.uint64],
    table: NDArray[np.int64],
    actions: Actions,
) -> None:
    frames, count, n = actions.shape
    for f in range(frames):
        for place in range(table.size):
            table[place] = -1
        for i in range(count):
            threshold = 0.5
            if i > 0:
                threshold += pull * (relaxed[f, order[f, i % n]] - 0.5) + offsets[f, i - 1]
            label = np.uint64(0)
            for bit in range(n):
                actions[f, i, bit] = 1 if relaxed[f, bit] > threshold else 0
                if actions[f, i, bit] != 0:
                    label ^= labels[bit]
            # `flips` counts in binary: its digit d flips the bit at place i + 1 + d of the order. The i + 1 actions
            # flips = 0..i are distinct and only i are taken, so the search ends.
            flips = 0
            free = find(table, actions, f, i, label)
            while table[free] >= 0:
                changed = flips ^ (flips + 1)
                flips += 1
                place = i + 1
                while changed > 0:
                    bit = order[f, place % n]
                    actions[f, i, bit] ^= 1
                    label ^= labels[bit]
                    changed >>= 1
                    place += 1
                free = find(table, actions, f, i, label)
            table[free] = i


@_group.compiled
def nearest_actions(relaxed: Floats, count: int) -> Actions:
    """The `count` actions nearest to each row of `relaxed`, shape (F, count, N); count <= 2^N.

    Subset sums in increasing order: from a set whose largest member (by cost) is j come the set with j + 1 added and
    the set with j replaced by j + 1. Every set is reached once.
    """
    frames, n = relaxed.shape
    actions = np.empty((frames, count, n), np.int8)
    sets = np.zeros((2 * count + 1, n), np.int8)  # by rank of cost
    sums = np.empty(2 * count + 1)
    last = np.empty(2 * count + 1, np.int64)
    for f in range(frames):
        cost = np.abs(1.0 - 2.0 * relaxed[f])
        order = np.argsort(cost, kind="mergesort")
        for bit in range(n):
            actions[f, 0, bit] = 1 if relaxed[f, bit] > 0.5 else 0
        sets[0] = 0
        sets[0, 0] = 1
        sums[0] = cost[order[0]]
        last[0] = 0
        waiting = 1
        for k in range(1, count):
            best = 0
            for entry in range(1, waiting):
                if sums[entry] < sums[best]:
                    best = entry
            for bit in range(n):
                actions[f, k, bit] = actions[f, 0, bit]
            for rank in range(n):
                if sets[best, rank] != 0:
                    actions[f, k, order[rank]] ^= 1
            top = last[best]
            if top + 1 < n:
                more = cost[order[top + 1]]
                sets[waiting] = sets[best]
                sets[waiting, top + 1] = 1
                sums[waiting] = sums[best] + more
                last[waiting] = top + 1
                waiting += 1
                # the popped entry becomes the set with its largest member replaced
                sets[best, top] = 0
                sets[best, top + 1] = 1
                sums[best] += more - cost[order[top]]
                last[best] = top + 1
            else:
                waiting -= 1
                sets[best] = sets[waiting]
                sums[best] = sums[waiting]
                last[best] = last[waiting]
    return actions


@_group.compiled
def within(values: Floats, least: float) -> bool:
    """Whether all values are numbers, finite, and at least `least`."""
    for value in values:  # noqa: SIM110 - compiled
        if not least <= value < np.inf:
            return False
    return True


@_group.compiled
def perceptron(seen: NDArray[np.float32], flat: NDArray[np.float32], widths: NDArray[np.int64]) -> NDArray[np.float32]:
    """Logits of a perceptron with ReLU.

    Parameters
    ----------
    seen : (F, d)
    flat : of every layer its biases, then its weights, those of one input after those of the one before
    widths : d, the units of the hidden layers, n

    Returns
    -------
    (F, n); a frame's logits do not depend on the others
    """
    found = np.empty((len(seen), widths[-1]), np.float32)
    for frame in range(len(seen)):
        state = seen[frame]
        at = 0
        for layer in range(widths.size - 1):
            units = widths[layer + 1]
            above = flat[at : at + units].copy()
            at += units
            for j in range(widths[layer]):
                value = state[j]
                if layer == 0 or value > 0.0:
                    row = flat[at : at + units]
                    for i in range(units):
                        above[i] += row[i] * value
                at += units
            state = above
        found[frame] = state
    return found


@_group.compiled
def rounded(seen: NDArray[np.float32], flat: NDArray[np.float32], widths: NDArray[np.int64]) -> NDArray[np.int8]:
    """The rounded action (n,) of one frame (d,): the bits whose logits in :func:`perceptron` are positive."""
    logits = perceptron(seen.reshape(1, seen.size), flat, widths)[0]
    action = np.empty(logits.size, np.int8)
    for bit in range(logits.size):
        action[bit] = 1 if logits[bit] > 0.0 else 0
    return action


#: Where ln(nu / sum L) is looked for, and how often that is halved: 30 / 2^40 is its accuracy.
LOWEST, HIGHEST, HALVINGS = -15.0, 15.0, 40


@_group.compiled
def log_snr(y: float) -> float:
    """The root t of t + exp(-t) - 1 = y by Newton's method, which falls monotonically from the guess 1 + y or below."""
    t = min(1.0 + y, math.sqrt(2.0 * y) + y)
    for _ in range(50):
        step = (t + math.expm1(-t) - y) / -math.expm1(-t)
        t -= step
        if step <= 1e-14 * t:
            break
    return t


@_group.compiled
def clearing(worth: Floats, scale: Floats, passive: Floats, actions: Actions) -> Floats:
    """ln(nu / sum L) and ln a of the optimum of P1 with a given action (P2), shape (F, 2).

    nu is the root of  sum_on g_i c_i u_i + (1/3) sum_off L_i a^(-2/3) - nu,  which falls, with u_i = exp(-t(nu/g_i))
    and a = 1 / (1 + sum_on c_i u_i / (1 - u_i)).

    Parameters
    ----------
    worth, scale, passive : (F, N) ln(c_i g_i / L_i), ln(g_i / sum L) and ln(L_i / sum L)
    actions : (F, N) 1 where a device offloads
    """
    frames, n = worth.shape
    found = np.empty((frames, 2))
    gain, rate = np.empty(n), np.empty(n)
    for f in range(frames):
        on = 0
        left = 0.0
        for i in range(n):
            if actions[f, i] == 0:
                left += math.exp(passive[f, i]) / 3.0
            else:
                gain[on] = math.exp(worth[f, i] + passive[f, i] - scale[f, i])
                rate[on] = math.exp(scale[f, i])
                on += 1
        low, high = LOWEST, HIGHEST
        share = 0.0
        for _ in range(HALVINGS):
            price = 0.5 * (low + high)
            nu = math.exp(price)
            share = 0.0
            paid = 0.0
            for i in range(on):
                t = log_snr(nu / rate[i])
                share += gain[i] / math.expm1(min(t, 700.0))
                paid += gain[i] * rate[i] * math.exp(-t)
            if paid + left * (1.0 + share) ** (2.0 / 3.0) > nu:
                low = price
            else:
                high = price
        found[f, 0] = 0.5 * (low + high)
        found[f, 1] = -math.log1p(share)
    return found
