"""A feasible point before the first mixed-integer optimum, so that a short time limit does not end without any.

A relaxed optimum is rounded, the continuous part completed where the problem can, and the result measured on the whole
model; a point that violates anything is not offered. Costs a few matrix products, no solver call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from qmectk import FactoredQuadratic
from qmectk.errors import Infeasible

from .arrays import Array, Model

#: What a point may violate a row by, relative to the largest term in it: what rounding does to a completed one.
ROUNDED = 1e-9


def first_point(model: Model, relaxed: Array | None = None) -> Array | None:
    """The best feasible one of a few cheap candidates, or None when none of them is feasible.

    Parameters
    ----------
    relaxed
        An optimum of a relaxation, when there is one.
    """
    if relaxed is not None:
        found = _best(model, _roundings(model, relaxed))
        if found is not None:
            return found
    return _best(model, _corners(model))


def feasible_point(model: Model, values: Mapping[str, Any]) -> Array | None:
    """Known values, completed from their integers, as a point; None where it is not feasible."""
    return _best(model, iter([dict(values)]))


def completed(model: Model, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """`values` with the best continuous part for its integers; None when there is no feasible one."""
    if model.view.complete is None:
        return dict(values)
    try:
        return model.view.complete(values)
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


def _best(model: Model, candidates: Iterator[dict[str, Any]]) -> Array | None:
    best, best_value = None, -np.inf
    for candidate in candidates:
        values = completed(model, candidate)
        if values is None:
            continue
        x = model.point(values)
        if not model.violation(x) <= ROUNDED:
            continue
        value = model.view.sense * model.objective(x)
        if np.isfinite(value) and value > best_value:
            best, best_value = x, value
    return best


def _roundings(model: Model, relaxed: Array) -> Iterator[dict[str, Any]]:
    """Every integer to the nearest one; then, of each vector of bits, as many ones as the relaxation has in sum."""
    plain = model.values(relaxed[: model.n])
    yield plain
    counted = dict(plain)
    for name, part in model.parts:
        variable = model.view.variables[name][0]
        if variable.kind == "binary" and variable.size is not None:
            share = relaxed[part]
            bits = np.zeros(len(share))
            bits[np.argsort(-share, kind="stable")[: int(np.clip(np.round(share.sum()), 0, len(share)))]] = 1.0
            counted[name] = bits
    if any(not np.array_equal(counted[name], plain[name]) for name in counted):
        yield counted


def _corners(model: Model) -> Iterator[dict[str, Any]]:
    """The point of the box nearest zero, then the one farthest up (of what is bounded): nothing, and everything."""
    lower, upper = model.linear.lower, model.linear.upper
    nearest = np.clip(0.0, lower, upper)
    yield model.values(nearest)
    yield model.values(np.where(np.isfinite(upper), upper, nearest))


__all__ = ["completed", "feasible_point", "first_bits", "first_point"]
