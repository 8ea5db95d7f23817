"""The loop: slot after slot, with checkpoints on the way and a clean end wherever it is stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import Backend
from ..errors import Infeasible
from ..instance import Instance
from ..plugins import registry
from ..problem import Problem
from ..seeds import Stream, generator
from ..status import Termination
from ..timing.budget import Budget
from ..timing.deadline import Expired, limited
from ..timing.interrupting import postponed
from ..worlds.process import Process, slot_generator
from . import checkpoint
from .controller import Controller, usable
from .measuring import Decided, Ledger
from .result import Simulation
from .trajectory import OWN

#: Seconds between two checkpoints.
CHECKPOINT_SECONDS = 10.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a simulation; carries what was done until then."""

    def __init__(self, simulation: Simulation, checkpoint: Path | None) -> None:
        super().__init__(f"interrupted after {simulation.done} of {simulation.slots} slots")
        self.simulation, self.checkpoint = simulation, checkpoint


class Loop:
    """The state of one simulation."""

    def __init__(
        self,
        problem: Problem,
        process: Process[Any],
        chosen: type[Backend],
        options: dict[str, Any],
        settings: dict[str, Any],
        seed: int,
        slots: int,
        gap: float,
        reference: bool,
    ) -> None:
        self.problem, self.process, self.chosen = problem, process, chosen
        self.options, self.settings, self.seed, self.slots = options, settings, seed, slots
        self.gap = gap
        self.ledger = Ledger(seed, gap, reference, registry().ships(chosen))
        self.ledger.warnings += problem.concerns()
        self.slot_seconds: float | None = None
        #: a backend that is trained already, and what its training took; None: the controller makes and trains its own
        self.taught: tuple[Backend, dict[str, Any]] | None = None
        self.path: Path | None = None
        self.named = False
        #: state at the beginning of the next slot, and how many slots lie before it; always set together
        self.mark: tuple[Any, int] = (None, 0)
        self._first = 0  # the slot that this run began with
        content = problem.params.model_dump(mode="json", exclude={"frames"})
        about = [problem.name, content, chosen.name, {k: str(v) for k, v in options.items()}, seed, gap, reference]
        self.fingerprint = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def run(self, budget: Budget, *, resume: bool, horizon: bool) -> Simulation:
        """Slots until there are enough, until the time is up, or until Ctrl-C."""
        start = time.perf_counter()
        try:
            first = limited(budget.patience, lambda: self._begin(budget, resume=resume))
        except Expired:
            raise self._too_short(budget) from None
        self.controller.train(first, budget)
        saved = time.perf_counter() - CHECKPOINT_SECONDS + 1.0  # the first one soon
        try:
            with postponed() as stop:
                while self.mark[1] < self.slots and not (self.mark[1] and budget.remaining <= self.ledger.owed):
                    stop.check()
                    try:
                        if not limited(budget.patience, lambda: self._slot(budget)):
                            break
                    except Expired:
                        if not self.mark[1]:
                            raise self._too_short(budget) from None
                        self._uncut()
                        break
                    if self.ledger.full:
                        self.ledger.flush(budget)
                        budget.report(self.chosen.name, self.mark[1], self.slots)
                        if time.perf_counter() - saved > CHECKPOINT_SECONDS:
                            self._save()
                            saved = time.perf_counter()
                self.ledger.flush(budget)
        except KeyboardInterrupt as error:
            self._uncut()
            self.ledger.flush(budget)
            self._save()
            raise Interrupted(self._result(start, None), self.path) from error
        budget.report(self.chosen.name, self.mark[1], self.slots)
        if self.ledger.uncertified:
            warning = f"the time limit left no time to certify slots: {self.ledger.uncertified} have no bound"
            self.ledger.warnings.append(warning)
        bound = None
        if horizon:
            try:
                bound = limited(budget.patience, self._horizon)
            except Expired:
                self.ledger.warnings.append("the time limit ended before the bound over the horizon was known")
        if self.mark[1] < self.slots:
            self._save()
        elif self.path is not None and not self.named:
            self.path.unlink(missing_ok=True)
        elif self.named:
            self._save()
        return self._result(start, bound)

    def _begin(self, budget: Budget, *, resume: bool) -> Instance:
        """The state that the first slot begins with, its instance, and the controller."""
        first = self.process.reset(generator(Stream.PATH, self.problem.params.seed))
        self.mark = (first, 0)
        if resume and self.path is not None:
            kept = checkpoint.resumed(self.path, self.fingerprint, first, named=self.named)
            if kept is not None:
                slot, state, self.ledger.records = kept
                self.mark = (state, slot)
        self._first = self.mark[1]
        instance = self.process.instance(self.mark[0])
        if not math.isinf(budget.seconds):
            self.ledger.batch = 1  # what measures and certifies slots is loaded with the first one
        self.sense, self.unit = instance.signature.sense, instance.unit
        self.controller = Controller(instance, self.chosen, self.options, registry(), self.seed, self.taught)
        return instance

    def _uncut(self) -> None:
        """Forget a slot that was cut off in the middle."""
        del self.ledger.pending[self.mark[1] - self.ledger.recorded :]

    def _too_short(self, budget: Budget) -> Infeasible:
        message = f"the time limit of {budget.seconds:g} s ended before the first slot of {self.problem.name} was over"
        return Infeasible(message, "allow more time")

    def _slot(self, budget: Budget) -> bool:
        """Decide the next slot; False where the end of the limit cut that short; a resumed run decides it anew."""
        state, slot = self.mark
        instance = self.process.instance(state)
        limit = self.slot_seconds
        if budget.limit is not None:
            limit = budget.remaining if limit is None else min(limit, budget.remaining)
        answer = self.controller.decide(instance, slot, Budget(limit, gap=self.gap))
        if slot > self._first and answer.termination is Termination.BUDGET and budget.expired():
            return False
        if slot == self._first and self.controller.learned and answer.termination is Termination.BUDGET:
            self.ledger.warnings.append(f"backend '{self.controller.kind.name}': {answer.message}")
        values, replaced = usable(answer, self.process, slot, check=self.controller.unsure)
        after, facts = self.process.advance(state, values, slot_generator(self.problem.params.seed, slot))
        self.ledger.add(Decided(answer, values, replaced, facts))
        self.mark = (after, slot + 1)
        return True

    def _save(self) -> None:
        if self.path is None:
            return
        try:
            checkpoint.save(self.path, self.fingerprint, self.mark[1], self.mark[0], self.ledger.records)
        except OSError as error:
            warnings.warn(f"the simulation could not be kept in {self.path} ({error})", stacklevel=4)

    def _horizon(self) -> dict[str, Any] | None:
        # the second half of the slots, as the averages it is compared with
        done = self.mark[1]
        bound = self.process.bound(self.problem.params.seed, done // 2, done)
        if bound is None:
            self.ledger.warnings.append(f"{self.problem.name} has no bound over a horizon")
            return None
        found: dict[str, Any] = bound.as_dict()
        if found.get("message"):
            self.ledger.warnings.append(found["message"])
        return found

    def _result(self, start: float, horizon: dict[str, Any] | None) -> Simulation:
        found = self.ledger.records
        names = [*OWN, *(name for name in found if name not in OWN)]
        records = {name: np.array(found.get(name, []), dtype=float) for name in names}
        traits = self.process
        infeasible = int(np.sum(records["violation"] > 1e-6))
        if infeasible:
            worst = float(np.max(records["violation"]))
            self.ledger.fault(f"{infeasible} slots had a point that violates a constraint, by up to {worst:.3g}")
        made = Simulation(
            self.problem.name,
            str(getattr(self.problem.params, "title", getattr(self.problem.params, "preset", ""))),
            self.chosen.name,
            self.controller.kind.name,
            self.options,
            self.settings,
            self.seed,
            self.problem.params.seed,
            self.slots,
            self.sense,
            self.unit,
            traits.goal,
            records,
            tuple(name for name in traits.backlogs if name in records),
            dict(traits.units),
            time.perf_counter() - start,
            self.controller.route.describe(),
            horizon,
            training=self.controller.training,
            warnings=tuple(self.ledger.warnings),
            faults=tuple(self.ledger.faults),
        )
        if made.done:
            made.derived.update(traits.derived(made.means()))
            made = dataclasses.replace(made, unmet=traits.unmet(made.means(), made.rates()))
        return made
