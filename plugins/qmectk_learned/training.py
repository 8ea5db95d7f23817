"""Training with a cache before it and checkpoints beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qmectk.errors import Refused
from qmectk.timing.budget import Budget

from .cache import Arrays, Entry, policy_key
from .folder import SIZE
from .going_on import from_cache, go_through, refuse_without_start, resumed
from .networks import Shape
from .online import LOSS, Online
from .options import PolicyOptions
from .policy import Policy
from .ranges import FRAMES, size_of

#: Most seconds that proving optima for the learning curve may be expected to take.
CERTIFYING = 2.0

Stream = Callable[[], Sequence[Any]]


@dataclass(frozen=True)
class Trained:
    """A policy and how it came about.

    Attributes
    ----------
    facts
        Plain values for people.
    unfinished
        One sentence when the time limit ended training early, else "".
    curve
        The learning curve, see :class:`~qmectk_learned.online.Progress`.
    """

    policy: Policy
    facts: dict[str, Any]
    unfinished: str = ""
    curve: list[list[float | None]] = field(default_factory=list)


def trained_policy(
    name: str, options: PolicyOptions, stream: Stream, fingerprint: str, budget: Budget, seed: int
) -> Trained:
    """The policy of these options on this problem: from the cache, from a checkpoint onwards, or from the start.

    Every few seconds, and when the budget ends or the user interrupts, a checkpoint is kept; the next call goes on from
    it and ends with the policy of an undisturbed run.
    """
    key = policy_key(fingerprint, name, options.identity(), seed)
    entry, checkpoint = Entry(key, "cached policy"), Entry(f"{key}-checkpoint", "checkpoint")
    if not options.retrain:
        found = from_cache(entry, lambda arrays, facts: _cached(arrays, facts, options))
        if found is not None:
            checkpoint.remove()
            return found
    views = stream()
    if not len(views):
        raise Refused("there are no frames to train on", "set training_frames in the problem file")

    def begin() -> Online:
        return Online(views, options, seed, stream=stream)

    run = begin() if options.retrain else resumed(checkpoint, begin)
    answering = run.answering()
    refuse_without_start(run, options.resume)
    run.optima = known_optima(stream, run, budget)
    run.observe = budget.trained
    facts: dict[str, Any] = {"cached": False, "resumed_at": run.progress.position}
    go_through(run, f"training {name}", checkpoint, budget, answering)
    at = run.progress
    facts |= {"training_frames": at.position, "training_seconds": at.seconds, **run.labels.facts()}
    if at.stopped:
        facts["stopped"] = f"the loss has not fallen by {options.improvement:g} of it since frame {at.least_at}"
    if at.curve:
        facts |= {"first_loss": at.curve[0][LOSS], "last_loss": at.curve[-1][LOSS]}
    if not run.finished:
        unfinished = f"training ended by the time limit after {at.position} of {run.total} frames"
        return Trained(run.policy, facts, unfinished, at.curve)
    facts[SIZE] = size_of(run.policy.shape, views[:FRAMES])
    shape = dataclasses.asdict(run.policy.shape)
    origin = {"backend": name, "problem": fingerprint, "options": options.identity(), "seed": seed}
    entry.write(run.policy.arrays(), {**origin, "shape": shape, "training": facts, "curve": at.curve})
    checkpoint.remove()
    return Trained(run.policy, facts, curve=at.curve)


def known_optima(stream: Any, run: Online, budget: Budget) -> Mapping[int, float]:
    """Scores of proven optima of the frames before every row of the learning curve, where training is watched.

    An interval of frames for each of about fifty rows, by their places; nothing where that takes long.
    """
    if budget.observer is None or not hasattr(stream, "best_scores"):
        return {}
    interval, frames = run.options.interval, len(run.views)
    ends = range(run.row_frames, run.total + 1, run.row_frames)
    places = sorted({place % frames for end in ends for place in range(end - interval, end)})
    found: Mapping[int, float] = stream.best_scores(places, budget, CERTIFYING)
    return found


def _cached(arrays: Arrays, facts: Mapping[str, Any], options: PolicyOptions) -> Trained:
    policy = Policy(Shape(**facts["shape"]), device=options.device)
    policy.load(arrays)
    return Trained(policy, {**facts["training"], "cached": True}, curve=list(facts["curve"]))
