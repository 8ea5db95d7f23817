"""A binary quadratic model as a factored one: the low-rank structure is looked for, and without it the model is kept
whole.

Off the diagonal and its neighbours a model of this family is M_ij = 2 sum_r s_r B_ir B_jr, so every block of rows and
columns far from the diagonal has its rank. From the singular vectors U, V of one such block the rest follows by linear
least squares (M restricted to either half is U A U^T), which completes the unknown diagonal. The result is checked
against every coupling; a model that does not fit is decomposed into all its eigenvectors, with their signs, which is
always right and has no advantage over the dense model. If the vector of ones is in the range of M, then
M - 11^T/(1^T M^+ 1) has one square less, and that square is a cardinality (Wedderburn's rank reduction).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk import FactoredQuadratic

Array = NDArray[np.float64]

#: Largest difference of a completed coupling from the given one, relative to the largest coupling.
TOLERANCE = 1e-9

#: Least size for which the structure is looked for; smaller models are decomposed whole.
LEAST = 12


def dense_couplings(bqm: Any) -> tuple[float, Array, Array]:
    """(offset, linear, couplings) over bits in the model's variable order; couplings[i, j] = [j, i] = half of J_ij."""
    binary = bqm.change_vartype("BINARY", inplace=False)
    linear, (row, column, weight), offset = binary.to_numpy_vectors(list(binary.variables))
    n = len(linear)
    matrix = np.zeros((n, n))
    np.add.at(matrix, (row, column), 0.5 * np.asarray(weight, dtype=float))
    return float(offset), np.array(linear, dtype=float), matrix + matrix.T


def factor_bqm(bqm: Any) -> FactoredQuadratic:
    """The same function of bits as `bqm`, in the order of its variables."""
    offset, linear, matrix = dense_couplings(bqm)
    n = len(linear)
    largest = float(np.abs(matrix).max(initial=0.0))
    beside = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) == 1
    if not np.any(matrix[~beside]):
        return FactoredQuadratic(np.zeros((n, 0)), linear=linear, chain=2.0 * np.diagonal(matrix, 1), constant=offset)
    factors, signs = _completed(matrix, largest)
    if factors is None:
        weights, vectors = np.linalg.eigh(matrix)
        kept = np.abs(weights) > 1e-14 * np.abs(weights).max()
        factors, signs = vectors[:, kept] * np.sqrt(np.abs(weights[kept])), np.sign(weights[kept])
        whole = (factors * signs) @ factors.T
        return FactoredQuadratic(factors, linear=linear - np.diagonal(whole), signs=signs, constant=offset)
    factors, signs, penalty = _without_ones(factors, signs)
    whole = (factors * signs) @ factors.T + penalty
    chain = 2.0 * (np.diagonal(matrix, 1) - np.diagonal(whole, 1))
    chain = np.where(np.abs(chain) <= 1e-7 * largest, 0.0, chain)
    if np.ptp(chain) <= 1e-7 * largest:  # all alike but for rounding
        chain = np.full(n - 1, np.round(chain.mean(), 12))
    linear = linear - np.diagonal(whole)
    count = 0.0
    if penalty > 0.0 and np.ptp(linear) <= 1e-7 * max(largest, float(np.abs(linear).max())):
        count = float(np.round(-linear.mean() / (2.0 * penalty), 9))
        offset -= penalty * count**2
        linear = np.zeros(n)
    return FactoredQuadratic(factors, None, linear, penalty, count, chain, None, offset, signs)


def _completed(matrix: Array, largest: float) -> tuple[Any, Any]:
    """Factors and signs of the low-rank part, or (None, None)."""
    n = len(matrix)
    half = n // 2
    if n < LEAST:
        return None, None
    upper, lower = np.arange(half), np.arange(half + 1, n)
    left, sizes, right = np.linalg.svd(matrix[np.ix_(upper, lower)], full_matrices=False)
    rank = int((sizes > 1e-10 * max(sizes[0], 1e-300)).sum())
    if rank == 0 or rank * (rank + 1) > half or 4 * rank > half:
        return None, None
    base = np.zeros((n, 2 * rank))
    middle = np.zeros((2 * rank, 2 * rank))
    middle[:rank, rank:] = np.diag(sizes[:rank])
    for rows, vectors, at in ((upper, left[:, :rank], 0), (lower, right[:rank].T, rank)):
        base[rows, at : at + rank] = vectors
        i, j = np.triu_indices(len(rows), 2)
        pick = np.random.default_rng(0).permutation(len(i))[: 60 * rank * rank + 200]
        products = np.einsum("pa,pb->pab", vectors[i[pick]], vectors[j[pick]]).reshape(len(pick), -1)
        solved, *_ = np.linalg.lstsq(products, matrix[rows[i[pick]], rows[j[pick]]], rcond=None)
        block = solved.reshape(rank, rank)
        middle[at : at + rank, at : at + rank] = 0.5 * (block + block.T)
    middle[rank:, :rank] = middle[:rank, rank:].T
    # the row between the halves, from its couplings to both
    weights, vectors = np.linalg.eigh(middle)
    order = np.argsort(-np.abs(weights))[:rank]
    factors = base @ (vectors[:, order] * np.sqrt(np.abs(weights[order])))
    signs = np.sign(weights[order])
    far = np.abs(np.arange(n) - half) > 1
    factors[half], *_ = np.linalg.lstsq(factors[far] * signs, matrix[far, half], rcond=None)
    difference = np.abs((factors * signs) @ factors.T - matrix)
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) > 1
    if difference[apart].max() > TOLERANCE * largest * n:
        return None, None
    return factors, signs


def _without_ones(factors: Array, signs: Array) -> tuple[Array, Array, float]:
    """Split a square of the vector of ones off, where the others stay positive; its weight is the penalty."""
    n = len(factors)
    if (signs < 0).any():
        return factors, signs, 0.0
    inside, *_ = np.linalg.lstsq(factors, np.ones(n), rcond=None)
    if np.abs(factors @ inside - 1.0).max() > 1e-7:
        return factors, signs, 0.0
    size = float(np.linalg.norm(inside))  # 1^T M^+ 1 = |inside|^2
    axis = inside / size
    # rotate so that one factor is the ones; what is left is orthogonal to it in the space of the factors
    basis = np.linalg.svd(axis[None, :])[2][1:]
    rest = factors @ basis.T
    return _oriented(rest), np.ones(rest.shape[1]), 1.0 / size**2


def _oriented(factors: Array) -> Array:
    """A single column is turned so that most of it is positive, and rounding below zero is removed."""
    if factors.shape[1] != 1:
        return factors
    column = factors * (1.0 if factors.sum() >= 0.0 else -1.0)
    small = np.abs(column) <= 1e-12 * np.abs(column).max()
    return np.where(small, 0.0, column)
