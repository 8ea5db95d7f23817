"""Bounds that hold whatever a floating-point solver did: weak duality with the rounding errors added up.

Any multipliers of the rows give a bound on a linear program over a box (Neumaier & Shcherbina, "Safe bounds in linear
and mixed-integer linear programming", Math. Programming 99, 2004). Sums are made in floats, and what they may be off by
is taken off: a sum of k products is off by at most ``k u`` times the sum of their sizes, u = 2**-53 (Higham, "Accuracy
and Stability of Numerical Algorithms", 2002, section 3.1). More than twice of it is taken off, so that numbers of a
declaration that are rounded themselves change nothing.
"""

from __future__ import annotations

import math

import numpy as np
import scipy  # `sparse` at the first look

from .arrays import Array, Linear

#: Least share by which a bound of a continuous variable must come nearer to be worth another pass.
WORTH = 0.01


class Safe:
    """What can be shown of a linear model in which only the bounds of the columns change."""

    def __init__(self, model: Linear) -> None:
        self.model = model
        self.matrix = model.matrix
        self.transposed = model.matrix.T.tocsr()
        self.sizes = abs(self.transposed)
        m, n = model.matrix.shape
        self.unit = (m + n + 8) * 2.0**-51
        self._rows = _Rows(model, self.unit)

    def bound(self, duals: Array, lower: Array, upper: Array, cost: Array) -> float:
        """A number that ``cost.x`` is never below within the rows and these bounds; -inf when the duals show nothing.

        A positive one at zero costs shows that there is no point at all (Farkas).
        """
        low, high = self.model.low, self.model.high
        y = np.where(duals > 0.0, np.where(np.isfinite(low), duals, 0.0), np.where(np.isfinite(high), duals, 0.0))
        if not np.isfinite(y).all():
            return -math.inf
        side = np.where(y > 0.0, low, np.where(y < 0.0, high, 0.0))
        d = cost - self.transposed @ y
        error = self.unit * (np.abs(cost) + self.sizes @ np.abs(y))
        with np.errstate(invalid="ignore", over="ignore"):
            corners = np.stack([(d - error) * lower, (d + error) * lower, (d - error) * upper, (d + error) * upper])
            corners[np.isnan(corners)] = 0.0  # no slope at all times an infinite bound
            least = corners.min(axis=0)
            terms = y * side
            total = float(terms.sum() + least.sum())
            total -= self.unit * float(np.abs(terms).sum() + np.abs(least).sum())
        return total if math.isfinite(total) else -math.inf

    def tightened(
        self, lower: Array, upper: Array, cutoff: float = math.inf, passes: int = 10
    ) -> tuple[Array, Array] | None:
        """Bounds that every point within these rows and bounds, and no worse than `cutoff`, keeps; None without any."""
        return self._rows.tightened(lower, upper, cutoff, passes)


class _Rows:
    """All rows as ``a.x <= side``, the objective last, and what they imply for single variables (Savelsbergh 1994)."""

    def __init__(self, model: Linear, unit: float) -> None:
        up, down = np.isfinite(model.high), np.isfinite(model.low)
        cost = scipy.sparse.csr_matrix(model.cost)
        matrix = scipy.sparse.vstack([model.matrix[up], -model.matrix[down], cost], format="csr")
        self.side = np.concatenate([model.high[up], -model.low[down], [math.inf]])
        self.count = matrix.shape[0]
        self.row = np.repeat(np.arange(self.count), np.diff(matrix.indptr))
        self.column, self.entry = matrix.indices, matrix.data
        self.positive = self.entry > 0.0
        self.whole, self.unit = model.whole, unit

    def tightened(self, lower: Array, upper: Array, cutoff: float, passes: int) -> tuple[Array, Array] | None:
        lower, upper = lower.copy(), upper.copy()
        side = self.side.copy()
        side[-1] = cutoff
        sized = np.where(np.isfinite(side), np.abs(side), 0.0)
        whole = self.whole
        for _ in range(passes):
            if (lower > upper).any():
                return None
            at = np.where(self.positive, lower[self.column], upper[self.column])
            part = self.entry * at
            free = ~np.isfinite(part)
            part[free] = 0.0
            least = np.bincount(self.row, part, self.count)
            frees = np.bincount(self.row, free, self.count)
            margin = self.unit * (np.bincount(self.row, np.abs(part), self.count) + sized)
            if ((least - margin > side) & (frees == 0)).any():
                return None
            usable = (frees[self.row] == 0) | ((frees[self.row] == 1) & free)
            usable &= np.isfinite(side[self.row])
            with np.errstate(over="ignore", invalid="ignore"):
                room = (side - least + margin)[self.row] + part
                room += self.unit * np.abs(part)
                reach = room / self.entry
                reach += np.where(self.positive, 1.0, -1.0) * 2.0**-50 * np.abs(reach)
            usable &= np.isfinite(reach)
            new_lower, new_upper = lower.copy(), upper.copy()
            down, up = usable & ~self.positive, usable & self.positive
            np.maximum.at(new_lower, self.column[down], reach[down])
            np.minimum.at(new_upper, self.column[up], reach[up])
            new_lower[whole], new_upper[whole] = np.ceil(new_lower[whole]), np.floor(new_upper[whole])
            better_low, better_up = self._worth(lower, new_lower, upper), self._worth(upper, new_upper, lower)
            if not (better_low.any() or better_up.any()):
                break
            lower, upper = np.where(better_low, new_lower, lower), np.where(better_up, new_upper, upper)
        return None if (lower > upper).any() else (lower, upper)

    def _worth(self, old: Array, new: Array, other: Array) -> Array:
        with np.errstate(invalid="ignore"):
            moved = np.abs(new - old)
            share = WORTH * np.abs(old - other)
            return (new != old) & (self.whole | ~np.isfinite(old) | (moved > share))


__all__ = ["Safe"]
