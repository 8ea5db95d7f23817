"""Scoring an answer on the declared problem, and holding its claims against the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qmectk.certificate import relative_gap
from qmectk.problem import Instance
from qmectk.solution import Solution, StreamSolution
from qmectk.status import FEASIBILITY_TOLERANCE, OPTIMALITY_GAP, Quality

from .answer_file import AnswerFile

#: Largest relative difference between a claim and the measurement that still agrees.
AGREEMENT = 1e-6


@dataclass(frozen=True)
class Score:
    """What the answer measures.

    Attributes
    ----------
    objective
        Mean over the frames, None when some frame has none.
    violations
        Constraint name -> (largest amount over all frames, the frame it occurs in); only violated ones.
    bound, reference_objective
        Means over the frames of the certified bound and of the best point that is known; None without a reference.
    ratios
        Objective over certified bound, a number a frame; empty without a reference.
    """

    objective: float | None
    violation: float
    violations: dict[str, tuple[float, int]]
    quality: Quality
    sense: int
    unit: str
    bound: float | None = None
    reference_objective: float | None = None
    ratios: list[float] = field(default_factory=list)
    by: str = ""

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
    """Measure every frame of `answer`; `reference` is a certified solution of the same frames."""
    objectives: list[float] = []
    violations: dict[str, tuple[float, int]] = {}
    worst = 0.0
    for index, instance in enumerate(instances):
        measured = instance.measure(answer.frame(index))
        objectives.append(measured.objective)
        worst = max(worst, measured.violation)
        for name, amount in measured.violations.items():
            if amount > max(FEASIBILITY_TOLERANCE, violations.get(name, (0.0, 0))[0]):
                violations[name] = (amount, index)
    signature, unit = instances[0].signature, instances[0].unit
    feasible = worst <= FEASIBILITY_TOLERANCE
    objective = float(np.mean(objectives)) if np.isfinite(objectives).all() else None
    found = Score(
        objective, worst, violations, Quality.FEASIBLE if feasible else Quality.INFEASIBLE, signature.sense, unit
    )
    if reference is None:
        return found
    return _beside(found, objectives, reference)


def _beside(found: Score, objectives: list[float], reference: Solution) -> Score:
    """The score with the certified solution beside it."""
    frames: Sequence[Solution] = reference.solutions if isinstance(reference, StreamSolution) else [reference]
    bounds = [one.bound for one in frames]
    quality, mean, ratios = found.quality, None, []
    if len(frames) == len(objectives) and all(bound is not None for bound in bounds):
        sure = [bound for bound in bounds if bound is not None]
        mean = float(np.mean(sure))
        if found.feasible:
            proofs = [one.certificate for one in frames if one.certificate is not None]
            if all(p.met_by(o, found.sense, OPTIMALITY_GAP) for p, o in zip(proofs, objectives, strict=True)):
                quality = Quality.OPTIMAL
            ratios = [o / b if b != 0.0 else np.nan for o, b in zip(objectives, sure, strict=True)]
    via = reference.info.get("via")
    known = [one.objective for one in frames if one.objective is not None and one.feasible]
    return Score(
        found.objective,
        found.violation,
        found.violations,
        quality,
        found.sense,
        found.unit,
        mean,
        float(np.mean(known)) if len(known) == len(objectives) else None,
        ratios,
        reference.backend + (f" via {via}" if via else ""),
    )


def refuted(answer: AnswerFile, found: Score) -> list[str]:
    """The claims that the score contradicts, a sentence each."""
    claims, out = answer.claims, []
    claimed = claims.get("objective")
    if claimed is not None and not _agree(claimed, found.objective):
        out.append(f"it claims an objective of {claimed:.9g}; measured {_shown(found.objective)}")
    if answer.quality in (Quality.FEASIBLE, Quality.OPTIMAL) and not found.feasible:
        out.append(f"it claims to be {answer.quality} and violates a constraint by {found.violation:.3g}")
    if claims.get("violation", np.inf) < found.violation - FEASIBILITY_TOLERANCE:
        out.append(f"it claims a violation of {claims['violation']:.3g}; measured {found.violation:.3g}")
    best = _best(found)
    bound = claims.get("bound")
    if bound is not None and best is not None and relative_gap(best, bound, found.sense) < -AGREEMENT:
        out.append(f"it claims the bound {bound:.9g}, which a feasible point with {best:.9g} beats")
    out += _too_good(answer, found, best)
    return out


def _best(found: Score) -> float | None:
    """The best feasible objective that is known: the answer's own or the reference's."""
    known = [found.reference_objective, found.objective if found.feasible else None]
    real = [value for value in known if value is not None]
    return max(real, key=lambda value: found.sense * value) if real else None


def _too_good(answer: AnswerFile, found: Score, best: float | None) -> list[str]:
    """Claims of being closer to the optimum than the certified reference allows."""
    out: list[str] = []
    if not found.feasible or found.objective is None or best is None:
        return out
    allowed = answer.claims.get("gap", OPTIMALITY_GAP if answer.quality == Quality.OPTIMAL else None)
    behind = found.sense * (best - found.objective) / max(abs(best), 1e-12)
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


def _agree(claimed: float, measured: float | None) -> bool:
    return measured is not None and abs(claimed - measured) <= AGREEMENT * max(abs(measured), 1e-12)


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value:.9g}"
