"""Frames under a time limit: made, answered and judged in rounds, so that as many are as there is time for.

How long a frame takes to be made, answered, certified and judged is not known beforehand. The first rounds are short,
and the later ones as long as those before them say that there is time for. Without a limit there is one round.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..backend import Backend, LearnedBackend
from ..compiling.early import Compiling, compiling
from ..errors import Infeasible
from ..extending.foreign import charged_to
from ..instance import Instance
from ..judging.judge import judge_all
from ..judging.reference import MOST_LATE, kept, load_prover, references
from ..options import build
from ..plugins import Registry
from ..problem import Problem
from ..solution import Solution
from ..status import Termination
from ..timing.budget import LEAST, Budget
from ..timing.deadline import Expired, limited
from .run import Run, run
from .starting import starts_of

#: Least seconds for making the instances: without one there is no answer at all.
LEAST_MAKING = 0.5

#: Frames of the first two rounds: two, as batches are other compiled code than single frames. How much longer a round
#: may be than the one before it: what is done once a round, like the path that leads to frames that a family works out
#: anew, is then done a few times only.
FIRST, GROWTH = 2, 8

#: Most of the time left that a round is meant to take, as what it does not finish is lost; the share of the limit that
#: is no time for another one; and the share that frames may take to be made where one round is all there is.
MOST, WORTHLESS, ONLY = 0.5, 0.1, 0.1

#: Answers that are judged together before the clock is looked at, where there is a time limit.
JUDGED = 8


class Frames:
    """The frames of whatever is solved, made when they are needed.

    Parameters
    ----------
    target
        A problem, or an instance, which is one frame.
    frame
        The only one that is wanted, None for all of them.
    budget
        Of everything.
    """

    def __init__(self, target: Problem | Instance, frame: int | None, budget: Budget) -> None:
        self.target, self.frame, self.budget = target, frame, budget
        self.wanted = target.params.frames if isinstance(target, Problem) and frame is None else 1
        self.answered = 0
        self._last = (0, 0.0)  # frames of the last round, and the seconds that it took
        self._all: Sequence[Instance] = []  # where they are not made some at a time

    def rounds(self, *, once: bool) -> Iterator[Sequence[Instance]]:
        """Frames to be answered next; the receiver counts them in `answered`. `once`: in one round.

        They end when there are no more, or when too little of the time is left.

        Raises
        ------
        Infeasible
            When not even the first frame is made in time.
        """
        budget = self.budget
        while self.answered < self.wanted:
            began, before = budget.elapsed, self.answered
            made: list[Instance] = []
            with contextlib.suppress(Expired):
                limited(max(budget.patience, LEAST_MAKING), lambda: self._make(made, once))  # noqa: B023
            if made:
                yield made
            elif not before:
                raise Infeasible("the time limit ended before the first instance was made", "allow more time")
            self._last = (self.answered - before, max(budget.elapsed - began, 1e-9))
            if once or self.answered == before or not budget.remaining > WORTHLESS * budget.seconds:
                return

    def _make(self, made: list[Instance], once: bool) -> None:
        """Add the frames of the next round, or for a tenth of the time where it is the only one."""
        if math.isinf(self.budget.seconds):
            made += self._next(self.wanted)
            return
        frames, seconds = self._last
        # what is loaded for the first ones is no measure of others
        fits = frames * min(GROWTH, MOST * self.budget.remaining / seconds) if self.answered > FIRST else FIRST
        made += self._next(max(int(fits), 1))
        end = self.budget.elapsed + ONLY * self.budget.remaining
        while once and len(made) < self.wanted and self.budget.elapsed < end:
            made += self._next(len(made), len(made))

    def _next(self, count: int, ahead: int = 0) -> Sequence[Instance]:
        """So many frames, after those that are answered and `ahead` more."""
        start = self.answered + ahead
        stop = min(start + count, self.wanted)
        kind: Any = type(self.target)
        if isinstance(self.target, Problem) and self.frame is None and kind.instances is Problem.instances:
            skipped = self.target.params.training_frames
            return self.target.drawn(skipped + start, skipped + stop)
        if not self._all:  # a family that says itself what its instances are makes all of them
            self._all = [self.target] if isinstance(self.target, Instance) else self._stated(self.target)
            self.wanted = len(self._all)
        return self._all[start : min(start + count, self.wanted)]

    def _stated(self, problem: Problem) -> Sequence[Instance]:
        return problem.instances() if self.frame is None else [problem.frame(self.frame)]


@dataclass(frozen=True)
class Question:
    """Who is asked about frames, how, and whether the reference is set beside the answers.

    Attributes
    ----------
    options
        As they were typed.
    start
        Known points of the frames; see :func:`qmectk.attempts.starting.starts_of`.
    first
        The frame of its problem that the first one is; None where it is of none.
    """

    backend: type[Backend]
    options: dict[str, Any]
    seed: int
    reference: bool
    start: Any = None
    first: int | None = 0

    def answered(self, frames: Frames, known: Registry, budget: Budget) -> Answered:
        """Ask about the frames, round after round, and judge the answers.

        Ctrl-C loses no round that is over.
        """
        found: Answered | None = None
        with charged_to(f"backend '{self.backend.name}'"):
            once = self.backend.carries_over(build(self.backend.Options, self.options))
        try:
            for instances in frames.rounds(once=once):
                one = self._round(instances, frames.wanted, found, known, budget)
                if found is not None and not one.counts:
                    break
                found = one if found is None else found.then(one)
                frames.answered += len(one.solutions)
                if not one.goes_on:
                    break
        except KeyboardInterrupt:
            if found is None:
                raise
            found = found.cut()
        assert found is not None  # rounds make a frame, or raise
        return found

    def _round(
        self, instances: Sequence[Instance], wanted: int, before: Answered | None, known: Registry, budget: Budget
    ) -> Answered:
        done_before = 0 if before is None else len(before.solutions)
        first = None if self.first is None else self.first + done_before
        theirs = budget.within(budget.limit)  # a backend may write anything into its own

        def report(label: str, done: float, total: float | None) -> None:
            of_all = total == len(instances)
            budget.report(label, done_before + done if of_all else done, wanted if of_all else total)

        theirs.report = report
        starts = starts_of(self.start, instances, done_before, wanted)
        taught = None if before is None else before.done
        early = self._early(instances, known, budget) if before is None else None
        done = run(instances, self.backend, self.options, known, theirs, self.seed, first or 0, starts, taught=taught)
        if early is not None:
            early.wait()
        beside = None
        if self.reference and not done.altered and not certified(done, self.backend, known):
            beside = references(done, known, budget, self.seed, first)
        settings = {"backend": self.backend.name, "options": self.options, "seed": self.seed, "gap": budget.gap}
        solutions: list[Solution] = []
        count, late = len(done.answers), Budget(max(budget.seconds + MOST_LATE - budget.elapsed, LEAST))
        for piece in late.pieces(count, most=count, first=JUDGED):
            part = slice(piece.start, piece.stop)
            near = None if beside is None else beside[part]
            solutions += judge_all(done.answers[part], near, **settings, vouched=known.ships(self.backend))
        judged = dataclasses.replace(done, answers=done.answers[: len(solutions)])
        return Answered(solutions, judged, bool(theirs.interrupted))

    def _early(self, instances: Sequence[Instance], known: Registry, budget: Budget) -> Compiling | None:
        """See to the code of the prover before the backend is asked: loaded under a time limit, else compiled."""
        endless = math.isinf(budget.seconds)
        useful = not endless or issubclass(self.backend, LearnedBackend)
        wanted = useful and self.reference and not self.backend.proves
        if known.reference is None or not wanted or kept(instances, self.first):
            return None
        if endless:
            return compiling(instances, known.reference)
        load_prover(instances, known, budget, self.seed)
        return None


@dataclass(frozen=True)
class Answered:
    """Judged frames, the run that answered them, and whether Ctrl-C ended it."""

    solutions: list[Solution]
    done: Run
    interrupted: bool

    @property
    def counts(self) -> bool:
        """Whether it says anything of a frame: the time may have ended before."""
        first = self.solutions[0]
        return first.values is not None or first.bound is not None or first.termination is not Termination.BUDGET

    @property
    def goes_on(self) -> bool:
        """Whether more of the stream may be asked about."""
        over = self.interrupted or self.done.backend is None or self.solutions[-1].termination is Termination.FAILED
        return self.counts and not over

    def then(self, later: Answered) -> Answered:
        """This round and a later one as one."""
        return Answered([*self.solutions, *later.solutions], self.done.then(later.done), later.interrupted)

    def cut(self) -> Answered:
        """The same, ended by Ctrl-C."""
        return dataclasses.replace(self, interrupted=True)


def certified(done: Run, chosen: type[Backend], known: Registry) -> bool:
    """Whether a reference would add nothing: the answers carry proofs, or ``exact`` is what was asked."""
    if known.reference in (None, chosen):
        return True
    if not known.ships(chosen):
        return False  # the core cannot check the steps of a proof; what it can do is set a second one beside it
    return all(
        answer.bound is not None and answer.termination is Termination.PROVED and answer.values is not None
        for answer in done.answers
    )


__all__ = ["Answered", "Frames", "Question", "certified"]
