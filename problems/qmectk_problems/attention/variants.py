"""What the first term of the energy is: the published one, and ones that select what the name says.

    published   |B^T x|^2                       selects the blocks of least norm
    salient     maximise |B_a| . x - l2 h       with sum x = k exactly
    concave     -|B^T x|^2                      needs a large l1 to keep sum x near k
    residual    |B^T (1 - x)|^2                 what the selection leaves out
    general     |B^T x - t|^2 + u.x             t and u free; u_a = -alpha |B_a|^2 is "salient minus redundant"

Source: Zhao, "QAHAN: A Quantum Annealing Hard Attention Network", eq. (7), for the first; the others are its nearest
relatives with the opposite preference, all within the same form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .instance import AttentionInstance

if TYPE_CHECKING:
    from .params import AttentionParams

Array = NDArray[np.float64]


def build(blocks: Array, params: AttentionParams) -> AttentionInstance:
    """The instance of blocks B, shape (n, d).

    Raises
    ------
    ValueError
        When a list in the parameters has the wrong length for these blocks.
    """
    n, d = blocks.shape
    rows = np.ascontiguousarray(blocks.T)
    target, linear, sign, sense, exact = np.zeros(d), np.zeros(n), 1.0, -1, False
    if params.variant == "salient":
        linear = np.sqrt(np.square(blocks).sum(axis=1))
        rows, target, sense, exact = np.zeros((0, n)), np.zeros(0), 1, True
    elif params.variant == "concave":
        sign = -1.0
    elif params.variant == "residual":
        target = rows.sum(axis=1)
    elif params.variant == "general":
        target = rows.sum(axis=1) if params.target == "sum" else _vector("target", params.target, d)
        linear = _vector("linear", params.linear, n) - params.alpha * np.square(blocks).sum(axis=1)
    return AttentionInstance(rows, target, linear, params.variant, sign, params.l1, params.l2, params.k, sense, exact)


def _vector(name: str, value: float | list[float], length: int) -> Array:
    array = np.asarray(value, dtype=float)
    if array.ndim and len(array) != length:
        raise ValueError(
            f"'{name}' has {len(array)} numbers for {length} {'blocks' if name == 'linear' else 'columns'}"
        )
    return np.array(np.broadcast_to(array, (length,)))
