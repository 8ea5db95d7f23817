"""The default Binary view (fix the bits, solve the rest convexly), and completion of integer points."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..attempts.settling import settled
from ..errors import Infeasible
from ..extending.installed import installed
from ..instance import Instance
from ..language import Signature
from ..readings.batched import measure_points
from ..status import FEASIBILITY_TOLERANCE
from ..views import Binary, Fidelity, Lowered
from ..views.binary import Actions, Array
from ..worlds.copies import decisions_of
from .base import Lowering, own_views
from .fixed import NEITHER, fixed_bits, within_bounds

#: Roundings of a relaxed point that a solver completes at most: with 400 bits each takes 12 ms, and they differ little.
COMPLETED = 24

#: A relaxed bit this far from 0 and 1 is open.
OPEN = 1e-4


class FixedBits(Binary):
    """Bits are all binary variables in declaration order; CVXPY completes the continuous part.

    The convex problem is compiled once with the bits as parameters. Slow beside a view that a problem
    hands over itself, but there for every convex declaration. Where there is nothing to complete, actions are measured
    many at a time, and no solver is asked. A bit that its bounds fix has that value whatever an action says, so that a
    search by single flips need not come upon it.
    """

    title = "Binary (bits fixed, rest by CVXPY)"
    tolerance = 1e-7  # ten times Clarabel's own

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.bits = instance.signature.binary
        self.n = instance.signature.bits
        self.sense = instance.signature.sense
        self.fixed = fixed_bits(self.bits)
        self.whole = only_bits(instance.signature)
        self._stacked: set[int] = set()  #: numbers of points that have been read at once, and rightly
        if self.whole:
            self.tolerance = Binary.tolerance
            return
        from ..readings.convex import read_convex

        self.convex = read_convex(instance, parameters={variable.name for variable in self.bits})

    def split(self, action: Actions) -> dict[str, Any]:
        """The binary variables by name, within their bounds."""
        out: dict[str, Any] = {}
        action = np.where(self.fixed >= 0, self.fixed, action)
        start = 0
        for variable in self.bits:
            part = np.asarray(action[start : start + variable.length], dtype=float)
            out[variable.name] = float(part[0]) if variable.size is None else part
            start += variable.length
        return out

    def score(self, actions: Actions) -> Array:
        rows = np.atleast_2d(actions)
        found = self._together(rows) if self.whole and len(rows) > 1 else None
        return np.array([self._value(action) for action in rows]) if found is None else found

    def _together(self, rows: Actions) -> Array | None:
        """Scores of many actions by one reading of the declaration; None where it cannot be read so."""
        rows = np.where(self.fixed >= 0, self.fixed, rows).astype(float)
        ends = np.cumsum([variable.length for variable in self.bits])[:-1]
        parts = np.split(rows, ends, axis=1)
        points = {v.name: part if v.size is not None else part[:, 0] for v, part in zip(self.bits, parts, strict=True)}
        count = len(rows)
        lengths = {self.n, *(variable.length for variable in self.bits)}
        fresh = not self._stacked or (count in lengths and count not in self._stacked)
        found = measure_points(self.instance, points, count, compared=fresh)
        if found is None:
            return None
        self._stacked.add(count)
        objective, violation = found
        return np.where(violation <= FEASIBILITY_TOLERANCE, self.sense * objective, -np.inf)

    def complete(self, action: Actions) -> dict[str, Any]:
        if not np.isfinite(self._value(action)):
            raise Infeasible("these bits have no feasible completion")
        if self.whole:
            return self.split(action)
        return settled(self.instance, {**self.convex.values(), **self.split(action)})[0]

    def _value(self, action: Actions) -> float:
        if self.whole:  # nothing to complete: a solver would only disagree with the core about its tolerance
            measured = self.instance.measure(self.split(action))
            return self.sense * measured.objective if measured.feasible else -np.inf
        import cvxpy as cp

        if (self.fixed == NEITHER).any():
            return -np.inf  # parameters have no bounds in the convex problem
        for name, value in self.split(action).items():
            self.convex.variables[name].value = value
        problem = self.convex.problem
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "solution may be inaccurate": the core measures the point anyway
                problem.solve(solver=cp.CLARABEL)
        except cp.SolverError:
            return -np.inf
        if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
            return -np.inf
        return self.sense * float(problem.value)


class FixBits(Lowering):
    """Instance -> Binary for problems that have binary variables and hand over no Binary view themselves."""

    name = "fixed bits"
    source, target, fidelity = Instance, Binary, Fidelity.EXACT
    requires, extra = ("cvxpy",), "qmectk[convex]"

    def refuses(self, view: Instance) -> str | None:
        reason = without_bits(view.signature)
        if reason or only_bits(view.signature):
            return reason
        decided = decisions_of(view)
        if decided is not None and not decided.spread:
            return "it says what is decided, and most bits of its declaration have no completion"
        return None

    def slower(self, signature: Signature) -> float:
        # 16 microseconds a measurement of the declaration beside half a microsecond of a score that is compiled; by a
        # solver nothing is proved
        return 32.0 if only_bits(signature) else math.inf

    def apply(self, view: Instance, options: Any, max_bits: int | None) -> Lowered:
        fixed = FixedBits(view)
        if fixed.whole:
            return Lowered(fixed, fixed.complete)
        # what an interior-point method says of the rest is good for a point, which is measured, and no proof
        note = "no bounds, because the continuous part is solved numerically"
        return Lowered(fixed, fixed.complete, Fidelity.POINTS, note)


def without_bits(signature: Signature) -> str | None:
    """Why bits do not say all that is discrete; None where they do."""
    if not signature.binary:
        return "it has no binary variables"
    integer = [v.name for v in signature.variables.values() if v.kind == "integer"]
    return f"{', '.join(integer)} is integer, not binary" if integer else None


def only_bits(signature: Signature) -> bool:
    """Whether all variables are binary."""
    return len(signature.binary) == len(signature.variables)


def binary_view(instance: Instance) -> Binary | None:
    """The instance's own Binary view, else the default one when CVXPY is installed, else None."""
    for own in own_views(type(instance)):
        if issubclass(own.target, Binary):
            made: Binary = own.apply(instance, own.Options(), None).view
            return made
    if without_bits(instance.signature) is None and all(installed(name) for name in FixBits.requires):
        return FixedBits(instance)
    return None


def relaxed_bits(instance: Instance, values: Mapping[str, Any]) -> Array:
    """The (possibly fractional) binary variables of a point as one vector, in declaration order."""
    return np.concatenate([np.atleast_1d(np.asarray(values[v.name])) for v in instance.signature.binary])


def completion(instance: Instance) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    """``complete(values) -> values``: the best continuous part for the rounded bits of `values`; None if unknown."""
    if not instance.signature.binary or all(v.kind != "continuous" for v in instance.signature.variables.values()):
        return None
    made: list[Binary | None] = []

    def complete(values: Mapping[str, Any]) -> dict[str, Any]:
        if not made:  # building the view can cost a compilation, so only when a point asks for it
            made.append(binary_view(instance))
        bits = np.round(relaxed_bits(instance, values)).astype(np.int8)
        return made[0].complete(bits) if made[0] is not None else dict(values)

    return complete


def best_rounding(instance: Instance, values: Mapping[str, Any]) -> dict[str, Any]:
    """The best of the n + 1 threshold roundings of a fractional point, its continuous part completed.

    Bits are set in the order of their fractional values, so the roundings are nested. Where a solver completes each, at
    most :data:`COMPLETED` of them are tried, those first that differ in bits that the point leaves open.
    """
    view = binary_view(instance)
    if view is None:
        discrete = [v for v in instance.signature.variables.values() if v.kind != "continuous"]
        return {**values, **{v.name: within_bounds(v, np.asarray(values[v.name], dtype=float)) for v in discrete}}
    relaxed = relaxed_bits(instance, values)
    order = np.argsort(-relaxed, kind="stable")
    candidates = np.zeros((view.n + 1, view.n), np.int8)
    for count in range(1, view.n + 1):
        candidates[count:, order[count - 1]] = 1
    if isinstance(view, FixedBits) and not view.whole:
        certain, possible = (int(np.sum(relaxed >= least)) for least in (1.0 - OPEN, OPEN))
        for chosen in (_spread(certain, possible), _spread(0, view.n)):
            scores = view.score(candidates[chosen])
            if np.isfinite(scores).any():
                return view.complete(candidates[chosen[int(np.argmax(scores))]])
    return view.complete(candidates[int(np.argmax(view.score(candidates)))])


def _spread(first: int, last: int) -> Array:
    """Whole numbers from `first` to `last`, both included, at most :data:`COMPLETED` of them."""
    return np.unique(np.linspace(first, last, min(last - first + 1, COMPLETED)).round().astype(int))
