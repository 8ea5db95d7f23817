"""``qmectk.simulate``: a process, a backend, and as many slots as wanted."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..backend import Backend
from ..budget import Budget, Report
from ..errors import InputError, QmectkError
from ..plugins import registry
from ..problem import Problem
from ..process import Process, slot_generator
from ..readings.batched import measure_frames
from ..run import Answer, run
from ..solving import _backend, _check_numbers
from ..status import OPTIMALITY_GAP, Termination
from . import checkpoint
from .controller import Controller, usable
from .interrupting import stop_between_slots
from .result import OWN, Simulation

#: Slots measured, and certified where they need it, in one pass.
BATCH = 256

#: Seconds between two checkpoints.
CHECKPOINT_SECONDS = 10.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a simulation; carries what was done until then."""

    def __init__(self, simulation: Simulation, checkpoint: Path | None) -> None:
        super().__init__(f"interrupted after {simulation.done} of {simulation.slots} slots")
        self.simulation, self.checkpoint = simulation, checkpoint


def simulate(
    target: str | Path | Problem,
    backend: str | type[Backend] = "exact",
    *,
    slots: int = 1000,
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    slot_time_limit: float | None = None,
    gap: float = OPTIMALITY_GAP,
    reference: bool = True,
    horizon: bool = False,
    checkpoint_file: str | Path | None = None,
    resume: bool = False,
    report: Report | None = None,
) -> Simulation:
    """Control a time-coupled problem with a backend, slot after slot.

    Arrivals, channels and movements come from the problem's seed alone: two backends see the same ones.
    Every point is measured on the declared problem of its slot, in batches.

    Parameters
    ----------
    target
        A problem file, the name of a shipped problem, or a Problem with a process.
    backend, options
        As for :func:`qmectk.solve`.
    slots
        Slots to simulate, the resumed ones included.
    settings
        Top-level keys of the problem to replace (``{"V": 100}``).
    seed
        Seed of the backend.
    time_limit, slot_time_limit
        Seconds for everything and for one slot. A simulation that runs out of time is incomplete and can be resumed.
    reference
        Certify slots whose answer carries no proof with ``exact``, so that gaps are known.
    horizon
        Also compute the bound over the second half of the slots jointly, where the process has one.
    checkpoint_file
        Where to keep the state every few seconds and on an interruption; by default a file in the cache folder,
        removed when the simulation is complete.
    resume
        Continue from the checkpoint when there is one.

    Raises
    ------
    Interrupted
        On Ctrl-C, after the checkpoint is written.

    Examples
    --------
    >>> import qmectk
    >>> run = qmectk.simulate("drift", "capacity", slots=50, settings={"V": 100})
    >>> run.complete
    True
    """
    known = registry()
    chosen = _backend(backend, known)
    _check_numbers(seed, time_limit, gap)
    if isinstance(slots, bool) or not isinstance(slots, int) or slots < 1:
        raise InputError(f"slots must be a whole number of at least 1, not {slots}")
    problem = with_settings(_problem(target), settings or {})
    process = problem.process()
    if process is None:
        raise InputError(
            f"{problem.name} has no memory: its frames do not depend on each other", "use 'qmectk solve' instead"
        )
    loop = _Loop(problem, process, chosen, dict(options or {}), dict(settings or {}), seed, slots, gap, reference)
    loop.slot_seconds = slot_time_limit
    loop.path = Path(checkpoint_file) if checkpoint_file is not None else checkpoint.default_path(loop.fingerprint)
    loop.named = checkpoint_file is not None
    return loop.run(Budget(time_limit, gap=gap, report=report), resume=resume, horizon=horizon)


def _problem(target: str | Path | Problem) -> Problem:
    if isinstance(target, (str, Path)):
        from ..spec import load

        return load(target)
    if not isinstance(target, Problem):
        raise InputError(f"cannot simulate a {type(target).__name__}", "pass a problem file or a Problem")
    return target


def with_settings(problem: Problem, settings: Mapping[str, Any]) -> Problem:
    """The problem with other values for some of its top-level keys."""
    if not settings:
        return problem
    unknown = [name for name in settings if name not in problem.Params.model_fields]
    if unknown:
        raise InputError(f"problem '{problem.name}' has no '{unknown[0]}'", "its keys: qmectk schema " + problem.name)
    try:
        params = problem.Params.model_validate({**problem.params.model_dump(), **settings})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        raise InputError(f"{problem.name} cannot have this {where}: {first['msg']}") from error
    return type(problem)(params, problem.source)


class _Loop:
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
        self.gap, self.reference = gap, reference
        self.slot_seconds: float | None = None
        self.path: Path | None = None
        self.named = False
        self.records: dict[str, list[float]] = {}
        self.pending: list[tuple[Answer, dict[str, Any], bool, dict[str, float]]] = []
        #: state at the beginning of the next slot, and how many slots lie before it; always set together
        self.mark: tuple[Any, int] = (None, 0)
        self.faults: list[str] = []
        self.warnings: list[str] = list(problem.concerns())
        self.sense = 1
        content = problem.params.model_dump(mode="json", exclude={"frames"})
        about = [problem.name, content, chosen.name, {k: str(v) for k, v in options.items()}, seed, gap, reference]
        self.fingerprint = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def run(self, budget: Budget, *, resume: bool, horizon: bool) -> Simulation:
        start = time.perf_counter()
        first = self.process.reset(np.random.default_rng([self.problem.params.seed, 0]))
        self.mark = (first, 0)
        if resume and self.path is not None and self.path.is_file():
            slot, state, self.records = checkpoint.load(self.path, self.fingerprint, first)
            self.mark = (state, slot)
        instance = self.process.instance(self.mark[0])
        self.sense, self.unit = instance.signature.sense, instance.unit
        self.controller = Controller(instance, self.chosen, self.options, registry(), budget, self.seed)
        saved = time.perf_counter() - CHECKPOINT_SECONDS + 1.0  # the first one soon
        try:
            with stop_between_slots() as stop:
                while self.mark[1] < self.slots and not (self.mark[1] and budget.expired()):
                    stop.check()
                    self._slot(budget)
                    if len(self.pending) >= BATCH:
                        self._flush(budget)
                        budget.report(self.chosen.name, self.mark[1], self.slots)
                        if time.perf_counter() - saved > CHECKPOINT_SECONDS:
                            self._save()
                            saved = time.perf_counter()
                self._flush(budget)
        except KeyboardInterrupt as error:
            del self.pending[self.mark[1] - self._recorded() :]  # a slot that was cut off in the middle
            self._flush(budget)
            self._save()
            raise Interrupted(self._result(start, None), self.path) from error
        budget.report(self.chosen.name, self.mark[1], self.slots)
        bound = self._horizon() if horizon else None
        if self.mark[1] < self.slots:
            self._save()
        elif self.path is not None and not self.named:
            self.path.unlink(missing_ok=True)
        elif self.named:
            self._save()
        return self._result(start, bound)

    def _recorded(self) -> int:
        return len(next(iter(self.records.values()), []))

    def _slot(self, budget: Budget) -> None:
        state, slot = self.mark
        instance = self.process.instance(state)
        limit = self.slot_seconds
        if budget.limit is not None:
            limit = budget.remaining if limit is None else min(limit, budget.remaining)
        answer = self.controller.decide(instance, slot, Budget(limit, gap=self.gap))
        values, replaced = usable(answer, self.process, slot, check=self.controller.unsure)
        after, facts = self.process.advance(state, values, slot_generator(self.problem.params.seed, slot))
        self.pending.append((answer, values, replaced, facts))
        self.mark = (after, slot + 1)

    def _flush(self, budget: Budget) -> None:
        """Measure the pending slots together and append them to the records."""
        if not self.pending:
            return
        answers = [answer for answer, _, _, _ in self.pending]
        instances = [answer.instance for answer in answers]
        points = [values for _, values, _, _ in self.pending]
        measured = measure_frames(instances, points) if len(points) > 1 else None
        if measured is None:
            measured = [instance.measure(point) for instance, point in zip(instances, points, strict=True)]  # type: ignore[misc]
        bounds = self._bounds(answers, budget)
        first = self._recorded()
        for i, ((answer, _, replaced, facts), found) in enumerate(zip(self.pending, measured, strict=True)):
            bound = bounds[i]
            if np.isfinite(bound) and self.sense * (found.objective - bound) > 2e-6 * max(1.0, abs(bound)):
                self._fault(
                    f"slot {first + i}: the bound {bound:.12g} is refuted by a point worth {found.objective:.12g}"
                )
                bound = np.nan
            for fault in answer.faults:
                self._fault(f"slot {first + i}: {fault}")
            own = {
                "objective": found.objective,
                "bound": bound,
                "violation": found.violation,
                "replaced": float(replaced),
                "seconds": answer.seconds,
            }
            for name, value in (*own.items(), *facts.items()):
                self.records.setdefault(name, []).append(value)
        lengths = {len(values) for values in self.records.values()}
        if len(lengths) > 1:
            raise InputError("the process does not record the same names in every slot")
        self.pending = []

    def _bounds(self, answers: list[Answer], budget: Budget) -> list[float]:
        """The bound of every slot: the backend's own where it proves its answer, else that of ``exact``."""
        own = [np.nan if a.bound is None else float(a.bound) for a in answers]
        open_ = [i for i, a in enumerate(answers) if a.termination is not Termination.PROVED or a.bound is None]
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
                own[i] = float(tighter(own[i], answer.bound))
        return own

    def _fault(self, text: str) -> None:
        if len(self.faults) < 10:
            self.faults.append(text)

    def _save(self) -> None:
        if self.path is None:
            return
        try:
            checkpoint.save(self.path, self.fingerprint, self.mark[1], self.mark[0], self.records)
        except OSError as error:
            warnings.warn(f"the simulation could not be kept in {self.path} ({error})", stacklevel=4)

    def _horizon(self) -> dict[str, Any] | None:
        bound = getattr(self.process, "bound", None)
        if bound is None:
            self.warnings.append(f"{self.problem.name} has no bound over a horizon")
            return None
        # the second half of the slots, as the averages it is compared with
        done = self.mark[1]
        found: dict[str, Any] = bound(self.problem.params.seed, done // 2, done).as_dict()
        if found.get("message"):
            self.warnings.append(found["message"])
        return found

    def _result(self, start: float, horizon: dict[str, Any] | None) -> Simulation:
        names = [*OWN, *(name for name in self.records if name not in OWN)]
        records = {name: np.array(self.records.get(name, []), dtype=float) for name in names}
        traits = self.process
        infeasible = int(np.sum(records["violation"] > 1e-6))
        if infeasible:
            worst = float(np.max(records["violation"]))
            self._fault(f"{infeasible} slots had a point that violates a constraint, by up to {worst:.3g}")
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
            str(getattr(traits, "goal", "")),
            records,
            tuple(name for name in getattr(traits, "backlogs", ()) if name in records),
            dict(getattr(traits, "units", {})),
            time.perf_counter() - start,
            self.controller.route.describe(),
            horizon,
            training=self.controller.training,
            warnings=tuple(self.warnings),
            faults=tuple(self.faults),
        )
        derive = getattr(traits, "derived", None)
        if derive is not None and made.done:
            made.derived.update(derive(made.means()))
        return made
