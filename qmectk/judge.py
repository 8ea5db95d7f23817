"""The core's verdict on an answer: measured objective, feasibility, and a certificate that survives them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .certificate import Certificate, tolerance_fault
from .errors import InputError
from .readings.batched import FrameMeasurement, measure_frames
from .run import Answer
from .solution import Solution
from .status import FEASIBILITY_TOLERANCE, OPTIMALITY_GAP, Quality, Termination


def judge(
    answer: Answer,
    *,
    backend: str,
    options: dict[str, Any],
    seed: int,
    gap: float = OPTIMALITY_GAP,
    reference: Solution | None = None,
    measured: FrameMeasurement | None = None,
) -> Solution:
    """Measure an answer on its instance.

    Parameters
    ----------
    reference
        A certified solution of the same instance. Its bound is used when it is the tighter one, and its measured point
        refutes a bound of the answer's that it beats.
    measured
        The measurement of its point, when the core has already made it together with others.
    """
    instance = answer.instance
    sense = measured.sense if measured is not None else instance.signature.sense
    faults: list[str] = list(answer.faults)
    refuted: tuple[str, ...] = ()
    objective, violation, values = None, None, answer.values
    quality = Quality.NONE
    if values is not None:
        try:
            found = measured or instance.measure(values)
        except InputError as error:
            faults.append(f"its point does not fit the problem: {error}")
            values = None
        else:
            objective, violation = found.objective, found.violation
            quality = Quality.FEASIBLE if violation <= FEASIBILITY_TOLERANCE else Quality.INFEASIBLE
            claimed = answer.claimed
            if claimed is not None and not math.isclose(claimed, objective, rel_tol=1e-5, abs_tol=1e-7):
                faults.append(f"it claims an objective of {claimed:.9g}; measured {objective:.9g}")
    met = objective if quality is Quality.FEASIBLE else None
    known = reference.objective if reference is not None and reference.feasible else None
    certificate = _own_certificate(answer, met, known, sense, faults)
    beside = reference.certificate if reference is not None else None
    if beside is not None and met is not None and beside.refuted_by(met, sense):
        refuted = (f"this point refutes the reference bound {beside.bound:.12g} of {beside.source}",)
        beside = None
    best = _tighter(certificate, beside, sense)
    if best is not None and met is not None and best.met_by(met, sense, gap):
        quality = Quality.OPTIMAL
    termination = answer.termination
    if termination is Termination.PROVED and values is not None and not _closed(certificate, met, sense, gap):
        # a proof about a restricted or penalised view, or one that leaves a gap, does not prove this point
        termination = Termination.CONVERGED
    if termination is Termination.PROVED and values is None and answer.bound is None and known is not None:
        termination = Termination.CONVERGED  # nothing is infeasible that has a measured feasible point
    return Solution(
        instance.label,
        backend,
        options,
        seed,
        termination,
        quality,
        objective,
        instance.unit,
        sense,
        violation,
        best,
        values,
        answer.seconds,
        answer.route,
        _beside(reference),
        (*faults, *refuted),
        answer.message,
        answer.info,
        answer.compilation_seconds,
        refuted,
    )


def judge_all(
    answers: Sequence[Answer], references: Sequence[Solution | None] | None = None, **settings: Any
) -> list[Solution]:
    """``judge`` each answer of a stream, measuring their points together where the problem can."""
    beside = [None] * len(answers) if references is None else references
    measured: Sequence[FrameMeasurement | None] = [None] * len(answers)
    points = [answer.values for answer in answers if answer.values is not None]
    if len(points) == len(answers) > 1:
        measured = measure_frames([answer.instance for answer in answers], points) or measured
    return [
        judge(answer, reference=reference, measured=one, **settings)
        for answer, reference, one in zip(answers, beside, measured, strict=True)
    ]


def _own_certificate(
    answer: Answer, objective: float | None, known: float | None, sense: int, faults: list[str]
) -> Certificate | None:
    """The answer's certificate, unless its own feasible point, or the reference's, refutes it."""
    if answer.bound is None or not math.isfinite(answer.bound):
        return None
    fault = tolerance_fault(answer.tolerance)
    if fault:
        faults.append(fault)
        return None
    certificate = Certificate(answer.bound, answer.proof or "unstated", answer.source, answer.tolerance)
    for measured, whose in ((objective, "its own point"), (known, "the reference")):
        if measured is not None and certificate.refuted_by(measured, sense):
            faults.append(f"its bound {certificate.bound:.12g} is refuted by {whose}, which measures {measured:.12g}")
            return None
    return certificate


def _closed(own: Certificate | None, met: float | None, sense: int, gap: float) -> bool:
    """Whether the backend's own bound meets the measured objective."""
    return own is not None and met is not None and own.met_by(met, sense, gap)


def _tighter(own: Certificate | None, other: Certificate | None, sense: int) -> Certificate | None:
    """The one that says more for certain: a coarse tolerance must not win over a fine proof."""
    if own is None or other is None:
        return own or other
    return own if sense * own.outermost(sense) <= sense * other.outermost(sense) else other


def _beside(reference: Solution | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {
        "backend": reference.backend,
        "via": reference.info.get("via", reference.backend),
        "objective": reference.objective,
        "bound": reference.bound,
        "proved": reference.quality is Quality.OPTIMAL,
        "seconds": reference.seconds,
    }
