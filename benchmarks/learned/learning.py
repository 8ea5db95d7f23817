"""What the benchmarks of policies share: training on a problem's stream, and answers of the frozen policy."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import qmectk
from qmectk.attempts.run import Generators
from qmectk.learning.examples import TrainingFrames
from qmectk.options import build
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk_exact.shared_budget import solve_shared_budget_many
from qmectk_learned.online import Online
from qmectk_learned.policy import contexts_of
from qmectk_learned.threads import one_thread

#: Frames that a frozen policy answers, and those of a stretch of training that is timed by itself (the optima of as
#: many are proved at once for certified labels).
HELD, STRETCH = 1000, 500


@dataclass(frozen=True)
class Learned:
    """A policy that was trained.

    Attributes
    ----------
    online
        Mean ratio of the executed actions over the second half of the training; nan where frames differ in size.
    seconds
        Processor time of the training, labels included.
    milliseconds
        The same for a frame, of the quickest stretch: what other programs of the machine add is not the policy's.
    """

    run: Online
    online: float
    seconds: float
    milliseconds: float

    def held(self, problem: qmectk.Problem, candidates: int) -> float:
        """Mean ratio on the frames that a problem is judged on, with the best of so many candidates."""
        views = [instance.binary().view for instance in problem.instances()]  # type: ignore[attr-defined]
        with one_thread():
            relaxed = self.run.policy.relaxed(contexts_of(self.run.policy.shape, views))
        actions = self.run.quantizer.candidates(relaxed, candidates, Generators(0, len(views)))
        return float((type(views[0]).score_many(views, actions).max(axis=1) / optima(views)).mean())


def optima(views: list[Any]) -> np.ndarray:
    """Proved bounds of frames of one size."""
    arrays = [np.stack([getattr(view.instance, name) for view in views]) for name in ("passive", "scale", "snr")]
    return solve_shared_budget_many(*arrays, threads=1).bound


def learned(problem: qmectk.Problem, backend: str, options: dict[str, Any], seed: int) -> Learned:
    """A backend's policy, trained on a problem's training frames."""
    cls = registry().backend(backend)
    chosen = build(cls.Options, options)
    stream = TrainingFrames(problem, find_route(problem.frame(0), cls, registry()), cls(chosen))
    views = stream()
    run = Online(views, chosen, seed, stream=stream)
    kind, executed = type(views[0]), np.full(len(views), np.nan)

    class Watched(kind):  # type: ignore[misc,valid-type]
        @classmethod
        def score_many(cls, views: Any, actions: Any) -> Any:
            scores = kind.score_many(views, actions)
            executed[run.progress.position :][: len(views)] = scores.max(axis=1)
            return scores

    for view in views:
        view.__class__ = Watched
    clock = {0: time.process_time()}
    with one_thread():
        while not run.finished:
            run.advance()
            if run.progress.position % STRETCH == 0 or run.finished:
                clock[run.progress.position] = time.process_time()
    ends = list(clock.items())
    quickest = min((spent - began) / (end - start) for (start, began), (end, spent) in pairwise(ends))
    seconds = ends[-1][1] - ends[0][1]
    online = float("nan")
    if len({view.n for view in views}) == 1:
        online = float((executed / optima(views))[len(views) // 2 :].mean())
    return Learned(run, online, seconds, 1e3 * quickest)
