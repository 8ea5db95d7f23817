"""A backend as a controller: routed once, asked once a slot."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..attempts.answers import Answer, read_reply
from ..attempts.asking import ask, outstayed, untrained
from ..attempts.checksums import Checksums
from ..attempts.run import train
from ..attempts.settling import settled
from ..backend import Backend, LearnedBackend
from ..errors import BackendFailed, Infeasible
from ..extending.foreign import charged_to
from ..instance import Instance
from ..options import build, refuse_unknown
from ..plugins import Registry
from ..routing.planner import find_route, follow_route
from ..seeds import Stream, generator
from ..status import Termination
from ..timing.budget import Budget
from ..timing.deadline import Expired, limited
from ..views.base import Fidelity
from ..worlds.process import Process


class SlotGenerators:
    """The one generator of a slot, in the form that ``solve_many`` takes; made when it is asked for."""

    def __init__(self, seed: int, slot: int) -> None:
        self.seed, self.slot = seed, slot

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(1))]
        if index != 0:
            raise IndexError(index)
        return generator(Stream.DECISION, self.seed, self.slot)


class Controller:
    """One backend with its options, on the instances of one process."""

    def __init__(
        self,
        instance: Instance,
        chosen: type[Backend],
        options: Mapping[str, Any],
        known: Registry,
        seed: int,
        taught: tuple[Backend, dict[str, Any]] | None = None,
    ) -> None:
        with charged_to(f"backend '{chosen.name}'"):
            chosen.check_installed()
            delegate = chosen.delegate(instance)
        if delegate is not None:
            refuse_unknown(f"backend '{chosen.name}'", options, [])
            delegate.check_installed()
        self.kind = delegate or chosen
        self.known, self.options, self.seed = known, options, seed
        self.route = find_route(instance, self.kind, known, options)
        with charged_to(f"backend '{self.kind.name}'"):
            self._made = lambda: self.kind(build(self.kind.Options, options))
            self.backend, self.training = taught or (self._made(), {})
        self._untaught = taught is None
        self._untrained = ""  # why its points owe nothing to a policy
        #: points of these routes must be measured before they are applied
        self.unsure = Fidelity.POINTS not in self.route.fidelity
        self.seconds = 0.0

    def train(self, instance: Instance, budget: Budget) -> None:
        """Have a learned backend train, for half of the time at most: the slots are what is asked for."""
        if not self._untaught:
            return
        part = budget.share(2)
        part.report = budget.report
        try:
            with charged_to(f"backend '{self.kind.name}'"):
                self.training = limited(
                    part.patience, lambda: train(self.backend, instance, self.route, part, self.seed)
                )
        except Expired as ended:
            how = f"while {ended.meanwhile}" if ended.meanwhile else "imports included"
            self._untrained = f"its share of the time limit ended its training, {how}"

    @property
    def learned(self) -> bool:
        """Whether it is of those that train."""
        return isinstance(self.backend, LearnedBackend)

    def decide(self, instance: Instance, slot: int, budget: Budget) -> Answer:
        """What the backend answers to the instance of a slot, translated back."""
        before = Checksums([instance])
        start = time.perf_counter()
        route = follow_route(self.route, instance, self.kind, self.known, self.options)
        with charged_to(f"in slot {slot} backend '{self.kind.name}'"):
            if self._untrained:
                replies = untrained(self.backend, route.view, budget, self._untrained)
            else:
                rngs: Any = SlotGenerators(self.seed, slot)
                replies = ask(self.backend, [route.view], budget, rngs)
            seconds = time.perf_counter() - start
            if outstayed(replies) and not self.learned:  # what it kept may be half of something
                self.backend = self._made()
            altered = before.changed()
        self.seconds += seconds
        if altered:
            raise BackendFailed(
                f"backend '{self.kind.name}': {altered} in slot {slot}, so nothing can be measured on it"
            )
        if not replies:
            return Answer(instance, [], Termination.BUDGET, None, seconds=seconds)
        return read_reply(route, replies[0], self.kind, seconds)


def usable(answer: Answer, process: Process[Any], slot: int, *, check: bool) -> tuple[dict[str, Any], bool]:
    """The point to apply: the answer's, or doing nothing where it has no feasible one; and whether it was replaced.

    Raises
    ------
    Infeasible
        When there is no feasible point and doing nothing is none, either.
    """
    values, instance = answer.values, answer.instance
    if values is not None and not check:
        return values, False
    if values is not None:
        values, found = settled(instance, values)
        if found.feasible:
            return values, False
    nothing = dict(process.idle(instance))
    if not instance.measure(nothing).feasible:
        why = f": {answer.message}" if answer.message else ""
        raise Infeasible(f"slot {slot} has no feasible answer, and doing nothing is not feasible{why}")
    return nothing, True
