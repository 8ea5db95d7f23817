"""Floors: what rules reach that are so plain that whatever is worth its time must beat them.

Which rules these are, backends say (:attr:`qmectk.Backend.floor`). They answer the frames that were answered and are
measured like all backends, against the same certified bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..attempts.run import run
from ..backend import Backend
from ..errors import NoRoute, QmectkError
from ..instance import Instance
from ..plugins import Registry
from ..problem import Problem
from ..routing.planner import Planner, find_route
from ..routing.provers import provers
from ..solution import ratio_of
from ..status import Termination
from ..timing.budget import Budget
from ..timing.deadline import Expired
from .judge import judge_all

#: Frames that floors of a training are measured on, and most seconds that proving them may be expected to take.
FRAMES, PROVING = 100, 2.0


@dataclass(frozen=True)
class Floor:
    """One rule.

    Attributes
    ----------
    backend, summary
        Whose it is, and what it does.
    ratios
        Objective over certified bound of each frame, shape (frames,); nan where either is missing.
    about
        What it says of itself: the number of devices that it decided on.
    message
        Why it has no ratios, "" where it has some.
    """

    backend: str
    summary: str
    ratios: NDArray[np.float64]
    about: dict[str, Any]
    message: str = ""

    @property
    def mean(self) -> float | None:
        """Mean ratio; None unless it has a feasible point in every frame that has a bound."""
        return float(np.mean(self.ratios)) if self.ratios.size and np.isfinite(self.ratios).all() else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "backend": self.backend,
            "summary": self.summary,
            "mean_ratio": self.mean,
            "share_answered": float(np.mean(np.isfinite(self.ratios))) if self.ratios.size else 0.0,
            "about": self.about,
            "message": self.message,
        }


def floors_of(
    instances: Sequence[Instance],
    bounds: Sequence[float | None],
    known: Registry,
    budget: Budget,
    seed: int,
    *,
    beside: type[Backend] | None = None,
) -> tuple[Floor, ...]:
    """What every floor that can take these instances reaches on them, but `beside`.

    Parameters
    ----------
    bounds
        The certified bound of each instance; those without one are left out.
    budget
        What is left of it is all there is: a floor that it ends has a message and no ratios.
    """
    kept = [(one, bound) for one, bound in zip(instances, bounds, strict=True) if bound is not None]
    if not kept:
        return ()
    found = (_floor(backend, kept, known, budget, seed) for backend in known.floors if backend is not beside)
    return tuple(floor for floor in found if floor is not None)


def _floor(
    backend: type[Backend], kept: Sequence[tuple[Instance, float]], known: Registry, budget: Budget, seed: int
) -> Floor | None:
    """None where the rule has nothing to say about such instances."""
    none = np.full(len(kept), np.nan)
    if budget.expired():
        return Floor(backend.name, backend.summary, none, {}, "the time limit left no time for it")
    try:
        find_route(kept[0][0], backend, known, {})
    except NoRoute:
        return None
    try:
        done = run([instance for instance, _ in kept], backend, {}, known, budget.within(budget.limit), seed)
        judged = judge_all(done.answers, backend=backend.name, options={}, seed=seed)
    except (QmectkError, Expired) as error:
        return Floor(backend.name, backend.summary, none, {}, str(error))
    ratios = none.copy()
    for place, (one, (_, bound)) in enumerate(zip(judged, kept, strict=False)):
        ratios[place] = ratio_of(one.objective if one.feasible else None, bound)
    about = {name: value for name, value in done.training.items() if isinstance(value, (str, int, float))}
    message = ""
    if len(judged) < len(kept):
        message = f"the time limit ended it after {len(judged)} of {len(kept)} frames"
    elif not np.isfinite(ratios).all():
        message = f"it has no feasible point in {int(np.sum(~np.isfinite(ratios)))} of {len(kept)} frames"
    return Floor(backend.name, backend.summary, ratios, about, message)


def training_floors(problem: Problem, known: Registry, budget: Budget, seed: int) -> list[dict[str, Any]]:
    """Mean ratios of every floor on the last training frames, as a learning curve has them: at most 1.

    Nothing where the frames are not expected to be proved within `PROVING` seconds, so that it does not depend on how
    busy the machine is.
    """
    stop = problem.params.training_frames
    frames = problem.drawn(max(stop - FRAMES, 0), stop)
    prover = next(iter(provers(frames[0])), None) if len(frames) else None
    if prover is None or budget.expired():
        return []
    if Planner(frames[0], known).outline(prover).seconds * len(frames) > PROVING:
        return []
    try:
        done = run(frames, prover, {}, known, budget.within(budget.limit), seed)
    except (QmectkError, Expired):
        return []
    bounds = [one.bound if one.termination is Termination.PROVED else None for one in done.answers]
    bounds += [None] * (len(frames) - len(bounds))
    found = floors_of(frames, bounds, known, budget, seed)
    sense = frames[0].signature.sense
    return [
        {
            "backend": one.backend,
            "mean_ratio": None if one.mean is None else float(np.mean(one.ratios**sense)),
            **one.about,
        }
        for one in found
    ]


__all__ = ["Floor", "floors_of", "training_floors"]
