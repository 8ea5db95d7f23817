"""What a learned backend trains on: the training frames of a problem as its views, and their proven optima."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..backend import Backend
from ..errors import Refused
from ..instance import Instance
from ..plugins import registry
from ..problem import Problem
from ..routing.planner import Planner
from ..routing.provers import provers
from ..routing.route import Route
from ..status import Termination
from ..timing.budget import Budget
from ..views.binary import Actions, Binary


class TrainingFrames:
    """Called, it makes the views of all training frames, in order.

    Parameters
    ----------
    problem
        Whose frames these are.
    route
        How the backend takes its instances.
    backend
        The backend.
    """

    def __init__(self, problem: Problem, route: Route, backend: Backend) -> None:
        self.problem, self.route, self.backend = problem, route, backend

    @cached_property
    def instances(self) -> Sequence[Instance]:
        """The declared instances."""
        return self.problem.training_instances()

    def __call__(self) -> list[Any]:
        return [self.view(instance) for instance in self.instances]

    def first(self, count: int) -> list[Any]:
        """The views of the first so many of them, where a rule needs no more."""
        return [self.view(one) for one in self.problem.drawn(0, min(count, self.problem.params.training_frames))]

    def view(self, instance: Instance) -> Any:
        """How the backend sees an instance that is over."""
        return self.route.hindsight(instance, self.backend.max_bits)

    def optima(self, first: int, last: int, budget: Budget) -> tuple[list[Actions | None], str]:
        """Proven optimal actions of the frames first..last-1, and who proved them.

        Parameters
        ----------
        first, last
            Places in the stream; frames beyond its end are left out.
        budget
            Ends the search. Frames that it left without a proof are None.

        Raises
        ------
        Refused
            When no installed backend can prove an optimum of them, or their views do not say which bits a point has.
        """
        return self._proved(self.instances[first:last], budget)

    def best_scores(self, places: Sequence[int], budget: Budget, seconds: float) -> dict[int, float]:
        """Scores of the proven optima of some frames by their places, as far as they are proved.

        Nothing is proved where the estimates of the provers add up to more than `seconds`: so it does not depend on how
        busy the machine is which frames have one.
        """
        frames = [self.instances[place] for place in places]
        soonest = next(iter(provers(frames[0])), None) if frames else None
        if soonest is None or Planner(frames[0], registry()).outline(soonest).seconds * len(frames) > seconds:
            return {}
        try:
            actions, _ = self._proved(frames, budget)
        except Refused:
            return {}
        known = [(p, self.view(f), a) for p, f, a in zip(places, frames, actions, strict=True) if a is not None]
        return {place: float(view.score(action[None])[0]) for place, view, action in known}

    def _proved(self, frames: Sequence[Instance], budget: Budget) -> tuple[list[Actions | None], str]:
        from ..attempts.run import run

        for prover in provers(frames[0]):
            answers = run(frames, prover, {}, registry(), budget, seed=0).answers
            found: list[Actions | None] = [None] * len(frames)
            for place, answer in enumerate(answers):
                if answer.termination is Termination.PROVED and answer.values is not None:
                    found[place] = self._bits(frames[place], answer.values)
            if any(action is not None for action in found) or budget.expired():
                return found, prover.name
        raise Refused(f"no installed backend proves an optimum of {frames[0].label}", "train without certified labels")

    def _bits(self, instance: Instance, values: Any) -> Actions:
        view = self.view(instance)
        if not isinstance(view, Binary):
            raise Refused(f"the optimum of {instance.label} cannot be said in bits")
        return np.asarray(view.action(values), np.int8)


__all__ = ["TrainingFrames"]
