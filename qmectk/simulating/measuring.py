"""The records of a simulation: its slots are judged as ``solve`` judges frames, many at a time."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..attempts.answers import Answer
from ..attempts.run import run
from ..errors import InputError, QmectkError
from ..judging.certificate import Reference
from ..judging.judge import judge_all
from ..judging.reference import reference_of
from ..plugins import registry
from ..status import Termination
from ..timing.budget import LEAST, Budget

#: Slots measured, and certified where they need it, in one pass. Under a time limit, fewer where they take longer than
#: these seconds, so that little is left to be done at its end, and not so many times more than in the pass before.
BATCH, PASS, GROWTH = 256, 0.25, 8

#: Seconds that loading what certifies slots takes, about (measured: 0.8 to 1.1, drift). Nothing can cut it.
LOADING = 1.0


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
        self.records: dict[str, list[float]] = {}
        self.pending: list[Decided] = []
        self.faults: list[str] = []
        self.warnings: list[str] = []
        self.batch = BATCH  #: slots of the next pass
        self.uncertified = 0  #: slots that the time limit left no time to certify
        self._pace = 0.0  # seconds that a slot took in the last one
        self._loaded = False

    @property
    def owed(self) -> float:
        """Seconds that the slots that wait will take to be measured, about."""
        return self._pace * len(self.pending)

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
        return len(self.pending) >= self.batch

    def flush(self, budget: Budget) -> None:
        """Measure the pending slots together and append them to the records."""
        if not self.pending:
            return
        began, count = budget.elapsed, len(self.pending)
        # what is judged is the point that was applied, which need not be the one that was answered
        answers = [dataclasses.replace(slot.answer, values=slot.values, claimed=None) for slot in self.pending]
        beside = self._references(answers, budget)
        judged = judge_all(answers, beside, backend="", options={}, seed=self.seed, gap=self.gap, vouched=self.believed)
        first = self.recorded
        for i, (slot, found) in enumerate(zip(self.pending, judged, strict=True)):
            for fault in found.faults:
                self.fault(f"slot {first + i}: {fault}")
            own = {
                "objective": _number(found.objective),
                "bound": _number(found.bound),
                "violation": _number(found.violation),
                "replaced": float(slot.replaced),
                "seconds": slot.answer.seconds,
            }
            for name, value in (*own.items(), *slot.facts.items()):
                self.records.setdefault(name, []).append(value)
        lengths = {len(values) for values in self.records.values()}
        if len(lengths) > 1:
            raise InputError("the process does not record the same names in every slot")
        self.pending = []
        if not math.isinf(budget.seconds):
            taken = max(budget.elapsed - began, 1e-9)
            self._pace = taken / count
            self.batch = min(BATCH, max(int(count * min(GROWTH, PASS / taken)), 1))

    def _references(self, answers: list[Answer], budget: Budget) -> list[Reference | None]:
        """What the reference makes of the slots that are not proved by their own backend; None for the others."""
        out: list[Reference | None] = [None] * len(answers)
        known = registry()
        proved = [a.termination is Termination.PROVED and a.bound is not None for a in answers]
        open_ = [i for i, done in enumerate(proved) if not (done and self.believed)]
        if not open_ or not self.reference or known.reference is None:
            return out
        if not self._loaded and budget.remaining < LOADING:
            self.uncertified += len(open_)
            return out
        try:
            share = None if budget.limit is None else max(budget.remaining, LEAST)
            allowance = Budget(share, gap=self.gap)
            self._loaded = True
            done = run([answers[i].instance for i in open_], known.reference, {}, known, allowance, self.seed)
        except QmectkError as error:
            self.reference = False
            self.warnings.append(f"no certified reference: {error}")
            return out
        if getattr(allowance, "interrupted", False):
            raise KeyboardInterrupt  # a stream keeps what it finished; a simulation must stop all the same
        name = known.reference.name
        judged = judge_all(done.answers, backend=name, options={}, seed=self.seed, gap=self.gap)
        for i, solution in zip(open_, judged, strict=False):
            out[i] = reference_of(solution)
        return out

    def fault(self, text: str) -> None:
        """Note what went wrong; ten such sentences are enough."""
        if len(self.faults) < 10:
            self.faults.append(text)


def _number(value: float | None) -> float:
    return np.nan if value is None else value
