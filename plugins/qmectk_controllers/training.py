"""Training a controller: from the cache, from a checkpoint onwards, or from the start."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from qmectk.errors import Refused
from qmectk.seeds import generator
from qmectk.timing.budget import Budget
from qmectk_learned.cache import Entry, policy_key
from qmectk_learned.going_on import from_cache, go_through, refuse_without_start, resumed

from .learner import UPDATE, Arrays, Decider, Learner
from .options import ControllerOptions

if TYPE_CHECKING:
    from qmectk.problem import Problem

#: Rows of a learning curve, and how often progress is reported.
TICKS = 50


@dataclass
class Progress:
    """Where a training stands; plain values, so that a checkpoint can hold them.

    Attributes
    ----------
    position, seconds
        Updates done, and wall clock over all calls.
    curve
        About fifty rows: the update, and the means of the learner's numbers since the row before.
    sums, count
        Of the numbers since the last row.
    """

    position: int = 0
    seconds: float = 0.0
    curve: list[list[float | None]] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)
    count: int = 0


class Training:
    """A learner that is taken through its updates; :func:`~qmectk_learned.going_on.go_through` does it."""

    def __init__(self, learner: Learner, budget: Budget) -> None:
        self.learner, self.budget = learner, budget
        self.progress = Progress()
        self._kept: tuple[dict[str, NDArray[Any]], dict[str, Any]] | None = None
        self._within = False  #: in the middle of an update, where nothing fits together

    @property
    def total(self) -> int:
        """Updates in all."""
        return self.learner.updates

    @property
    def finished(self) -> bool:
        """Whether all of them are done."""
        return self.progress.position >= self.total

    def advance(self, budget: Budget | None = None) -> bool:
        """One update; whether a row of the curve was finished."""
        at = self.progress
        self._within = True
        numbers = self.learner.update(at.position, generator(UPDATE, self.learner.seed, at.position))
        self._within = False
        values = [float(numbers[name]) for name in self.learner.columns]
        at.sums = [a + b for a, b in zip(at.sums, values, strict=True)] if at.count else values
        at.position, at.count = at.position + 1, at.count + 1
        every = max(self.total // TICKS, 1)
        ticked = at.position % every == 0 or self.finished
        if ticked:
            at.curve.append([float(at.position), *(total / at.count for total in at.sums)])
            at.count = 0
            self._kept = self.state()
        self.budget.trained(step=at.position, frame=at.position, frames=self.total, **numbers)
        return ticked

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays and plain values to go on from; where an update was cut off, those of the last row of the curve."""
        if self._within:
            if self._kept is None:
                raise Refused("the training was ended in its first update")
            return self._kept
        return self.learner.arrays(), {"progress": copy.deepcopy(vars(self.progress))}

    def restore(self, arrays: dict[str, NDArray[Any]], plain: dict[str, Any]) -> None:
        """Go on from a state; ValueError, KeyError or TypeError where it is of another run."""
        progress = Progress(**plain["progress"])
        if not 0 <= progress.position <= self.total:
            raise ValueError("its position lies outside the run")
        self.learner.load(arrays)
        self.progress = progress
        self._kept = (arrays, plain)


@dataclass(frozen=True)
class Trained:
    """A policy and how it came about; `unfinished` is a sentence where the time limit ended the training early."""

    policy: Decider
    facts: dict[str, Any]
    curve: list[list[float | None]]
    unfinished: str = ""


def trained_controller(
    name: str, learner: type[Learner], options: ControllerOptions, problem: Problem, budget: Budget, seed: int
) -> Trained:
    """The policy of these options on this problem.

    Every few seconds, and when the budget ends or the user interrupts, a checkpoint is kept; the next call goes on from
    it and ends with the policy of an undisturbed run.

    Raises
    ------
    Refused
        Where `resume` finds nothing to go on from.
    """
    key = policy_key(problem.fingerprint(), name, options.identity(), seed)
    entry, checkpoint = Entry(key, "cached policy"), Entry(f"{key}-checkpoint", "checkpoint")
    if not options.retrain:
        found = from_cache(entry, lambda arrays, facts: _cached(arrays, facts, learner))
        if found is not None:
            checkpoint.remove()
            return found

    def begin() -> Training:
        return Training(learner(problem, options, seed), budget)

    run = begin() if options.retrain else resumed(checkpoint, begin)
    begun = run.progress.position
    refuse_without_start(run, options.resume)
    go_through(run, f"training {name}", checkpoint, budget, 0.0)
    at = run.progress
    facts: dict[str, Any] = {
        "cached": False,
        "resumed_at": begun,
        "updates": at.position,
        "training_slots": options.slots,
        "training_seconds": at.seconds,
    }
    if not run.finished:
        unfinished = f"training ended by the time limit after {at.position} of {run.total} updates"
        return Trained(run.learner.policy(), facts, at.curve, unfinished)
    policy = run.learner.policy()
    entry.write(policy.arrays(), {"backend": name, "spec": policy.spec, "training": facts, "curve": at.curve})
    checkpoint.remove()
    return Trained(policy, facts, at.curve)


def _cached(arrays: Arrays, facts: Mapping[str, Any], learner: type[Learner]) -> Trained:
    policy = learner.acts.load(facts["spec"], arrays)
    return Trained(policy, {**facts["training"], "cached": True}, list(facts["curve"]))


__all__ = ["Trained", "trained_controller"]
