"""The core's verdict on an answer: measured objective, feasibility, and a certificate that survives them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from ..attempts.answers import CLAIM, Answer
from ..attempts.settling import settled
from ..errors import InputError
from ..readings.batched import FrameMeasurement, measure_frames
from ..readings.numeric import Measurement
from ..readings.objective_rounding import objective_rounding
from ..readings.rational import Tie, tie
from ..solution import Solution
from ..status import OPTIMALITY_GAP, Quality, Termination
from .certificate import ARITHMETIC, EXACTLY, WITHIN_ROUNDING, Certificate, Reference, tighter, tolerance_fault
from .feasibility import UNIT

#: Said of a point that meets its bound, and its constraints to the tolerance only.
LOOSE = (
    "its point meets the bound, and its constraints only to the tolerance (a relative violation of {:.2g}): with whole "
    "numbers that may be worth another bit, so it counts as feasible and not as optimal"
)


def judge(
    answer: Answer,
    *,
    backend: str,
    options: dict[str, Any],
    seed: int,
    gap: float = OPTIMALITY_GAP,
    reference: Reference | None = None,
    measured: FrameMeasurement | None = None,
    raw: FrameMeasurement | None = None,
    vouched: bool = True,
) -> Solution:
    """Measure an answer on its instance.

    Parameters
    ----------
    reference
        What is certified of the same instance. Its bound is used when it is the tighter one, and its measured point
        refutes a bound of the answer's that it beats.
    measured
        The measurement of its point, when the core has already made it together with others.
    raw
        The same of the point before the backend chose among its candidates.
    vouched
        Whether the backend's proofs count: those of qmectk's own backends do. Anybody else's is kept as his claim where
        there is no other bound, and makes no point optimal.

    Raises
    ------
    InputError
        When a number of the declaration is not finite, which nothing can be measured with.
    """
    instance = answer.instance
    faults: list[str] = list(answer.faults)
    values, found = _counted(answer, measured, faults)
    # the signature refuses a declaration with numbers that are none, and there is no other reason not to be finite
    sense = found.sense if found is not None and math.isfinite(found.violation) else instance.signature.sense
    point = None if found is None else _Point(instance, values, found, _bounds(answer, reference))
    quality = Quality.NONE if point is None else Quality.FEASIBLE if point.feasible else Quality.INFEASIBLE
    if point is not None and not point.agrees(answer.claimed):
        faults.append(f"it claims an objective of {answer.claimed:.9g}; measured {point.objective:.9g}")
    met = point if point is not None and point.feasible else None
    own = _own_certificate(answer, met, reference, sense, faults)
    beside = reference.certificate if reference is not None else None
    refuted: tuple[str, ...] = ()
    if beside is not None and met is not None and met.refutes(beside, sense):
        refuted = (f"this point refutes the reference bound {beside.bound:.12g} of {beside.source}",)
        beside = None
    best = tighter(own if vouched else None, beside, sense)
    notes: tuple[str, ...] = ()
    if met is not None and met.tie is not None:
        notes = (_within_rounding(met.tie),)
    elif best is not None and met is not None:
        if best.met_by(met.objective, sense, gap, met.rounding):
            quality, notes = (quality, (LOOSE.format(met.violation),)) if met.loose else (Quality.OPTIMAL, ())
        elif best.beaten_by(met.objective, sense, met.rounding):
            notes = (_worth_of_slack(met, best),)
            if own is not None and own is not best and answer.termination is Termination.PROVED:
                faults.append(f"its bound {own.bound:.12g} is refuted by the bound {best.bound:.12g} of {best.source}")
                own = None
    if best is None and own is not None and not vouched:
        best = dataclasses.replace(own, claimed=True)
    termination = answer.termination
    if termination is Termination.PROVED and values is not None and not _closed(own, met, sense, gap):
        # a proof about a restricted or penalised view, or one that leaves a gap, does not prove this point
        termination = Termination.CONVERGED
    known = reference is not None and reference.objective is not None
    if termination is Termination.PROVED and values is None and answer.bound is None and known:
        termination = Termination.CONVERGED  # nothing is infeasible that has a measured feasible point
    return Solution(
        problem=instance.label,
        backend=backend,
        options=options,
        seed=seed,
        termination=termination,
        quality=quality,
        objective=None if point is None else point.objective,
        unit=instance.unit,
        sense=sense,
        violation=None if point is None else point.violation,
        certificate=best,
        values=values,
        seconds=answer.seconds,
        route=answer.route,
        reference=reference,
        faults=(*faults, *refuted),
        message=answer.message,
        info=answer.info,
        compilation_seconds=answer.compilation_seconds,
        reference_faults=refuted,
        notes=notes,
        rounding=0.0 if point is None else point.rounding,
        raw_objective=_raw_objective(answer, raw),
    )


def judge_all(
    answers: Sequence[Answer], references: Sequence[Reference | None] | None = None, **settings: Any
) -> list[Solution]:
    """``judge`` each answer of a stream, measuring their points together where the problem can."""
    beside = [None] * len(answers) if references is None else references
    measured: Sequence[FrameMeasurement | None] = [None] * len(answers)
    points = [answer.values for answer in answers if answer.values is not None]
    if len(points) == len(answers) > 1:
        measured = _together(answers, points, beside) or measured
    raws = [answer.raw for answer in answers if answer.raw is not None]
    raw: Sequence[FrameMeasurement | None] = [None] * len(answers)
    if len(raws) == len(answers) > 1:
        raw = measure_frames([answer.instance for answer in answers], raws) or raw
    return [
        judge(answer, reference=reference, measured=one, raw=other, **settings)
        for answer, reference, one, other in zip(answers, beside, measured, raw, strict=True)
    ]


def _raw_objective(answer: Answer, measured: FrameMeasurement | None) -> float | None:
    """What the point is worth from before the backend chose among its candidates; None where it is not feasible."""
    if answer.raw is None:
        return None
    found = measured if measured is not None and measured.feasible else settled(answer.instance, answer.raw)[1]
    return found.objective if found.feasible else None


def _together(
    answers: Sequence[Answer], points: Sequence[dict[str, Any]], beside: Sequence[Reference | None]
) -> list[FrameMeasurement] | None:
    """All points measured at once, weighed where rounding may decide whether a bound is met; None one by one."""
    instances = [answer.instance for answer in answers]
    found = measure_frames(instances, points)
    if found is None:
        return None
    out = list(found)
    doubtful = [
        k for k, one in enumerate(out) if any(_apart(bound, one.objective) for bound in _bounds(answers[k], beside[k]))
    ]
    if len(doubtful) > 1:
        weighed = measure_frames([instances[k] for k in doubtful], [points[k] for k in doubtful], weighed=True)
        for k, one in zip(doubtful, weighed or (), strict=False):
            out[k] = one
    return out


def _bounds(answer: Answer, reference: Reference | None) -> list[float | None]:
    return [answer.bound, None if reference is None else reference.bound]


class _Point:
    """A measured point, and how exactly it was measured, which is worked out only where a bound is nearly met."""

    def __init__(
        self, instance: Any, values: Any, found: Measurement | FrameMeasurement, bounds: Sequence[float | None]
    ) -> None:
        self.instance, self.values = instance, values
        self.objective, self.violation, self.feasible = found.objective, found.violation, found.feasible
        self.rounding = found.rounding or 0.0
        decided = isinstance(found, FrameMeasurement) and not found.ties
        self.tie = tie(instance, values) if self.feasible and not decided else None
        if self.tie is not None:
            self.violation = max(self.violation, WITHIN_ROUNDING)
        # what a bit gains by a little slack is not small: it may be another bit
        whole = self.violation > EXACTLY and instance.signature.discrete
        self.loose = self.feasible and (whole or self.tie is not None)
        doubtful = any(_apart(bound, self.objective) for bound in bounds)
        if found.rounding is None and self.feasible and doubtful:
            self.rounding = self._weighed()

    def _weighed(self) -> float:
        return objective_rounding(self.instance, self.values)

    def agrees(self, claimed: float | None) -> bool:
        """Whether a claimed objective is the measured one, as far as other arithmetic can tell."""
        if claimed is None or math.isclose(claimed, self.objective, rel_tol=CLAIM):
            return True
        # what cancels in the objective cancels to as many digits as a claim must agree to
        return math.isfinite(self.objective) and abs(claimed - self.objective) <= CLAIM / UNIT * self._weighed()

    def refutes(self, bound: Certificate, sense: int) -> bool:
        return bound.refuted_by(self.objective, sense, violation=self.violation, rounding=self.rounding)


def _counted(
    answer: Answer, measured: FrameMeasurement | None, faults: list[str]
) -> tuple[dict[str, Any] | None, Measurement | FrameMeasurement | None]:
    """The point that counts and its measurement, or two times None."""
    if answer.values is None:
        return None, None
    if measured is not None and measured.feasible and measured.whole:
        return answer.values, measured
    try:
        return settled(answer.instance, answer.values)
    except InputError as error:
        faults.append(f"its point does not fit the problem: {error}")
        return None, None


def _apart(bound: float | None, objective: float) -> bool:
    """Whether rounding of the objective may decide: where the two differ by more than is forgiven anyway."""
    return bound is not None and math.isfinite(bound) and abs(bound - objective) > ARITHMETIC * abs(bound)


def _own_certificate(
    answer: Answer, met: _Point | None, reference: Reference | None, sense: int, faults: list[str]
) -> Certificate | None:
    """The answer's certificate, unless its own feasible point, or the reference's, refutes it."""
    if answer.bound is None or not math.isfinite(answer.bound):
        return None
    fault = tolerance_fault(answer.tolerance)
    if fault:
        faults.append(fault)
        return None
    certificate = Certificate(answer.bound, answer.proof or "unstated", answer.source, answer.tolerance)
    refuted = ""
    if met is not None and met.refutes(certificate, sense):
        refuted = f"its own point, which measures {met.objective:.12g}"
    elif reference is not None and reference.objective is not None:
        exactness = {"violation": reference.violation, "rounding": reference.rounding}
        if certificate.refuted_by(reference.objective, sense, **exactness):
            refuted = f"the reference, which measures {reference.objective:.12g}"
    if refuted:
        faults.append(f"its bound {certificate.bound:.12g} is refuted by {refuted}")
    return None if refuted else certificate


def _worth_of_slack(met: _Point, best: Certificate) -> str:
    """What a point gains on a bound by being feasible to the tolerance only."""
    gain = abs(met.objective - best.bound)
    share = f", {gain / abs(best.bound):.2g} of it" if best.bound else ""
    return (
        f"its point is beyond the bound {best.bound:.12g} by {gain:.3g}{share}: that is what its violation of "
        f"{met.violation:.2g} (relative) is worth, so it counts as feasible and not as optimal"
    )


def _within_rounding(found: Tie) -> str:
    """What is left of a point that adds up in decimals and not in the numbers that are declared."""
    return (
        f"its point meets '{found.name}' only within rounding, as 0.1 + 0.2 <= 0.3: in exact arithmetic the declared "
        f"numbers break it by {found.amount:.2g}, so the point counts as feasible and not as optimal; declare whole "
        "numbers, or a scale of the row below which differences do not matter"
    )


def _closed(own: Certificate | None, met: _Point | None, sense: int, gap: float) -> bool:
    """Whether the backend's own bound meets the measured objective."""
    if own is None or met is None or met.loose:
        return False
    return own.met_by(met.objective, sense, gap, met.rounding)
