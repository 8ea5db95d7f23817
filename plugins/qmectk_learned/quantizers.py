"""Quantizers: from a relaxed action m in (0, 1)^N to K candidate actions.

======= ======================================================================================================
op      order-preserving: thresholds at the entries closest to 1/2 (Huang, Bi & Zhang, IEEE TMC 19(11), 2020)
knn     the K nearest of all 2^N actions (Dulac-Arnold et al., arXiv 1512.07679; compared with op in the former)
opn     op on m and on a noisy sigmoid copy of m (Bi, Huang, Wang & Zhang, IEEE TWC 20(11), 2021: LyDROO)
ugq     uncertainty-guided thresholds with noise, all candidates distinct (Yao et al., arXiv 2604.25740, Alg. 1)
margins the rounded action, then one bit more, one less, two more, ... in the order of m: thresholds on both sides
======= ======================================================================================================

Each is a part, made from the options of a policy. Every quantizer puts the rounded action [m > 1/2] first. The
randomness a batch needs is drawn beforehand, frame by frame in order, so that a batch and a loop over its frames give
the same candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qmectk.plugins import registry

from . import kernels

Floats = NDArray[np.float64]
Actions = NDArray[np.int8]
Draw = Callable[[np.random.Generator, int, int, int], Floats]


def _all_actions(n: int) -> int:
    return 1 << n if n < 62 else 1 << 62


def _nothing(rng: np.random.Generator, frames: int, n: int, count: int) -> Floats:
    return np.empty((frames, 0))


def _op(relaxed: Floats, count: int) -> Actions:
    """OP: [m > 1/2], then [m > m_i] (or >= when m_i <= 1/2) for the count - 1 entries m_i closest to 1/2."""
    rounded = relaxed > 0.5
    closest = np.argsort(np.abs(relaxed - 0.5), axis=1, kind="stable")[:, : count - 1]
    level = np.take_along_axis(relaxed, closest, axis=1)[:, :, None]
    entries = relaxed[:, None, :]
    shifted = np.where(level > 0.5, entries > level, entries >= level)
    return np.concatenate([rounded[:, None, :], shifted], axis=1).astype(np.int8)


def _knn(relaxed: Floats, count: int) -> Actions:
    """KNN: the `count` actions closest to m, the closest first.

    Flipping bit i of the rounded action adds |1 - 2 m_i| to the squared distance, so these are the `count` smallest
    subset sums of those costs: no enumeration of the 2^N actions.
    """
    return np.asarray(kernels.nearest_actions(np.ascontiguousarray(relaxed), count))


def _opn(relaxed: Floats, count: int, noise: Floats, width: float) -> Actions:
    """OPN: half of the candidates by OP from m, the other half by OP from sigmoid(m + normal noise of this width)."""
    own = (count + 1) // 2
    first = _op(relaxed, own)
    if count == own:
        return first
    shaken = 1.0 / (1.0 + np.exp(-(relaxed + width * noise)))
    return np.concatenate([first, _op(shaken, count - own)], axis=1)


def _ugq(relaxed: Floats, count: int, noise: Floats, pull: float, width: float) -> Actions:
    """UGQ: [m > 1/2], then noisy thresholds next to the entries closest to 1/2; no action twice.

    Candidate i looks at p = m[idx[i mod N]], idx ordering the entries by |m - 1/2|, and thresholds at
    1/2 + pull (p - 1/2) + U(-width, width). An action that is already there gets bit idx[(i + 1) mod N] flipped. The
    published algorithm stops at that, although the flip can itself repeat an action; here the flips go on down idx
    (the next bit alone, then both, then the bit after them, ...) until the action is new.
    """
    order = np.argsort(np.abs(relaxed - 0.5), axis=1, kind="stable")
    labels: NDArray[np.uint64] = np.random.default_rng(0).integers(0, 2**64, relaxed.shape[1:], dtype=np.uint64)
    return np.asarray(kernels.uncertainty_guided(np.ascontiguousarray(relaxed), order, width * noise, pull, labels))


def _margins(relaxed: Floats, count: int) -> Actions:
    """The bits in order of m; as many on as [m > 1/2] says, one more, one less, two more, ..., all distinct."""
    frames, n = relaxed.shape
    rank = np.empty((frames, n), np.int64)
    np.put_along_axis(rank, np.argsort(-relaxed, axis=1, kind="stable"), np.arange(n)[None, :], axis=1)
    rounded = (relaxed > 0.5).sum(axis=1)[:, None]
    many = np.arange(n + 1)[None, :]
    # 0, +1, -1, +2, -2, ...: the numbers from 0 to n in this order around the rounded one
    distance = 2 * np.abs(many - rounded) - (many > rounded)
    counts = np.argsort(distance, axis=1, kind="stable")[:, :count]
    return (rank[:, None, :] < counts[:, :, None]).astype(np.int8)


@dataclass(frozen=True)
class Quantizer:
    """From relaxed actions to candidates.

    Attributes
    ----------
    batch
        ``batch(relaxed (F, N), count, noise (F, D))`` -> candidates (F, count, N) int8, the rounded action first.
    draw
        ``draw(rng, frames, n, count)`` -> the noise of that many frames, shape (frames, D).
    most
        Largest number of candidates it can make for N bits.
    """

    batch: Callable[[Floats, int, Floats], Actions]
    draw: Draw
    most: Callable[[int], int]

    def __call__(self, relaxed: ArrayLike, count: int, rng: np.random.Generator) -> Actions:
        """Candidates (K, N) of one relaxed action (N,); K = `count`, or less where there are not as many."""
        m = np.asarray(relaxed, dtype=np.float64)[None, :]
        return self.candidates(m, count, [rng])[0]

    def candidates(
        self, relaxed: Floats, count: int, rng: np.random.Generator | Sequence[np.random.Generator]
    ) -> Actions:
        """Candidates (F, K, N) of relaxed actions (F, N), with one generator for all frames or one for each."""
        frames, n = relaxed.shape
        count = max(1, min(count, self.most(n)))
        if isinstance(rng, np.random.Generator):
            noise = self.draw(rng, frames, n, count)
        else:
            noise = np.concatenate([self.draw(one, 1, n, count) for one in rng], axis=0)
        return self.batch(relaxed, count, noise)


def order_preserving(options: Any) -> Quantizer:
    """``op``: as many candidates as bits, and one."""
    return Quantizer(lambda relaxed, count, _: _op(relaxed, count), _nothing, lambda n: n + 1)


def nearest(options: Any) -> Quantizer:
    """``knn``: any number of candidates."""
    return Quantizer(lambda relaxed, count, _: _knn(relaxed, count), _nothing, _all_actions)


def noisy_order_preserving(options: Any) -> Quantizer:
    """``opn``: normal noise of standard deviation `opn_noise` on m."""
    return Quantizer(
        partial(_opn, width=options.opn_noise),
        lambda rng, frames, n, count: rng.standard_normal((frames, n)),
        lambda n: 2 * (n + 1),
    )


def uncertainty_guided(options: Any) -> Quantizer:
    """``ugq``: thresholds pulled by `ugq_pull` towards the entries they look at, with uniform noise of `ugq_noise`."""
    return Quantizer(
        partial(_ugq, pull=options.ugq_pull, width=options.ugq_noise),
        lambda rng, frames, n, count: rng.uniform(-1.0, 1.0, (frames, count - 1)),
        _all_actions,
    )


def margins(options: Any) -> Quantizer:
    """``margins``: as many candidates as bits, and one."""
    return Quantizer(lambda relaxed, count, _: _margins(relaxed, count), _nothing, lambda n: n + 1)


def quantizer_of(options: Any) -> Quantizer:
    """The quantizer that the options of a policy name; UnknownName with the nearest one otherwise."""
    make: Callable[[Any], Quantizer] = registry().part("quantizer", options.quantizer).load(Callable)  # type: ignore[arg-type]
    return make(options)


def default_candidates(n: int) -> int:
    """K = N as in the papers, but two for a single device, whose policy could otherwise never see the other action."""
    return max(n, 2)
