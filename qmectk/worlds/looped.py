"""Copies of any problem that says what is decided: one slot after the other, for families without arrays of copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..attempts.run import run
from ..errors import Infeasible, InputError
from ..judging.judge import judge_all
from ..plugins import registry
from ..simulating.checkpoint import flatten, rebuild
from ..timing.budget import Budget
from ..views.decisions import Decision, Decisions, stacked_decisions
from .copies import Copies, Outcome, decisions_of

if TYPE_CHECKING:
    from ..instance import Instance
    from ..problem import Problem

Array = NDArray[np.float64]


class Looped(Copies):
    """Copies of a process, or of training frames drawn at random where there is none.

    Parameters
    ----------
    problem
        Whose copies these are.
    count
        How many.
    rng
        Draws their beginning.

    Raises
    ------
    InputError
        Where the family does not say what is decided, or has neither a process nor frames to train on.
    """

    def __init__(self, problem: Problem, count: int, rng: np.random.Generator) -> None:
        self.problem, self.count = problem, count
        self.process: Any = problem.process()
        self.states: list[Any] = [None] * count
        self.restart(rng)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        chosen = np.ones(self.count, bool) if which is None else np.asarray(which, bool)
        for i in np.flatnonzero(chosen):
            self.states[i] = self._begin(rng)
        self._pose()

    def _begin(self, rng: np.random.Generator) -> Any:
        if self.process is not None:
            return self.process.reset(rng)
        if self.problem.params.training_frames < 1:
            raise InputError(
                f"{self.problem.name} has no frames to train on", "set training_frames in the problem file"
            )
        return int(rng.integers(self.problem.params.training_frames))

    def _pose(self) -> None:
        self.instances: Sequence[Instance] = [
            self.problem.stream(state, state + 1)[0] if self.process is None else self.process.instance(state)
            for state in self.states
        ]
        views = [decisions_of(self._seen(one)) for one in self.instances]
        found = [view for view in views if view is not None]
        if len(found) < len(views):
            raise InputError(
                f"{self.problem.name} does not say what a policy decides of it", "give its instances a view 'Decisions'"
            )
        if len({view.allowed.shape for view in found}) > 1:
            raise InputError(
                f"slots of {self.problem.name} have different numbers of devices or choices, and copies go on together",
                "state a problem in which they stay",
            )
        self._each, self._all = found, stacked_decisions(found)

    def _seen(self, instance: Instance) -> Instance:
        """What a policy decides on: an observation, where the problem says that less is known than is true."""
        seen = self.problem.observe(instance)
        return instance if seen is None else seen

    @property
    def decisions(self) -> Decisions:
        return self._all

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        objective, records = np.empty(self.count), []
        sense = 1
        for i, (view, instance) in enumerate(zip(self._each, self.instances, strict=True)):
            values: Mapping[str, Any] = view.complete(decision.at(i))
            if view.instance is not instance:
                values = instance.carry_out(values)
            found = instance.measure(values)
            if not found.feasible:
                raise InputError(
                    f"{instance.label} completes a decision to a point that is not feasible (by {found.violation:.3g})",
                    "mend 'complete' of its view 'Decisions'",
                )
            objective[i], sense = found.objective, found.sense
            facts: Mapping[str, float] = {}
            if self.process is None:
                self.states[i] = self._begin(rng)
            else:
                self.states[i], facts = self.process.advance(self.states[i], values, rng)
            records.append(facts)
        self._pose()
        kept = {name: np.array([float(facts[name]) for facts in records]) for name in records[0]}
        return Outcome(objective, {"slot": sense * objective}, kept)

    def optimum(self) -> Array:
        known = registry()
        exact = known.chosen(None)
        answers = [run([one], exact, {}, known, Budget(), 0).answers[0] for one in self.instances]
        found = judge_all(answers, backend=exact.name, options={}, seed=0)
        if any(one.bound is None or one.objective is None for one in found):
            raise Infeasible(f"a slot of {self.problem.name} has no proved optimum")
        return np.array([one.objective for one in found], dtype=float)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {f"{i}.{path}": np.array(array) for i, state in enumerate(self.states) for path, array in flatten(state)}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        for i, state in enumerate(self.states):
            own = {path.removeprefix(f"{i}."): array for path, array in arrays.items() if path.startswith(f"{i}.")}
            self.states[i] = rebuild(state, own)
        self._pose()


__all__ = ["Looped"]
