"""Scoring an answer on the declared problem, and holding its claims against the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from qmectk.attempts.answers import Answer
from qmectk.attempts.settling import settled
from qmectk.errors import InputError
from qmectk.instance import Instance
from qmectk.judging.certificate import Certificate, Reference, relative_gap
from qmectk.judging.judge import judge_all
from qmectk.judging.reference import reference_of
from qmectk.solution import Solution, StreamSolution
from qmectk.status import FEASIBILITY_TOLERANCE, OPTIMALITY_GAP, WORST_FIRST, Quality, Termination

from .answer_file import AnswerFile

#: Largest relative difference between a claim and the measurement that still agrees.
AGREEMENT = 1e-6


class Broken(NamedTuple):
    """A violated constraint: by what amount, in its own unit, how much that is relative to its row, in which frame."""

    amount: float
    relative: float
    frame: int


@dataclass(frozen=True)
class Score:
    """What the answer measures.

    Attributes
    ----------
    objective
        Mean over the frames, None when some frame has none.
    violation
        The largest one over all frames, relative to the row it is of (:mod:`qmectk.judging.feasibility`).
    violations
        Constraint name -> how much it is violated where that is most; only violated ones.
    bound, reference_objective
        Means over the frames of the certified bound and of the best point that is known; None without a reference.
    ratios
        Objective over certified bound, a number a frame; empty without a reference.
    """

    objective: float | None
    violation: float
    violations: dict[str, Broken]
    quality: Quality
    sense: int
    unit: str
    bound: float | None = None
    reference_objective: float | None = None
    ratios: list[float] = field(default_factory=list)
    by: str = ""
    reference_violation: float = 0.0
    rounding: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def feasible(self) -> bool:
        """Whether every constraint holds in every frame."""
        return self.quality in (Quality.FEASIBLE, Quality.OPTIMAL)

    @property
    def gap(self) -> float | None:
        """Relative gap of the objective to the certified bound; None where either is unknown."""
        if self.bound is None or self.objective is None or not self.feasible:
            return None
        return max(0.0, relative_gap(self.objective, self.bound, self.sense))


def score(answer: AnswerFile, instances: Sequence[Instance], reference: Solution | None) -> Score:
    """Measure every frame of `answer`, by the core's judge; `reference` is a certified solution of the same frames.

    Raises
    ------
    InputError
        When the point does not fit the problem.
    """
    beside = _frames(reference, len(instances))
    points = [answer.frame(index) for index in range(len(instances))]
    given = [Answer(one, [], Termination.CONVERGED, point) for one, point in zip(instances, points, strict=True)]
    judged = judge_all(given, beside, backend="", options={}, seed=0)
    for one in judged:
        if one.objective is None:
            raise InputError("; ".join(one.faults))
    objectives = [float("nan") if one.objective is None else one.objective for one in judged]
    found = Score(
        float(np.mean(objectives)) if np.isfinite(objectives).all() else None,
        max(one.violation or 0.0 for one in judged),
        _broken(instances, points, judged),
        min((one.quality for one in judged), key=WORST_FIRST.index),
        judged[0].sense,
        instances[0].unit,
        rounding=max(one.rounding for one in judged),
        notes=list(dict.fromkeys(note for one in judged for note in one.notes)),
    )
    return found if reference is None else _beside(found, objectives, reference, beside)


def _frames(reference: Solution | None, count: int) -> list[Reference | None]:
    """What is certified of every frame; None where nothing is."""
    if reference is None:
        return [None] * count
    frames = reference.solutions if isinstance(reference, StreamSolution) else [reference]
    return [*map(reference_of, frames), *[None] * (count - len(frames))]


def _broken(instances: Sequence[Instance], points: Sequence[Any], judged: Sequence[Solution]) -> dict[str, Broken]:
    """Of each violated constraint, where it is violated most."""
    out: dict[str, Broken] = {}
    for index, one in enumerate(judged):
        if one.feasible:
            continue
        _, found = settled(instances[index], points[index])
        for name, relative in found.relative.items():
            if relative > max(FEASIBILITY_TOLERANCE, out[name].relative if name in out else 0.0):
                out[name] = Broken(found.violations[name], relative, index)
    return out


def _beside(found: Score, objectives: list[float], reference: Solution, frames: Sequence[Reference | None]) -> Score:
    """The score with the certified solution beside it."""
    bounds = [None if one is None else one.bound for one in frames]
    mean, ratios = None, []
    if all(bound is not None for bound in bounds):
        sure = [bound for bound in bounds if bound is not None]
        mean = float(np.mean(sure))
        if found.feasible:
            ratios = [o / b if b != 0.0 else np.nan for o, b in zip(objectives, sure, strict=True)]
    via = reference.info.get("via")
    known = [one for one in frames if one is not None and one.objective is not None]
    complete = len(known) == len(objectives)
    return replace(
        found,
        bound=mean,
        reference_objective=float(np.mean([one.objective for one in known])) if complete else None,
        reference_violation=max((one.violation for one in known), default=0.0),
        ratios=ratios,
        by=reference.backend + (f" via {via}" if via else ""),
    )


def refuted(answer: AnswerFile, found: Score) -> list[str]:
    """The claims that the score contradicts, a sentence each."""
    claims, out = answer.claims, []
    claimed = claims.get("objective")
    if claimed is not None and not _agree(claimed, found.objective, found.rounding):
        out.append(f"it claims an objective of {claimed:.9g}; measured {_shown(found.objective)}")
    if answer.quality in (Quality.FEASIBLE, Quality.OPTIMAL) and not found.feasible:
        out.append(f"it claims to be {answer.quality} and violates {_worst(found)}")
    if claims.get("violation", np.inf) < found.violation - FEASIBILITY_TOLERANCE:
        out.append(f"it claims a violation of {claims['violation']:.3g}; measured {found.violation:.3g}")
    best = _best(found)
    bound = claims.get("bound")
    if bound is not None and best is not None:
        value, violation = best
        exactness = {"violation": violation, "rounding": found.rounding}
        if Certificate(bound, "", "", AGREEMENT / 2.0).refuted_by(value, found.sense, **exactness):
            out.append(f"it claims the bound {bound:.9g}, which a feasible point with {value:.9g} beats")
    out += _too_good(answer, found, None if best is None else best[0])
    return out


def _best(found: Score) -> tuple[float, float] | None:
    """The best feasible objective that is known, the answer's own or the reference's, and its point's violation."""
    known = [
        (found.reference_objective, found.reference_violation),
        (found.objective if found.feasible else None, found.violation),
    ]
    real = [(value, violation) for value, violation in known if value is not None]
    return max(real, key=lambda one: found.sense * one[0]) if real else None


def _too_good(answer: AnswerFile, found: Score, best: float | None) -> list[str]:
    """Claims of being closer to the optimum than the certified reference allows."""
    out: list[str] = []
    if not found.feasible or found.objective is None or best is None:
        return out
    allowed = answer.claims.get("gap", OPTIMALITY_GAP if answer.quality == Quality.OPTIMAL else None)
    behind = relative_gap(found.objective, best, found.sense)
    if allowed is not None and behind > max(allowed, 0.0) + AGREEMENT:
        what = "to be optimal" if answer.quality == Quality.OPTIMAL else f"a gap of {allowed:.3g}"
        out.append(f"it claims {what}, and a feasible point is better by {behind:.3g} relative")
    if found.ratios and found.quality is not Quality.INFEASIBLE:
        worst = (min if found.sense > 0 else max)(found.ratios)
        for name, value in (("mean_ratio", float(np.mean(found.ratios))), ("worst_ratio", worst)):
            claimed = answer.claims.get(name)
            if claimed is not None and found.sense * (claimed - value) > AGREEMENT:
                out.append(f"it claims a {name} of {claimed:.6f}; measured {value:.6f}")
    return out


def _worst(found: Score) -> str:
    """The violated constraint in words."""
    if not found.violations:
        return "the domain of a function"
    name, worst = max(found.violations.items(), key=lambda one: one[1].amount)
    return f"a constraint by {worst.amount:.3g} ('{name}', {worst.relative:.3g} relative)"


def _agree(claimed: float, measured: float | None, rounding: float) -> bool:
    return measured is not None and abs(claimed - measured) <= max(AGREEMENT * abs(measured), rounding)


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value:.9g}"
