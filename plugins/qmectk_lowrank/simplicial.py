"""The master of simplicial decomposition: the best mixture of points found so far.

Each atom is a point x of the chain program with v = (B^T x - t, sqrt(l1) (c - k)), cost = u.x + links and, where the
cardinality is pinned, excess = c - pinned. The master is a small convex program over the weights of the atoms,

    min |sum_j w_j v_j|^2 + sum_j w_j cost_j,   w >= 0,  sum w = 1,  sum_j w_j excess_j = 0,

solved by a primal active-set method (von Hohenbalken, "Simplicial decomposition in nonlinear programming algorithms",
Math. Programming 13, 1977; Wolfe, "Finding the nearest point in a polytope", 1976). Its value bounds from above what
the dual can reach, and its mixed v and the multiplier of the excess are the next prices.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .compiled import EPS, Bits, Floats, Integers, inner

#: Atoms beyond the dimension: a basis needs d + 3, ties may keep a few more.
SPARE = 24


class Atoms(NamedTuple):
    """Arrays of the master; the first size[0] rows are in use."""

    v: Floats
    cost: Floats
    excess: Floats
    gram: Floats
    weight: Floats
    bits: Bits
    system: Floats
    aim: Floats
    size: Integers


@inner
def new_atoms(n: int, d: int) -> Atoms:
    """Room for d + SPARE atoms of n bits."""
    most = d + SPARE
    return Atoms(
        np.zeros((most, d + 1)),
        np.zeros(most),
        np.zeros(most),
        np.zeros((most, most)),
        np.zeros(most),
        np.zeros((most, n), np.int8),
        np.zeros((most + 2, most + 3)),
        np.zeros(most + 2),
        np.zeros(1, np.int64),
    )


@inner
def known(atoms: Atoms, cost: float, bits: Bits) -> bool:
    """Whether these bits, which cost so much, are among the atoms."""
    for j in range(atoms.size[0]):
        if atoms.cost[j] != cost:
            continue
        same = True
        for i in range(bits.size):
            if atoms.bits[j, i] != bits[i]:
                same = False
                break
        if same:
            return True
    return False


@inner
def add(atoms: Atoms, v: Floats, cost: float, excess: float, bits: Bits) -> bool:
    """Append an atom with weight 0 (1 when it is the first); False when there is no room."""
    j = atoms.size[0]
    if j == atoms.weight.size:
        return False
    for r in range(v.size):
        atoms.v[j, r] = v[r]
    atoms.cost[j] = cost
    atoms.excess[j] = excess
    atoms.weight[j] = 1.0 if j == 0 else 0.0
    for i in range(bits.size):
        atoms.bits[j, i] = bits[i]
    for m in range(j + 1):
        product = 0.0
        for r in range(v.size):
            product += atoms.v[m, r] * v[r]
        atoms.gram[m, j] = product
        atoms.gram[j, m] = product
    atoms.size[0] = j + 1
    return True


@inner
def drop(atoms: Atoms, j: int) -> None:
    """Remove an atom; the last one takes its place."""
    last = atoms.size[0] - 1
    if j != last:
        for r in range(atoms.v.shape[1]):
            atoms.v[j, r] = atoms.v[last, r]
        atoms.cost[j] = atoms.cost[last]
        atoms.excess[j] = atoms.excess[last]
        atoms.weight[j] = atoms.weight[last]
        for i in range(atoms.bits.shape[1]):
            atoms.bits[j, i] = atoms.bits[last, i]
        for m in range(last + 1):
            atoms.gram[m, j] = atoms.gram[m, last]
            atoms.gram[j, m] = atoms.gram[last, m]
        atoms.gram[j, j] = atoms.gram[last, last]
    atoms.size[0] = last


@inner
def eliminate(a: Floats, order: int, x: Floats) -> None:
    """Solve the leading `order` equations of the augmented matrix a (right side in column `order`), in place."""
    for k in range(order):
        best = k
        for i in range(k + 1, order):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        if best != k:
            for j in range(k, order + 1):
                a[k, j], a[best, j] = a[best, j], a[k, j]
        pivot = a[k, k]
        if abs(pivot) < 1e-290:
            continue
        over = 1.0 / pivot
        for i in range(k + 1, order):
            factor = a[i, k] * over
            if factor != 0.0:
                for j in range(k + 1, order + 1):
                    a[i, j] -= factor * a[k, j]
    for k in range(order - 1, -1, -1):
        total = a[k, order]
        for j in range(k + 1, order):
            total -= a[k, j] * x[j]
        x[k] = 0.0 if abs(a[k, k]) < 1e-290 else total / a[k, k]


@inner
def solve_master(atoms: Atoms, price: float) -> float:
    """Best weights; atoms that fall to 0 on the way are dropped. Returns the price of the excess.

    Parameters
    ----------
    price : returned unchanged where no atom has an excess
    """
    for _ in range(4 * atoms.weight.size):
        size = atoms.size[0]
        largest = 0.0
        spread = 0.0
        for j in range(size):
            largest = max(largest, atoms.gram[j, j])
            spread = max(spread, abs(atoms.excess[j]))
        rows = 2 if spread > 0.0 else 1
        order = size + rows
        ridge = 64.0 * EPS * largest + 1e-280
        a = atoms.system
        for i in range(size):
            for j in range(size):
                a[i, j] = 2.0 * atoms.gram[i, j]
            a[i, i] += ridge
            a[i, size] = 1.0
            a[size, i] = 1.0
            if rows == 2:
                a[i, size + 1] = atoms.excess[i]
                a[size + 1, i] = atoms.excess[i]
            a[i, order] = -atoms.cost[i]
        for i in range(size, order):
            for j in range(size, order):
                a[i, j] = 0.0
            a[i, order] = 1.0 if i == size else 0.0
        eliminate(a, order, atoms.aim)
        step = 1.0
        blocking = -1
        for j in range(size):
            if not math.isfinite(atoms.aim[j]):
                return price
            if atoms.aim[j] < -1e-12:
                share = atoms.weight[j] / (atoms.weight[j] - atoms.aim[j])
                if share < step:
                    step = share
                    blocking = j
        for j in range(size):
            atoms.weight[j] = max(atoms.weight[j] + step * (atoms.aim[j] - atoms.weight[j]), 0.0)
        if blocking < 0:
            return -atoms.aim[size + 1] if rows == 2 else price
        drop(atoms, blocking)
    return price
