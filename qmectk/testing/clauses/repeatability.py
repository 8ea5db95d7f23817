"""The same question gets the same answer: with the same seed, from a cache, alone and among others."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...attempts.answers import Answer
from ...backend import LearnedBackend, Reply
from ...learning.examples import TrainingFrames
from ...options import build
from ...plugins import registry
from ...routing.planner import find_route
from ...seeds import Stream, generator
from ...solution import Solution
from ...timing.budget import Budget
from ..bench import SEED, Bench, Observation
from ..watching import silenced
from .contract import Violation, clause, require
from .observed import describe, names_of, taken_cases, where_seen


@clause
def same_seed_same_answer(bench: Bench) -> str:
    """Two runs with one seed give the same answers; a learned policy answers the same fresh and from its cache."""
    if not bench.config.deterministic:
        return "declared as not repeatable"
    taken = taken_cases(bench)
    for seen in taken:
        again = bench.look(seen.case, fresh=True)
        require_same(seen, again, "a second run with the same seed")
        if issubclass(bench.backend, LearnedBackend):
            require_same(seen, bench.look(seen.case), "the cached policy")
    return names_of(taken)


def require_same(first: Observation, second: Observation, what: str) -> None:
    """Raise Violation unless two runs ended alike and gave the same answers."""
    require(type(first.crash) is type(second.crash), f"{first.case.name}: {what} ends with {describe(second.crash)}")
    counts = len(first.solutions), len(second.solutions)
    require(counts[0] == counts[1], f"{first.case.name}: {what} answers {counts[1]} frames instead of {counts[0]}")
    for one, other in zip(first.solutions, second.solutions, strict=True):
        difference = _difference(one, other)
        require(difference is None, f"{where_seen(first, one)}: {what} gives another {difference}")


def _difference(one: Solution, other: Solution, tolerance: float = 0.0) -> str | None:
    """What differs between two solutions, None when nothing does."""
    for name in ("termination", "quality", "objective", "bound"):
        left, right = getattr(one, name), getattr(other, name)
        close = isinstance(left, float) and isinstance(right, float) and np.isclose(left, right, rtol=tolerance, atol=0)
        if left != right and not close:
            return f"{name} ({left} and {right})"
    if (one.values is None) != (other.values is None):
        return "point"
    for name, value in (one.values or {}).items():
        if not np.allclose(value, (other.values or {})[name], rtol=tolerance, atol=tolerance):
            return f"value of '{name}'"
    return None


@clause
def batch_equals_serial(bench: Bench) -> str:
    """A frame is answered the same alone and among others."""
    if not bench.config.deterministic:
        return "declared as not repeatable"
    taken = [seen for seen in taken_cases(bench) if len(seen.instances) > 1 and seen.crash is None]
    for seen in taken:
        alone = _alone(bench, seen)
        require(
            len(seen.answers) == len(alone), f"{seen.case.name}: {len(alone)} replies to {len(seen.answers)} frames"
        )
        for k, (answer, (reply, point)) in enumerate(zip(seen.answers, alone, strict=True)):
            difference = _reply_difference(answer, reply, point)
            require(difference is None, f"{seen.case.name}, frame {k}: alone it gives another {difference}")
    return names_of(taken)


def _alone(bench: Bench, seen: Observation) -> list[tuple[Any, Any]]:
    """The replies to the frames of a standard run, each asked for on its own, and their lifted points."""
    cls = bench.backend
    raw = dict(bench.config.options)
    instances = seen.case.instances()
    out: list[tuple[Any, Any]] = []
    with bench.cache(), silenced():
        first = find_route(instances[0], cls, registry(), raw)
        routes = [first, *(first.again(instance, cls.max_bits) for instance in instances[1:])]
        try:
            problem = instances[0].problem
            for k, route in enumerate(routes):
                rng = generator(Stream.BACKEND, SEED, k)  # as the core seeds frame k
                backend = cls(build(cls.Options, raw))  # anew, so that nothing is remembered from other frames
                if isinstance(backend, LearnedBackend) and problem is not None:
                    draws = generator(Stream.TRAINING, SEED)
                    backend.train(TrainingFrames(problem, first, backend), problem.fingerprint(), Budget(), draws)
                for reply in backend.solve_many([route.view], Budget(), [rng]):
                    require(isinstance(reply, Reply), f"{seen.case.name}: it returns something that is not a Reply")
                    out.append((reply, route.lift(reply.point) if reply.point is not None else None))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise Violation(f"{seen.case.name}: {describe(error)}") from error
    return out


def _reply_difference(answer: Answer, reply: Reply, point: Any) -> str | None:
    """What differs by more than the rounding that a batched product of matrices may bring."""
    if answer.termination != reply.termination:
        return f"termination ({reply.termination}, not {answer.termination})"
    if (answer.values is None) != (point is None):
        return "point"
    for name, value in (answer.values or {}).items():
        if not np.allclose(value, point[name], rtol=1e-5, atol=1e-6):
            return f"value of '{name}'"
    return None
