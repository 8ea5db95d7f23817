"""Quantizers: from a relaxed action m in (0, 1)^N to K candidate actions.

======  ======================================================================================================
op      order-preserving: thresholds at the entries closest to 1/2 (Huang, Bi & Zhang, IEEE TMC 19(11), 2020)
knn     the K nearest of all 2^N actions (Dulac-Arnold et al., arXiv 1512.07679; compared with op in the former)
opn     op on m and on a noisy sigmoid copy of m (Bi, Huang, Wang & Zhang, IEEE TWC 20(11), 2021: LyDROO)
ugq     uncertainty-guided thresholds with noise, all candidates distinct (Yao et al., arXiv 2604.25740, Alg. 1)
======  ======================================================================================================

Every quantizer puts the rounded action [m > 1/2] first. The randomness a batch needs is drawn beforehand, frame by
frame in order, so that a batch and a loop over its frames give the same candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kernels import nearest_actions, uncertainty_guided

Floats = NDArray[np.float64]
Actions = NDArray[np.int8]
Draw = Callable[[np.random.Generator, int, int, int], Floats]

#: Pull of the UGQ threshold towards the entry it looks at, and half the width of its noise (QAROO, Alg. 1).
UGQ_PULL, UGQ_NOISE = 0.7, 0.1


def _all_actions(n: int) -> int:
    return 1 << n if n < 62 else 1 << 62


def _nothing(rng: np.random.Generator, frames: int, n: int, count: int) -> Floats:
    return np.empty((frames, 0))


def order_preserving(relaxed: Floats, count: int, noise: Floats) -> Actions:
    """OP: [m > 1/2], then [m > m_i] (or >= when m_i <= 1/2) for the count - 1 entries m_i closest to 1/2."""
    rounded = relaxed > 0.5
    closest = np.argsort(np.abs(relaxed - 0.5), axis=1, kind="stable")[:, : count - 1]
    level = np.take_along_axis(relaxed, closest, axis=1)[:, :, None]
    entries = relaxed[:, None, :]
    shifted = np.where(level > 0.5, entries > level, entries >= level)
    return np.concatenate([rounded[:, None, :], shifted], axis=1).astype(np.int8)


def nearest(relaxed: Floats, count: int, noise: Floats) -> Actions:
    """KNN: the `count` actions closest to m, the closest first.

    Flipping bit i of the rounded action adds |1 - 2 m_i| to the squared distance, so these are the `count` smallest
    subset sums of those costs: no enumeration of the 2^N actions.
    """
    return np.asarray(nearest_actions(np.ascontiguousarray(relaxed), count))


def noisy_order_preserving(relaxed: Floats, count: int, noise: Floats) -> Actions:
    """OPN: half of the candidates by OP from m, the other half by OP from sigmoid(m + standard normal noise)."""
    own = (count + 1) // 2
    first = order_preserving(relaxed, own, noise)
    if count == own:
        return first
    shaken = 1.0 / (1.0 + np.exp(-(relaxed + noise)))
    return np.concatenate([first, order_preserving(shaken, count - own, noise)], axis=1)


def uncertainty_guided_quantizer(relaxed: Floats, count: int, noise: Floats) -> Actions:
    """UGQ: [m > 1/2], then noisy thresholds next to the entries closest to 1/2; no action twice.

    Candidate i looks at p = m[idx[i mod N]], idx ordering the entries by |m - 1/2|, and thresholds at
    1/2 + 0.7 (p - 1/2) + U(-0.1, 0.1). An action that is already there gets bit idx[(i + 1) mod N] flipped. The
    published algorithm stops at that, although the flip can itself repeat an action; here the flips go on down idx
    (the next bit alone, then both, then the bit after them, ...) until the action is new.
    """
    order = np.argsort(np.abs(relaxed - 0.5), axis=1, kind="stable")
    labels = np.random.default_rng(0).integers(0, 2**64, relaxed.shape[1], dtype=np.uint64)
    offsets = UGQ_NOISE * noise
    return np.asarray(uncertainty_guided(np.ascontiguousarray(relaxed), order, offsets, UGQ_PULL, labels))


@dataclass(frozen=True)
class Quantizer:
    """One quantizer by name.

    Attributes
    ----------
    batch
        ``batch(relaxed (F, N), count, noise (F, D))`` -> candidates (F, count, N) int8.
    draw
        ``draw(rng, frames, n, count)`` -> the noise of that many frames, shape (frames, D).
    most
        Largest number of candidates it can make for N bits.
    """

    name: str
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


QUANTIZERS = {
    quantizer.name: quantizer
    for quantizer in (
        Quantizer("op", order_preserving, _nothing, lambda n: n + 1),
        Quantizer("knn", nearest, _nothing, _all_actions),
        Quantizer(
            "opn",
            noisy_order_preserving,
            lambda rng, frames, n, count: rng.standard_normal((frames, n)),
            lambda n: 2 * (n + 1),
        ),
        Quantizer(
            "ugq",
            uncertainty_guided_quantizer,
            lambda rng, frames, n, count: rng.uniform(-1.0, 1.0, (frames, count - 1)),
            _all_actions,
        ),
    )
}


def default_candidates(n: int) -> int:
    """K = N as in the papers, but two for a single device, whose policy could otherwise never see the other action."""
    return max(n, 2)
