"""Running one backend on a stream of instances: route, answer, translate back. Nothing is measured here."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backend import Backend, LearnedBackend
from ..errors import Refused
from ..extending.foreign import Crashed, charged_to
from ..instance import Instance
from ..learning.examples import TrainingFrames
from ..options import build
from ..plugins import Registry
from ..presenting.facts import facts
from ..routing.planner import find_route, follow_route
from ..routing.route import Route
from ..seeds import Stream, generator
from ..status import Termination
from ..timing.budget import LEAST, Budget
from ..timing.deadline import Expired, limited
from ..timing.interrupting import noticed
from .answers import Answer, read_reply
from .asking import ask, outstayed, untrained
from .checksums import Checksums
from .differing import differences

#: Least seconds for reading the first reply: what compiled code a point needs, takes a while to come from the disk.
LEAST_READING = 0.75


@dataclass(frozen=True)
class Run:
    """All answers of one backend to one stream, the seconds they took (compilation among them), and its training.

    Attributes
    ----------
    altered
        That the backend changed what it was given, and what; "" when it did not. Nothing measured on these instances
        is about the declared problem any more.
    outstayed
        That it had to be ended, as it did not look at the clock; "" when it ended by itself.
    backend
        Who answered, trained; None where it had to be ended.
    """

    answers: list[Answer]
    seconds: float
    training: dict[str, Any]
    compilation_seconds: float = 0.0
    altered: str = ""
    outstayed: str = ""
    backend: Backend | None = None

    def then(self, later: Run) -> Run:
        """This run and a later one on the frames that follow, as one."""
        return dataclasses.replace(
            later,
            answers=[*self.answers, *later.answers],
            seconds=self.seconds + later.seconds,
            compilation_seconds=self.compilation_seconds + later.compilation_seconds,
        )


class Generators(Sequence[np.random.Generator]):
    """One independent generator a frame, the same whatever the order of solving.

    Each is made when it is asked for, and starts afresh every time: most exact backends never ask.
    """

    def __init__(self, seed: int, count: int, first: int = 0) -> None:
        self.seed, self.frames, self.first = seed, count, first

    def __len__(self) -> int:
        return self.frames

    def __getitem__(self, frame: Any) -> Any:
        if isinstance(frame, slice):
            return [self[i] for i in range(*frame.indices(self.frames))]
        if not 0 <= frame < self.frames:
            raise IndexError(frame)
        return generator(Stream.BACKEND, self.seed, self.first + frame)


@noticed()  # one watch for Ctrl-C over all that is asked of plugins
def run(
    instances: Sequence[Instance],
    backend_class: type[Backend],
    raw_options: dict[str, Any],
    registry: Registry,
    budget: Budget,
    seed: int,
    first_frame: int = 0,
    starts: Sequence[Any] = (),
    *,
    watched: bool = False,
    taught: Run | None = None,
) -> Run:
    """Answer every instance with one backend; the first one is this frame of its problem.

    `starts` has known values of every instance, or is empty; see :meth:`~qmectk.timing.budget.Budget.start`.
    `watched` says that a caller already checks that these instances are left as they are; `taught` is an earlier
    run, on the frames before these: its backend goes on, and is not trained again.

    Raises
    ------
    MissingPackage, NoRoute, InputError
        When the request cannot be met at all. A crash of the backend is an answer (FAILED), not an exception.
    """
    whose = charged_to(f"backend '{backend_class.name}'")
    with whose:
        backend_class.check_installed()
    began = time.perf_counter()
    end = began + budget.remaining
    routes = _routes(instances, backend_class, registry, raw_options, budget)
    if not routes:
        seconds = time.perf_counter() - began
        message = f"time ran out while {instances[0].label} was made ready for backend '{backend_class.name}'"
        steps = Route(instances[0], ()).describe()
        answer = Answer(instances[0], steps, Termination.BUDGET, None, seconds=seconds, message=message)
        return Run([answer], seconds, {})
    first = routes[0]
    with whose:
        options = build(backend_class.Options, raw_options)
    rngs = Generators(seed, len(routes), first_frame)
    before = Checksums([] if watched else [route.instance for route in routes])
    replies: list[Any] = []
    backend = None if taught is None else taught.backend
    training = {} if taught is None else taught.training
    fault, going_on = "", None
    start, compiled = time.perf_counter(), 0.0
    budget.starts = [route.lower(values) for route, values in zip(routes, starts, strict=False)]
    try:
        with whose:
            try:
                if backend is None:
                    backend = made = backend_class(options)
                    training = limited(budget.patience, lambda: train(made, instances[0], first, budget, seed))
            except Expired as ended:
                late = f", imports included, {time.perf_counter() - end:.1f} s late"
                how = f" while {ended.meanwhile}" if ended.meanwhile else late
                replies = untrained(backend, first.view, budget, f"the time limit ended its training{how}")
            else:
                start, compiled = time.perf_counter(), budget.compilation_seconds
                replies = ask(backend, [route.view for route in routes], budget, rngs)
                going_on = None if outstayed(replies) else backend
    except Crashed as crash:
        fault = crash.account
    seconds = time.perf_counter() - start
    compiled = min(max(budget.compilation_seconds - compiled, 0.0), seconds)
    share, part = seconds / max(len(replies), 1), compiled / max(len(replies), 1)
    answers = _read(routes, replies, backend_class, end - time.perf_counter(), (share, part))
    with whose:  # last of all: a reply may hold objects of the backend's own, which reading calls
        altered = before.changed()
    if altered:
        faults = (altered, *([f"backend '{backend_class.name}' crashed: {fault}"] if fault else []))
        return Run(_failed(routes, len(replies), seconds, faults), seconds, training, compiled, altered)
    if not answers:
        message = "the budget ended before the first frame"
        if fault:
            message = f"backend '{backend_class.name}' crashed: {fault}"
        stop = Termination.FAILED if fault else Termination.BUDGET
        faults = (message,) if fault else ()
        answers = [
            Answer(first.instance, first.describe(), stop, None, seconds=seconds, faults=faults, message=message)
        ]
    return Run(answers, seconds, training, compiled, outstayed=outstayed(replies), backend=going_on)


def _routes(
    instances: Sequence[Instance],
    backend_class: type[Backend],
    registry: Registry,
    raw_options: dict[str, Any],
    budget: Budget,
) -> list[Route]:
    """Routes of as many instances as a quarter of the time after the first allows, all along its chain."""
    routes: list[Route] = []

    def find() -> None:
        routes.append(find_route(instances[0], backend_class, registry, raw_options))
        enough = budget.elapsed + 0.25 * budget.remaining
        for instance in instances[1:]:
            if budget.elapsed > enough:
                return
            routes.append(follow_route(routes[0], instance, backend_class, registry, raw_options))

    with contextlib.suppress(Expired):
        limited(budget.patience, find)
    return routes


def _read(
    routes: Sequence[Route],
    replies: Sequence[Any],
    backend_class: type[Backend],
    left: float,
    seconds: tuple[float, float],
) -> list[Answer]:
    """The answers in as many replies as are read in the time `left`; `seconds` of each run and its compilation."""
    answers: list[Answer] = []
    enough = time.perf_counter() + max(left, LEAST)

    def read() -> None:
        for route, reply in zip(routes, replies, strict=False):
            if answers and time.perf_counter() > enough:
                return
            answers.append(read_reply(route, reply, backend_class, *seconds))

    try:
        limited(max(left, LEAST_READING), read)
    except Expired as end:
        if not answers:
            why = end.meanwhile or f"the point of backend '{backend_class.name}' was read"
            message, first = f"the time limit ended it while {why}", routes[0]
            nothing = Answer(first.instance, first.describe(), Termination.BUDGET, None, message=message)
            answers.append(dataclasses.replace(nothing, seconds=seconds[0], compilation_seconds=seconds[1]))
    return answers


def _failed(routes: Sequence[Route], replies: int, seconds: float, faults: tuple[str, ...]) -> list[Answer]:
    """Answers without values: what the replies are worth is unknown."""
    failed = routes[: max(replies, 1)]
    share = seconds / len(failed)
    return [
        Answer(route.instance, route.describe(), Termination.FAILED, None, seconds=share, faults=faults)
        for route in failed
    ]


def train(backend: Backend, instance: Instance, route: Route, budget: Budget, seed: int) -> dict[str, Any]:
    """Have a learned backend train on the stream of an instance's problem; the facts it tells. {} for other ones.

    Raises
    ------
    Refused
        When the problem has no frames to train on.
    """
    if not isinstance(backend, LearnedBackend):
        return {}
    problem = instance.problem
    if not backend.needs_frames:
        fingerprint = "" if problem is None else problem.fingerprint()
        declared = backend.origin().get("declared")
        apart: list[str] = []
        if isinstance(declared, Mapping) and problem is not None:
            apart = differences(declared, problem.params.model_dump(mode="json"))
        try:
            returned = backend.train(lambda: [route.view], fingerprint, budget, generator(Stream.TRAINING, seed))
        except Refused as error:
            if not apart:
                raise
            raise Refused(f"{error.message}: it was trained on {'; '.join(apart)}", error.remedy) from error
        about = {"differs": "; ".join(apart)} if apart else {}
        return {**facts(returned), **about} if isinstance(returned, Mapping) else about
    if problem is None or (problem.params.training_frames < 1 and not backend.on_copies):
        raise Refused(
            f"backend '{backend.name}' learns from frames and {instance.label} has none to train on",
            "set training_frames in the problem file",
        )

    # training draws from a stream of its own, so that the frames' generators do not depend on it
    returned = backend.train(
        TrainingFrames(problem, route, backend), problem.fingerprint(), budget, generator(Stream.TRAINING, seed)
    )
    return facts(returned) if isinstance(returned, Mapping) else {}
