"""Tangent planes of the curved constraints of a model (Duran & Grossmann, Math. Programming 36, 1986).

Every term of a convex constraint is ``coefficient * atom(affine arguments)`` with the sign that makes it convex,
so its linearisation anywhere underestimates it and a cut holds at every feasible point: cuts never remove one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy  # `sparse` at the first look

from .arrays import Array, Linear, Model
from .engine import Engine
from .scaling import Scaled, equilibrated

#: Violation below which a constraint needs no further cut, relative to its largest term.
CUT_TOLERANCE = 1e-10

#: A cut is moved outwards by this part of its terms, more than its coefficients are rounded by.
ROUNDING = 2.0**-46

#: Entries of a cut below this part of its largest are replaced by the least that they can be.
NEGLIGIBLE = 1e-9

#: An objective that turns out this much smaller than it looked is scaled anew, down to values of the least size.
COARSER, LEAST = 2.0**-10, 1e-300


class OuterApproximation:
    """The linear outer approximation of a convex model.

    Columns are those of the model; a curved objective is one more, bounded from below by cuts.

    Attributes
    ----------
    linear
        The rows with the cuts and, of a curved objective, the additional column as cost.
    cuts
        How many there are.
    """

    def __init__(self, model: Model, engine: Callable[[Scaled], Engine] = Engine) -> None:
        self.model = model
        self.cuts = 0
        self.linear = _with_value(model.linear) if model.curved_objective else model.linear
        self._curves, self._made = model.curves, engine
        self._size = float(self._curves.at(middle(model.linear))[1][-1])
        self.engine = engine(self._scaled())

    def resize(self, value: float) -> bool:
        """Begin anew with a curved objective of about this size; False when it is that already."""
        size = max(abs(value), LEAST)
        if not self.model.curved_objective or size > COARSER * self._size:
            return False
        self._size = size
        self.engine = self._made(self._scaled())
        return True

    def raised(self, x: Array) -> Array:
        """A point of the model as one of `linear`."""
        return np.append(x, self._curves.at(x)[0][-1]) if self.model.curved_objective else x

    def _scaled(self) -> Scaled:
        if not self.model.curved_objective:
            return equilibrated(self.linear)
        return equilibrated(self.linear, {len(self.linear.cost) - 1: self._size})

    def add_cuts(self, x: Array, *, always: bool = False) -> int:
        """Cut off the point `x` where it violates; everywhere when `always`. Returns how many cuts were made.

        `x` has the columns of `linear`, or those of the model.
        """
        n = self.model.n
        heights, scales = self._curves.at(x[:n])
        if self.model.curved_objective and len(x) > n:
            heights[-1] -= x[n]
            scales[-1] = max(scales[-1], abs(x[n]))
        points = self._curves.arguments_at(x[:n])
        made = []
        for k in range(len(self._curves)):
            if always or heights[k] > CUT_TOLERANCE * scales[k]:
                cut = self._tangent(k, points, x[:n])
                if cut is not None:
                    made.append(cut)
        if made:
            matrix = scipy.sparse.vstack([row for row, _ in made], format="csr")
            high = np.array([side for _, side in made])
            low = np.full(len(made), -np.inf)
            self.linear = self.linear.with_rows(matrix, low, high)
            self.engine.add_rows(matrix, low, high)
        self.cuts += len(made)
        return len(made)

    def _tangent(self, k: int, points: Array, x: Array) -> tuple[Any, float] | None:
        """``(row, side)`` with row.x <= side at every feasible point; None too far out for numbers."""
        curves = self._curves
        side, size = -float(curves.constant[k]), abs(float(curves.constant[k]))
        weights = np.zeros(len(points))
        with np.errstate(all="ignore"):
            for term in curves.terms[k]:
                # at the boundary a gradient is infinite; a tangent at a nearby interior point is just as valid
                inside = np.maximum(points[term.start : term.stop], term.atom.interior)
                slopes = np.array([float(s) for s in term.atom.gradient(*inside, **term.parameters)])
                height = float(term.atom.value(*inside, **term.parameters))
                weights[term.start : term.stop] = term.coefficient * slopes
                side -= term.coefficient * (height - float(slopes @ inside))
                size += abs(term.coefficient) * (abs(height) + float(np.abs(slopes) @ np.abs(inside)))
            side -= float(weights @ curves.shifts)
            size += float(np.abs(weights) @ np.abs(curves.shifts))
            row = curves.affine[k].toarray().ravel() + curves.arguments.T @ weights
        if not np.isfinite([side, size, *row]).all():
            return None
        side += ROUNDING * (size + float(np.abs(row) @ np.abs(x)))
        row, side = _without_small(row, side, self.model.linear)
        if self.model.curved_objective:
            row = np.append(row, -1.0 if k == len(curves) - 1 else 0.0)
        return scipy.sparse.csr_matrix(row), side


def middle(model: Linear) -> Array:
    """A point well inside the box of the variables, near zero where the box is large."""
    low = np.maximum(model.lower, np.minimum(model.upper, 1.0) - 1.0)
    high = np.minimum(model.upper, np.maximum(low, -1.0) + 1.0)
    out: Array = 0.5 * (low + high)
    return out


def _with_value(model: Linear) -> Linear:
    n = len(model.cost)
    column = scipy.sparse.csr_matrix((model.matrix.shape[0], 1))
    return replace(
        model,
        cost=np.append(np.zeros(n), 1.0),
        offset=0.0,
        matrix=scipy.sparse.hstack([model.matrix, column], format="csr"),
        lower=np.append(model.lower, -np.inf),
        upper=np.append(model.upper, np.inf),
        whole=np.append(model.whole, False),
    )


def _without_small(row: Array, side: float, model: Linear) -> tuple[Array, float]:
    """The cut without entries that a solver may pass over, weaker by the least that they can be."""
    small = (row != 0.0) & (np.abs(row) < NEGLIGIBLE * np.max(np.abs(row), initial=0.0))
    bound = np.where(row > 0.0, model.lower, model.upper)
    small &= np.isfinite(bound)
    if not small.any():
        return row, side
    side -= float(row[small] @ bound[small])
    return np.where(small, 0.0, row), side


__all__ = ["OuterApproximation", "middle"]
