"""Two swaps that cancel the residual: a polish for signed blocks.

With signed blocks the squares can be made almost 0; what is left of them is y = B^T x - t at a point with the wanted
cardinality and no neighbours. A swap j -> i moves y by D = B_i - B_j, so two disjoint swaps with D + D' near -y remove
it. All swaps that keep the chain term are put in a k-d tree (Bentley, "Multidimensional binary search trees", 1975),
which is asked for -(y + D) for every D. It pays while d is small: among m swaps the nearest is about m^(-1/d) away.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .compiled import Bits
from .form import Form, energy

#: Largest d for which it is tried, and swaps in the tree.
MOST_SQUARES = 4
MOST_SWAPS = 20_000


def cancel_residual(form: Form, bits: Bits, value: float, expired: Callable[[], bool] | None = None) -> float:
    """Improve `bits` by pairs of swaps while that lowers E; returns E."""
    n, d = form.block.shape
    signed = d > 0 and bool((form.block < 0).any() and (form.block > 0).any())
    if not signed or d > MOST_SQUARES or (form.sign < 0).any() or n < 16:
        return value
    for _ in range(6):
        if expired is not None and expired():
            break
        better = _best_pair(form, bits)
        if better is None or better[1] >= value - 1e-12 * abs(value):
            break
        bits[:] = better[0]
        value = better[1]
    return value


def _best_pair(form: Form, bits: Bits) -> tuple[Bits, float] | None:
    from scipy.spatial import cKDTree

    ones = np.flatnonzero(bits)
    beside = np.zeros(len(bits))
    beside[:-1] += form.link[:-1] * bits[1:]
    beside[1:] += form.link[:-1] * bits[:-1]
    clear = np.flatnonzero((bits == 0) & (beside == 0.0))
    if len(ones) < 2 or len(clear) < 2:
        return None
    stride = max(1, -(-len(ones) * len(clear) // MOST_SWAPS))
    pairs = np.arange(0, len(ones) * len(clear), stride)
    out, into = ones[pairs // len(clear)], clear[pairs % len(clear)]
    steps = form.block[into] - form.block[out]
    y = form.block[ones].sum(axis=0) - form.target
    distance, other = cKDTree(steps).query(-(y + steps), k=2)
    best: tuple[Bits, float] | None = None
    for flat in np.argsort(distance, axis=None, kind="stable")[:64]:
        first, second = flat // 2, other.flat[flat]
        if len({out[first], out[second]}) < 2 or len({into[first], into[second]}) < 2:
            continue
        trial = bits.copy()
        trial[[out[first], out[second]]] = 0
        trial[[into[first], into[second]]] = 1
        value = float(energy(form, trial))
        if best is None or value < best[1]:
            best = (trial, value)
    return best
