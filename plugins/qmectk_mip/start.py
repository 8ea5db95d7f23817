"""A feasible point before the first mixed-integer optimum, so that a short time limit does not end without any.

A relaxed optimum is rounded, the continuous part completed where the problem can, and the result measured on the whole
model; a point that violates anything is not offered. Costs a few evaluations of the model, no solver call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from qmectk import Algebraic, FactoredQuadratic
from qmectk.errors import Infeasible

from .evaluate import assignment, height, reader, violation
from .solver import TOLERANCE

#: A point of the view by declared name, and its objective.
Start = tuple[dict[str, Any], float]


def first_point(view: Algebraic, relaxed: Mapping[int, float] | None = None) -> Start | None:
    """The best feasible one of a few cheap candidates and its objective, or None when none of them is feasible.

    Parameters
    ----------
    relaxed
        An optimum of a relaxation by the id of the Pyomo variable, when there is one.
    """
    if relaxed is not None:
        best = _best(view, _roundings(view, relaxed))
        if best is not None:
            return best
    return _best(view, _corners(view))


def completed(view: Algebraic, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """`values` with the best continuous part for its integers; None when there is no feasible one."""
    if view.complete is None:
        return dict(values)
    try:
        return view.complete(values)
    except Infeasible:
        return None


def first_bits(view: FactoredQuadratic) -> tuple[Any, float] | None:
    """Bits for a factored problem, shape (n,), and their value, in O(n d): those with the smallest effect alone.

    As many as the cardinality says; without one the best of none, the soft cardinality and those that help alone.
    None when no bits meet the cardinality.
    """
    if not view.feasible:
        return None
    effect = view.linear + (view.factors * (view.factors - 2.0 * view.target)) @ view.signs
    order = np.argsort(effect, kind="stable")
    counts = {0, int(np.clip(np.round(view.count), 0, view.n)), int(np.count_nonzero(effect < 0.0))}
    if view.cardinality is not None:
        counts = {view.cardinality}
    candidates = np.zeros((len(counts), view.n), np.int8)
    for row, count in zip(candidates, sorted(counts), strict=True):
        row[order[:count]] = 1
    values = view.value(candidates)
    best = int(np.argmin(values))
    return candidates[best], float(values[best])


def _best(view: Algebraic, candidates: Iterator[dict[str, Any]]) -> Start | None:
    best: Start | None = None
    for candidate in candidates:
        values = completed(view, candidate)
        if values is None or not violation(view, values) <= TOLERANCE:
            continue
        value = height(view.objective, reader(assignment(view, values)))
        if np.isfinite(value) and (best is None or view.sense * value > view.sense * best[1]):
            best = values, value
    return best


def _roundings(view: Algebraic, relaxed: Mapping[int, float]) -> Iterator[dict[str, Any]]:
    """Every integer to the nearest one; then, of each vector of bits, as many ones as the relaxation has in sum."""
    plain = view.values(lambda v: relaxed.get(id(v), 0.0))
    yield plain
    counted = dict(plain)
    for name, (variable, data) in view.variables.items():
        if variable.kind == "binary" and variable.size is not None:
            share = np.array([relaxed.get(id(v), 0.0) for v in data])
            bits = np.zeros(len(share))
            bits[np.argsort(-share, kind="stable")[: int(np.clip(np.round(share.sum()), 0, len(share)))]] = 1.0
            counted[name] = bits
    if any(not np.array_equal(counted[name], plain[name]) for name in counted):
        yield counted


def _corners(view: Algebraic) -> Iterator[dict[str, Any]]:
    """The point of the box nearest zero, then the one farthest up (of what is bounded): nothing, and everything."""
    for limit in (0.0, np.inf):
        out: dict[str, Any] = {}
        for name, (variable, _) in view.variables.items():
            nearest = np.clip(0.0, variable.lower, variable.upper)
            high = np.where(np.isfinite(variable.upper), variable.upper, nearest)
            point = np.asarray(np.minimum(limit, high) if limit else nearest, dtype=float)
            out[name] = float(point) if variable.size is None else np.broadcast_to(point, (variable.size,)).copy()
        yield out


__all__ = ["Start", "completed", "first_bits", "first_point"]
