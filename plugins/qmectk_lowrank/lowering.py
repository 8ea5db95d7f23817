"""Quadratic -> FactoredQuadratic: a quadratic objective over bits whose products are squares or neighbours.

Every factor select (left * right) with left = right is a square of a linear form and becomes a column of B; products of
neighbouring bits become links of the chain; what is linear stays linear. A constraint sum x = k becomes the exact
cardinality. Anything else is said to have no such form: nothing is multiplied out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qmectk import FactoredQuadratic, Fidelity, Lowered, Lowering, Quadratic
from qmectk.errors import NotExpressible, Refused
from qmectk.judging.feasibility import UNIT
from qmectk.lowerings.allowance import Allowance
from qmectk.lowerings.fixed import FREE, fixed_bits
from qmectk.status import FEASIBILITY_TOLERANCE
from qmectk.views.quadratic import QuadraticForm

#: Most squares kept as columns; beyond it the problem has no structure worth keeping.
MOST_SQUARES = 4096


class Factor(Lowering):
    """Bits only, squares and neighbours only."""

    name = "factoring"
    source, target, fidelity = Quadratic, FactoredQuadratic, Fidelity.EXACT

    def refuses(self, view: Any) -> str | None:
        if isinstance(view, Quadratic):
            for name, (variable, _) in view.variables.items():
                if variable.kind != "binary":
                    return f"'{name}' is {variable.kind}, and a factored quadratic problem has bits only"
                if (fixed_bits([variable]) != FREE).any():
                    return f"bounds of '{name}' fix bits, and a factored quadratic problem has free bits only"
        return None

    def apply(self, view: Quadratic, options: Any, max_bits: int | None) -> Lowered:
        reason = self.refuses(view)
        if reason is not None:
            raise NotExpressible(reason)
        n, way = view.width, -view.sense
        objective = view.objective
        linear = way * objective.linear.toarray()[0]
        constant = way * float(objective.constant[0])
        chain = np.zeros(max(n - 1, 0))
        columns: list[Any] = []
        targets: list[float] = []
        signs: list[float] = []
        for factor in objective.factors:
            weights = way * factor.select.toarray()[0]
            used = np.flatnonzero(weights)
            if len(used) == 0:
                continue
            left, right = factor.left, factor.right
            if left is right or _same(left, right, used):
                if len(columns) + len(used) > MOST_SQUARES:
                    raise Refused(f"it has more than {MOST_SQUARES} squares")
                rows = left.linear[used].toarray()
                for k, row in zip(used, rows, strict=True):
                    pair = np.flatnonzero(row)
                    offset, weight = float(left.constant[k]), float(weights[k])
                    if len(pair) <= 2 and (len(pair) < 2 or pair[1] - pair[0] == 1):
                        # (offset + a x + b y)^2 on bits: a constant, two linear terms and at most one link
                        constant += weight * offset**2
                        for i in pair:
                            linear[i] += weight * float(row[i]) * (float(row[i]) + 2.0 * offset)
                        if len(pair) == 2:
                            chain[pair[0]] += 2.0 * weight * float(row[pair[0]]) * float(row[pair[1]])
                        continue
                    size = float(np.sqrt(abs(weight)))
                    columns.append(size * row)
                    targets.append(-size * offset)
                    signs.append(float(np.sign(weight)))
                continue
            for k in used:
                constant += _product(factor, int(k), float(weights[k]), linear, chain)
        off = _rounding(objective)
        return Lowered(
            FactoredQuadratic(
                np.array(columns).T if columns else np.zeros((n, 0)),
                np.array(targets),
                linear,
                chain=chain,
                constant=constant,
                cardinality=_cardinality(view),
                signs=np.array(signs),
                sense=view.sense,
            ),
            lambda bits: view.split(np.asarray(bits, dtype=float)),
            lift_bound=lambda bound: bound + view.sense * off,
        )


def _rounding(objective: QuadraticForm) -> float:
    """Most that the factored values and the core's are apart: what the reading rounds, and the sums that are made here.

    Everything that is added up into one coefficient counts, at its size before anything cancels.
    """
    sums = Allowance(
        float(objective.magnitudes[0]), 16 + objective.steps + sum(f.select.nnz for f in objective.factors)
    )
    return float(objective.rounding[0]) + sums.energy


def _same(left: Any, right: Any, rows: Any) -> bool:
    return bool(
        np.array_equal(left.constant[rows], right.constant[rows]) and (left.linear[rows] != right.linear[rows]).nnz == 0
    )


def _product(factor: Any, row: int, weight: float, linear: Any, chain: Any) -> float:
    """Add weight (a0 + a.x)(b0 + b.x) to the linear terms and the chain; returns its constant."""
    a0, b0 = float(factor.left.constant[row]), float(factor.right.constant[row])
    a, b = (form.linear[[row]].tocoo() for form in (factor.left, factor.right))
    for i, value in zip(a.coords[1], a.data, strict=True):
        linear[i] += weight * value * b0
    for j, value in zip(b.coords[1], b.data, strict=True):
        linear[j] += weight * value * a0
    for i, left in zip(a.coords[1], a.data, strict=True):
        for j, right in zip(b.coords[1], b.data, strict=True):
            if i == j:
                linear[i] += weight * left * right
            elif abs(int(i) - int(j)) == 1:
                chain[min(i, j)] += weight * left * right
            else:
                raise NotExpressible("it multiplies bits that are neither equal nor neighbours and is no square")
    return weight * a0 * b0


def _cardinality(view: Quadratic) -> int | None:
    """k of a constraint sum x = k over all bits; None without constraints, -1 where no number of ones meets it.

    The core allows for rounding, so 0.1 sum x = 0.3 is met by three ones although 0.3 / 0.1 is no whole number.
    """
    stated = [constraint for constraint in view.constraints if not constraint.redundant]
    if not stated:
        return None
    form = stated[0].form
    weights = form.linear.toarray() if form.rows == 1 else np.zeros((1, 1))
    alike = weights.shape[1] == view.width and bool(weights[0, 0]) and np.ptp(weights[0]) == 0.0
    if len(stated) > 1 or stated[0].relation != "==" or form.factors or not alike:
        raise NotExpressible(f"constraint '{stated[0].name}' is not a number of ones")
    off = np.abs(weights[0, 0] * np.arange(view.width + 1) + form.constant[0])
    allowed = FEASIBILITY_TOLERANCE * float(np.max(stated[0].scale))
    # the core forgives what rounding explains: the first of these for sure, more than the second never
    rounding = 4.0 * UNIT * abs(float(form.constant[0])), 2.0 * float(form.rounding[0])
    met, perhaps = (np.flatnonzero(off <= allowed + explained) for explained in rounding)
    if len(met) != len(perhaps) or len(met) > 1:
        raise NotExpressible(f"constraint '{stated[0].name}' is not one number of ones, to rounding")
    return int(met[0]) if len(met) else -1
