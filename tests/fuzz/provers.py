"""Setting provers beside each other and beside the truth."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import qmectk
from qmectk.errors import QmectkError
from qmectk.plugins import registry
from qmectk.status import Quality, Termination

from .case import Call
from .declared import Linear, draw_curved, draw_linear, odd

#: Relative difference of two proved optima: each may stop at a gap of 1e-6.
NEAR = 3e-6

#: How much of the sum of the absolute terms of an objective is lost by adding them in floating point.
ROUNDING = 1e-13

#: Share of a row's largest terms that may be due to rounding.
MARGIN = 1e-11

#: Seconds a prover gets; that is enough for problems of a handful of variables.
LIMIT = 2.0

#: Violation up to which a point counts as one that refutes a bound: rounding, not a solver's tolerance.
EXACT = 1e-12


@lru_cache(maxsize=1)
def proving() -> tuple[str, ...]:
    """Backends that say that they prove, without ``exact``."""
    names = (name for name, backend in registry().backends.items() if backend.proves and name != "exact")
    return tuple(sorted(name for name in names if registry().origin.get(name) == "qmectk"))


def solved(target: Any, backend: str, **settings: Any) -> Any:
    """A solution, or None where this backend does not take this problem."""
    try:
        return qmectk.solve(target, backend, time_limit=LIMIT, reference=False, **settings)
    except QmectkError:
        return None


def disputes(found: dict[str, Any], scale: float = 0.0) -> list[str]:
    """What two of these solutions of one instance cannot both be right about."""
    wrong = []
    for name, one in found.items():
        if one.faults:
            wrong.append(f"{name} has faults: {'; '.join(one.faults)}")
        for other, two in found.items():
            if name == other or two.objective is None or not two.feasible:
                continue
            slack = NEAR * abs(two.objective) + ROUNDING * scale
            if one.bound is not None and (two.violation or 0.0) <= EXACT:
                beyond = one.sense * (two.objective - one.bound)
                if beyond > slack + 2 * one.certificate.tolerance * abs(one.bound):
                    wrong.append(f"dispute: {name} proves {one.bound!r}, {other} has {two.objective!r}")
            both = one.quality is two.quality is Quality.OPTIMAL and name < other
            if both and abs(one.objective - two.objective) > slack:
                wrong.append(f"dispute: optimal {one.objective!r} by {name}, {two.objective!r} by {other}")
            if one.termination is Termination.PROVED and one.values is None and (two.violation or 0.0) <= EXACT:
                wrong.append(f"dispute: {name} proves that there is no point, {other} has one")
    return wrong


@dataclass(frozen=True)
class Truth:
    """The optimum of a problem, as its rows are and a little looser; None where nothing is feasible.

    A point that is beyond a row by no more than this may be feasible or not, as floats are rounded.
    """

    exact: Fraction | None
    loose: Fraction | None
    scale: float

    @classmethod
    def of(cls, instance: Linear) -> Truth:
        scale = np.abs(instance.c) @ np.maximum(np.abs(instance.lower), np.abs(instance.upper))
        return cls(instance.optimum(), instance.optimum(MARGIN), float(scale))


def lies(solution: Any, truth: Truth) -> list[str]:
    """What a solution says that is not so."""
    name, sense, said = solution.backend, solution.sense, solution.objective
    optimal = solution.quality is Quality.OPTIMAL
    if solution.faults:
        return [f"{name} has faults: {'; '.join(solution.faults)}"]
    if truth.loose is None:
        return [f"false optimum: {name} says {said!r}, there is no feasible point"] if optimal else []
    most = float(truth.loose)
    exact = (solution.violation or 0.0) <= EXACT
    if solution.feasible and (optimal or exact) and sense * (said - most) > _slack(most, truth.scale):
        return [f"false {'optimum' if optimal else 'measure'}: {name} says {said!r}, the best is {most!r}"]
    if truth.exact is None:
        return []
    least = float(truth.exact)
    slack = _slack(least, truth.scale)
    if optimal and sense * (least - said) > slack:
        return [f"false optimum: {name} says {said!r}, {least!r} can be had"]
    if solution.termination is Termination.PROVED and solution.values is None:
        return [f"false proof: {name} says that there is no feasible point, and {least!r} can be had"]
    if solution.bound is not None:
        forgiven = slack + 2 * solution.certificate.tolerance * abs(least)
        if sense * (least - solution.bound) > forgiven:
            return [f"false bound: {name} proves {solution.bound!r}, {least!r} can be had"]
    return []


def _slack(value: float, scale: float) -> float:
    return NEAR * abs(value) + ROUNDING * scale


def linear(rng: np.random.Generator) -> Call:
    """A mixed-integer program, by ``exact`` and one or two others, beside its optimum in rationals."""
    instance = draw_linear(rng)
    others = [str(name) for name in rng.choice(proving(), 2, replace=False)] + ["cd"][: int(rng.integers(2))]

    def run(folder: Path) -> list[str]:
        truth = Truth.of(instance)
        found = {name: solution for name in ["exact", "highs", *others] if (solution := solved(instance, name))}
        return [text for solution in found.values() for text in lies(solution, truth)]

    return Call(run, f"{vars(instance)}\noptimum {instance.optimum()} by exact, highs and {others}")


def curved(rng: np.random.Generator) -> Call:
    """A convex problem, with and without bits, by all that prove something about it."""
    instance = draw_curved(rng)

    def run(folder: Path) -> list[str]:
        names = ["exact", "highs", "cvxpy", "scip", "exhaustive"]
        known = registry().backends
        found = {name: one for name in names if name in known and (one := solved(instance, name))}
        return disputes(found)

    return Call(run, str(vars(instance)))


def strange(rng: np.random.Generator) -> Call:
    """A declaration in which something is wrong: a sentence, or an answer that can be written down."""
    what, instance = next(odd(rng))
    backend = str(rng.choice(["exact", "highs", "exhaustive", "cd", "cvxpy", "sa", "tabu", "greedy"]))

    def run(folder: Path) -> list[str]:
        try:
            solution = qmectk.solve(instance, backend, time_limit=LIMIT)
        except QmectkError as error:
            text = str(error)
            return [] if text.strip() and len(text) < 1500 else [f"no sentence: {text[:200]!r}"]
        json.dumps(solution.as_dict(), allow_nan=False)
        wrong = [f"faults: {'; '.join(solution.faults)}"] if solution.own_faults or solution.faults else []
        numbers = [*instance.c, *instance.A.ravel(), *instance.b, instance.constant]
        if any(math.isnan(x) for x in numbers):
            wrong.append("a coefficient that is not a number is not refused")
        return wrong

    return Call(run, f"what {what} by {backend}: {vars(instance)}")
