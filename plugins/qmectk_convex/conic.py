"""A conic program and what a dual point proves of it, whatever the solver's tolerances were (safe dual bounds).

``min q'x + x'Px/2, Ax + s = b, s in K``. For z in the dual cone and any w, every feasible x costs at least
``-b'z - w'Pw/2 + r'x`` with ``r = Pw + q + A'z``. The residual r of a solver is small and not zero: the least ``r'x``
over a box that holds every x of interest is what it costs (Neumaier & Shcherbina, Mathematical Programming 99, 2004;
Jansson, Chaykin & Keil, SIAM J. Numer. Anal. 46, 2007). Nothing is believed of z: it is moved into the dual cone first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy  # `sparse` at the first look

from qmectk.language.atoms import Array

Rows: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

EPS = float(np.finfo(float).eps)

#: Relative widening of a propagated bound: more than the rounding of one row's sum (up to 1e3 terms).
WIDEN = 1e3 * EPS

#: Sweeps of bound propagation: bounds pass through a chain of that many rows (budget, variable, epigraph, cone).
SWEEPS = 12


@dataclass(frozen=True)
class Cones:
    """Rows of K by kind, in the order of CVXPY: zero, nonnegative, second order, exponential, power."""

    rows: int
    zero: int
    nonneg: int
    heads: Rows  # first row of each second-order cone
    members: Rows  # its other rows
    owner: Rows  # which cone each member belongs to
    exponential: Rows  # (cones, 3)
    power: Rows  # (cones, 3)
    alpha: Array

    @classmethod
    def of(cls, dims: Any) -> Cones | None:
        """The cones of CVXPY's dimensions; None with semidefinite or longer power cones, which no atom needs."""
        if dims.psd or any(len(weights) != 2 for weights in dims.pnd):
            return None
        alpha = np.array([*dims.p3d, *(weights[0] for weights in dims.pnd)], dtype=float)
        sizes = np.array(dims.soc, dtype=np.int64)
        at = dims.zero + dims.nonneg
        heads = at + np.cumsum(sizes) - sizes
        owner = np.repeat(np.arange(sizes.size), sizes)
        rows = at + np.arange(owner.size)
        rest = ~np.isin(rows, heads)
        at += owner.size
        exponential = at + np.arange(3 * dims.exp).reshape(-1, 3)
        at += exponential.size
        power = at + np.arange(3 * alpha.size).reshape(-1, 3)
        return cls(at + power.size, dims.zero, dims.nonneg, heads, rows[rest], owner[rest], exponential, power, alpha)

    def dual(self, z: Array) -> Array:
        """The point moved into the dual cone (copied)."""
        z = z.copy()
        linear = slice(self.zero, self.zero + self.nonneg)
        z[linear] = np.maximum(z[linear], 0.0)
        largest = np.zeros(self.heads.size)
        np.maximum.at(largest, self.owner, np.abs(z[self.members]))
        unit = np.where(largest > 0.0, largest, 1.0)
        squares = np.bincount(self.owner, (z[self.members] / unit[self.owner]) ** 2, self.heads.size)
        z[self.heads] = np.maximum(z[self.heads], unit * np.sqrt(squares) * (1.0 + WIDEN))
        # the middle row is the constant 1 of most atoms: moving it costs least
        u, v, w = self.exponential.T  # u < 0, w >= -u exp(v/u - 1), or u = 0, v >= 0, w >= 0
        z[u], z[w] = np.minimum(z[u], 0.0), np.maximum(z[w], 0.0)
        least = np.where(z[u] < 0.0, z[u] * (1.0 + np.log(z[w] / np.where(z[u] < 0.0, -z[u], 1.0))), 0.0)
        z[v] = np.maximum(z[v], least + WIDEN * np.abs(least) - WIDEN * z[u])
        u, v, w = self.power.T  # (u/alpha)^alpha (v/(1 - alpha))^(1 - alpha) >= |w|
        z[u], rest = np.maximum(z[u], 0.0), 1.0 - self.alpha
        least = rest * (np.abs(z[w]) / (z[u] / self.alpha) ** self.alpha) ** (1.0 / rest)
        z[v] = np.maximum(z[v], np.where(z[w] == 0.0, 0.0, least * (1.0 + WIDEN / rest)))
        return z

    def tighten(self, low: Array, high: Array) -> None:
        """Narrow the intervals of the slacks s to what the cones allow, in place."""
        low[: self.zero], high[: self.zero] = 0.0, 0.0
        linear = slice(self.zero, self.zero + self.nonneg)
        low[linear] = np.maximum(low[linear], 0.0)
        low[self.heads] = np.maximum(low[self.heads], 0.0)
        reach = high[self.heads][self.owner]
        low[self.members] = np.maximum(low[self.members], -reach)
        high[self.members] = np.minimum(high[self.members], reach)
        u, v, w = self.exponential.T  # v exp(u/v) <= w, so u <= v log(w/v) <= w/e
        low[v], low[w] = np.maximum(low[v], 0.0), np.maximum(low[w], np.maximum(np.e * low[u], 0.0))
        high[u] = np.minimum(high[u], high[w] / np.e)
        u, v, w = self.power.T  # u^alpha v^(1-alpha) >= |w|
        low[u], low[v] = np.maximum(low[u], 0.0), np.maximum(low[v], 0.0)
        reach = np.maximum(high[u], 0.0) ** self.alpha * np.maximum(high[v], 0.0) ** (1.0 - self.alpha)
        reach = np.where(np.isnan(reach), np.inf, reach)
        low[w], high[w] = np.maximum(low[w], -reach), np.minimum(high[w], reach)


class Conic:
    """A program of CVXPY's data.

    Parameters
    ----------
    data
        What ``cvxpy.Problem.get_problem_data`` gives for Clarabel or SCS.
    offset
        Constant of the objective.
    """

    def __init__(self, data: dict[str, Any], offset: float) -> None:
        self.matrix = scipy.sparse.csc_array(data["A"], dtype=float)
        self.right, self.cost = np.asarray(data["b"], dtype=float), np.asarray(data["c"], dtype=float)
        columns = self.cost.size
        self.quadratic = scipy.sparse.csc_array(
            data["P"] if data.get("P") is not None else (columns, columns), dtype=float
        )
        # atoms of one variable curve along the axes only; whatever does not is bounded by its tangent
        diagonal = self.quadratic.diagonal()
        self.skew = scipy.sparse.csc_array(self.quadratic - scipy.sparse.diags_array(diagonal))
        self.skew.eliminate_zeros()
        if self.skew.nnz:
            self.skew, diagonal = self.quadratic, np.zeros(columns)
        self.diagonal = diagonal
        self.cones = Cones.of(data["dims"])
        self.offset = offset

    def widest_row(self) -> float:
        """Largest ratio of two numbers in a linear row, its right-hand side included."""
        linear = 0 if self.cones is None else self.cones.zero + self.cones.nonneg
        rows = abs(
            scipy.sparse.hstack([self.matrix, scipy.sparse.csc_array(self.right[:, None])], format="csr")[:linear]
        )
        rows.eliminate_zeros()
        starts = rows.indptr[:-1][np.diff(rows.indptr) > 0]
        if not starts.size:
            return 1.0
        with np.errstate(over="ignore"):
            return float(np.max(np.maximum.reduceat(rows.data, starts) / np.minimum.reduceat(rows.data, starts)))

    def value(self, x: Array) -> float:
        """The objective, to be minimized, at x."""
        return float(self.cost @ x + 0.5 * x @ (self.quadratic @ x)) + self.offset

    def bound(self, x: Array, z: Array) -> float:
        """What every feasible point costs at least; -inf where the dual point proves nothing.

        Points of interest are those that cost less than a ceiling above x: the others cost more than the bound anyway.
        """
        size = float(np.abs(self.cost) @ np.abs(x) + 0.5 * x @ (self.quadratic @ x)) or 1.0  # any is right
        ceiling = self.value(x) - self.offset + size
        proved = self._least(self.cost, self.diagonal, x, z, ceiling)
        return float(min(proved, ceiling) + self.offset)

    def infeasible(self, z: Array) -> bool:
        """Whether z proves that nothing is feasible: no x of the box has z's = z'(b - Ax) >= 0."""
        zero = np.zeros(self.cost.size)
        return self._least(zero, zero, zero, z, np.inf) > 0.0

    def _least(self, cost: Array, curvature: Array, x: Array, z: Array, ceiling: float) -> float:
        if self.cones is None or not (np.isfinite(x).all() and np.isfinite(z).all()):
            return -np.inf
        with np.errstate(all="ignore"):
            z = self.cones.dual(self._settled(cost, z))
            bent = self.skew @ x
            residual = bent + cost + self.matrix.T @ z
            terms = abs(self.skew) @ np.abs(x) + np.abs(cost) + abs(self.matrix).T @ np.abs(z)
            rounding = EPS * (np.diff(self.matrix.indptr) + np.diff(self.skew.indptr) + 4) * terms
            low, high = self._box(ceiling)
            costs = np.where(
                terms > 0.0, _least_cost(curvature, residual - rounding, residual + rounding, low, high), 0.0
            )
            parts = np.concatenate([-self.right * z, [-0.5 * float(x @ bent)], costs])
            size = float(np.abs(parts).sum() + 0.5 * (np.abs(x) @ (abs(self.skew) @ np.abs(x))))
            least = float(parts.sum()) - EPS * (parts.size + 4) * size
        return least if np.isfinite(least) else -np.inf

    def _settled(self, cost: Array, z: Array) -> Array:
        """The dual point with no residual in the columns of one entry (epigraphs of atoms), whose box is the widest."""
        z, at = z.copy(), self.matrix.indptr[:-1]
        one = np.flatnonzero((np.diff(self.matrix.indptr) == 1) & (np.diff(self.quadratic.indptr) == 0) & (cost != 0.0))
        rows, entries = self.matrix.indices[at[one]], self.matrix.data[at[one]]
        z[rows] = -cost[one] / entries
        return z

    def _box(self, ceiling: float) -> tuple[Array, Array]:
        """An interval for each entry of x that holds all that is feasible and costs at most the ceiling."""
        assert self.cones is not None
        rows = scipy.sparse.coo_array(scipy.sparse.vstack([self.matrix, scipy.sparse.csr_array(self.cost[None, :])]))
        keep = rows.data != 0.0
        i, j, a = rows.row[keep], rows.col[keep], rows.data[keep]
        right = np.append(self.right, ceiling)
        count, columns = right.size, self.cost.size
        low, high = np.full(columns, -np.inf), np.full(columns, np.inf)
        for _ in range(SWEEPS):
            least = np.where(a > 0, a * low[j], a * high[j])
            most = np.where(a > 0, a * high[j], a * low[j])
            under, under_rest = _sums(i, least, count, -1)
            over, over_rest = _sums(i, most, count, 1)
            slack_low, slack_high = right - over, right - under
            self.cones.tighten(slack_low, slack_high)
            slack_low[-1] = max(slack_low[-1], 0.0)
            down = right[i] - slack_high[i] - over_rest
            up = right[i] - slack_low[i] - under_rest
            down -= WIDEN * (np.abs(right[i]) + np.abs(slack_high[i]) + np.abs(over_rest))
            up += WIDEN * (np.abs(right[i]) + np.abs(slack_low[i]) + np.abs(under_rest))
            down, up = np.where(np.isnan(down), -np.inf, down), np.where(np.isnan(up), np.inf, up)
            before = np.concatenate([low, high])
            low, high = self._bowl(ceiling, low, high)
            np.maximum.at(low, j, np.where(a > 0, down, up) / a)
            np.minimum.at(high, j, np.where(a > 0, up, down) / a)
            low, high = np.minimum(low, high), np.maximum(low, high)  # crossed by rounding
            if np.array_equal(before, np.concatenate([low, high])):
                break
        return low, high

    def _bowl(self, ceiling: float, low: Array, high: Array) -> tuple[Array, Array]:
        """The box (copied) cut to where the square of one entry alone leaves the objective below the ceiling."""
        least = _least_cost(self.diagonal, self.cost, self.cost, low, high)
        least = np.where((self.cost == 0.0) & (self.diagonal == 0.0), 0.0, least)
        room = ceiling - float(least.sum()) + WIDEN * float(np.abs(least).sum() + abs(ceiling))
        bent = np.where(self.diagonal > 0.0, self.diagonal, 1.0)
        lowest = np.where(self.diagonal > 0.0, -self.cost / bent, 0.0)
        # the bottom of an entry's parabola may lie outside of its box, and below what the entry costs within
        bottom = 0.5 * self.cost * lowest
        depth = np.maximum(room, 0.0) + np.maximum(least - bottom, 0.0) + WIDEN * (np.abs(least) + np.abs(bottom))
        reach = np.where(self.diagonal > 0.0, np.sqrt(2.0 * depth / bent), np.inf)
        reach = np.where(np.isnan(reach), np.inf, reach) + WIDEN * np.abs(lowest)
        return np.maximum(low, lowest - reach), np.minimum(high, lowest + reach)


def _least_cost(curvature: Array, down: Array, up: Array, low: Array, high: Array) -> Array:
    """The least of ``curvature x^2/2 + g x`` over g in [down, up] and x in [low, high], by entry."""
    ends = [0.5 * curvature * x * x + np.minimum(down * x, up * x) for x in (low, high)]
    bent = np.where(curvature > 0.0, curvature, 1.0)
    inside = -0.5 * np.maximum(np.abs(down), np.abs(up)) ** 2 / bent
    at_low, at_high = -down / bent <= low, -up / bent >= high  # where the least of every g is beyond that end
    curved = np.where(at_low, ends[0], np.where(at_high, ends[1], inside))
    return np.where(curvature > 0.0, curved, np.minimum(*ends))


def _sums(i: Rows, parts: Array, count: int, outward: int) -> tuple[Array, Array]:
    """Sums by row, and for each part the sum of the others of its row, rounded outward (-1 down, 1 up).

    The others are summed as all less the part; the rounding of all is added back.
    """
    infinite = ~np.isfinite(parts)
    finite = np.where(infinite, 0.0, parts)
    total = np.bincount(i, finite, count) + outward * WIDEN * np.bincount(i, np.abs(finite), count)
    unbounded = np.bincount(i, infinite, count)
    rest = np.where(unbounded[i] - infinite > 0, outward * np.inf, total[i] - finite)
    return np.where(unbounded > 0, outward * np.inf, total), rest
