"""The records of a simulation: its slots are measured, and certified where they need it, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..budget import Budget
from ..certificate import Certificate, tighter
from ..errors import InputError, QmectkError
from ..plugins import registry
from ..readings.batched import FrameMeasurement, measure_frames
from ..readings.numeric import Measurement, weigh
from ..readings.rational import tie
from ..run import Answer, run
from ..settling import settled
from ..status import Termination

#: Slots measured, and certified where they need it, in one pass.
BATCH = 256


@dataclass(frozen=True)
class Decided:
    """A slot that is over and not yet measured.

    Attributes
    ----------
    answer
        What the backend said.
    values, replaced
        The point that was applied, and whether it is doing nothing instead of the answer's.
    facts
        What the process recorded.
    """

    answer: Answer
    values: dict[str, Any]
    replaced: bool
    facts: dict[str, float]


class Ledger:
    """Records by name, one number a slot, and the slots that wait to be measured.

    Parameters
    ----------
    seed, gap
        Of the certified reference.
    reference
        Whether slots without a proof are certified by ``exact``; becomes False where that cannot be had.
    believed
        Whether the backend's own proofs make that unnecessary: those of qmectk's own backends do.
    """

    def __init__(self, seed: int, gap: float, reference: bool, believed: bool = True) -> None:
        self.seed, self.gap, self.reference, self.believed = seed, gap, reference, believed
        self.sense = 1
        self.records: dict[str, list[float]] = {}
        self.pending: list[Decided] = []
        self.faults: list[str] = []
        self.warnings: list[str] = []

    @property
    def recorded(self) -> int:
        """Slots in the records."""
        return len(next(iter(self.records.values()), []))

    def add(self, slot: Decided) -> None:
        """A slot to be measured with the next flush."""
        self.pending.append(slot)

    @property
    def full(self) -> bool:
        """Whether a batch is waiting."""
        return len(self.pending) >= BATCH

    def flush(self, budget: Budget) -> None:
        """Measure the pending slots together and append them to the records."""
        if not self.pending:
            return
        answers = [slot.answer for slot in self.pending]
        instances = [answer.instance for answer in answers]
        points = [slot.values for slot in self.pending]
        together: Sequence[FrameMeasurement | None] = [None] * len(points)
        if len(points) > 1:
            together = measure_frames(instances, points) or together
        measured: list[Measurement | FrameMeasurement] = [
            # what a solver leaves of noise in a point breaks nothing
            found if found is not None and found.feasible else settled(instance, point)[1]
            for found, instance, point in zip(together, instances, points, strict=True)
        ]
        bounds = self._bounds(answers, budget)
        first = self.recorded
        for i, (slot, found) in enumerate(zip(self.pending, measured, strict=True)):
            certificate = bounds[i]
            bound = np.nan if certificate is None else certificate.bound
            if certificate is not None and self._refutes(slot, found, certificate):
                self.fault(
                    f"slot {first + i}: the bound {bound:.12g} is refuted by a point worth {found.objective:.12g}"
                )
                bound = np.nan
            for fault in slot.answer.faults:
                self.fault(f"slot {first + i}: {fault}")
            own = {
                "objective": found.objective,
                "bound": bound,
                "violation": found.violation,
                "replaced": float(slot.replaced),
                "seconds": slot.answer.seconds,
            }
            for name, value in (*own.items(), *slot.facts.items()):
                self.records.setdefault(name, []).append(value)
        lengths = {len(values) for values in self.records.values()}
        if len(lengths) > 1:
            raise InputError("the process does not record the same names in every slot")
        self.pending = []

    def _refutes(self, slot: Decided, found: Measurement | FrameMeasurement, certificate: Certificate) -> bool:
        """Whether the point of a slot refutes its bound, by the rule of ``solve``."""
        if not certificate.beaten_by(found.objective, self.sense):
            return False
        instance = slot.answer.instance
        if tie(instance, slot.values) is not None:
            return False
        rounding = weigh(instance, slot.values).rounding or 0.0
        return certificate.refuted_by(found.objective, self.sense, violation=found.violation, rounding=rounding)

    def _bounds(self, answers: list[Answer], budget: Budget) -> list[Certificate | None]:
        """The bound of every slot: the backend's own where it proves its answer, else that of ``exact``."""
        own = [_certificate(answer) for answer in answers]
        proved = [a.termination is Termination.PROVED and a.bound is not None for a in answers]
        open_ = [i for i, done in enumerate(proved) if not (done and self.believed)]
        if not open_ or not self.reference:
            return own
        known = registry()
        if known.reference is None:
            return own
        try:
            share = None if budget.limit is None else max(budget.remaining, 0.1)
            allowance = Budget(share, gap=self.gap)
            done = run([answers[i].instance for i in open_], known.reference, {}, known, allowance, self.seed)
        except QmectkError as error:
            if self.reference:
                self.reference = False
                self.warnings.append(f"no certified reference: {error}")
            return own
        if getattr(allowance, "interrupted", False):
            raise KeyboardInterrupt  # a stream keeps what it finished; a simulation must stop all the same
        for i, answer in zip(open_, done.answers, strict=False):
            beside = _certificate(answer)
            if beside is not None:
                own[i] = tighter(own[i] if self.believed else None, beside, self.sense)
        return own

    def fault(self, text: str) -> None:
        """Note what went wrong; ten such sentences are enough."""
        if len(self.faults) < 10:
            self.faults.append(text)


def _certificate(answer: Answer) -> Certificate | None:
    """The bound of an answer with the tolerance it is stated up to."""
    if answer.bound is None or not np.isfinite(answer.bound):
        return None
    return Certificate(float(answer.bound), answer.proof or "unstated", answer.source, answer.tolerance)
