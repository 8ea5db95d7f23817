"""The records of a simulation: its slots are measured, and certified where they need it, many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..budget import Budget
from ..errors import InputError, QmectkError
from ..plugins import registry
from ..readings.batched import measure_frames
from ..run import Answer, run
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
        measured = measure_frames(instances, points) if len(points) > 1 else None
        if measured is None:
            measured = [instance.measure(point) for instance, point in zip(instances, points, strict=True)]  # type: ignore[misc]
        bounds = self._bounds(answers, budget)
        first = self.recorded
        for i, (slot, found) in enumerate(zip(self.pending, measured, strict=True)):
            bound = bounds[i]
            if np.isfinite(bound) and self.sense * (found.objective - bound) > 2e-6 * max(1.0, abs(bound)):
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

    def _bounds(self, answers: list[Answer], budget: Budget) -> list[float]:
        """The bound of every slot: the backend's own where it proves its answer, else that of ``exact``."""
        own = [np.nan if a.bound is None else float(a.bound) for a in answers]
        proved = [a.termination is Termination.PROVED and a.bound is not None for a in answers]
        open_ = [i for i, done in enumerate(proved) if not (done and self.believed)]
        if not open_ or not self.reference:
            return own
        known = registry()
        if "exact" not in known.backends:
            return own
        try:
            share = None if budget.limit is None else max(budget.remaining, 0.1)
            allowance = Budget(share, gap=self.gap)
            done = run([answers[i].instance for i in open_], known.backend("exact"), {}, known, allowance, self.seed)
        except QmectkError as error:
            if self.reference:
                self.reference = False
                self.warnings.append(f"no certified reference: {error}")
            return own
        if getattr(allowance, "interrupted", False):
            raise KeyboardInterrupt  # a stream keeps what it finished; a simulation must stop all the same
        for i, answer in zip(open_, done.answers, strict=False):
            if answer.bound is not None:
                tighter = np.fmin if self.sense > 0 else np.fmax
                own[i] = float(tighter(own[i], answer.bound)) if self.believed else float(answer.bound)
        return own

    def fault(self, text: str) -> None:
        """Note what went wrong; ten such sentences are enough."""
        if len(self.faults) < 10:
            self.faults.append(text)
