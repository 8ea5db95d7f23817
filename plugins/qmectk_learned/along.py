"""Learning along the frames that are answered: the online loop of the papers, every frame of it judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.budget import Budget
from qmectk.deadline import Expired
from qmectk.errors import Refused

from .online import Online
from .policy import Policy

Actions = NDArray[np.int8]


class Along(Online):
    """An online run that keeps the candidates of its frames and their scores, frame after frame."""

    def __init__(self, views: Sequence[Any], options: Any, seed: int) -> None:
        super().__init__(views, options, seed)
        self.tried: list[tuple[Actions, NDArray[np.float64]]] = []

    def _tried(self, views: Sequence[Any], budget: Budget) -> tuple[Any, Any, Any]:
        contexts, actions, scores = super()._tried(views, budget)
        self.tried += zip(actions, scores, strict=True)
        return contexts, actions, scores


def learned_along(
    views: Sequence[Any], options: Any, seed: int, start: Policy | None, budget: Budget, label: str
) -> list[tuple[Actions, NDArray[np.float64]]]:
    """Candidates and scores of every frame that the time was enough for, by a policy that learns from frame to frame.

    Parameters
    ----------
    start
        The policy that it begins as; None for one that knows nothing.

    Raises
    ------
    Refused
        For a single frame, and where scores are not those of the truth: nothing is to be learned from either.
    """
    if len(views) < 2:
        raise Refused("'online' learns from frame to frame and was given a single frame", "solve the stream as a whole")
    if views[0].outdated:
        raise Refused(
            "'online' learns from what its actions were worth, and of these frames only an observation is known",
            "train on frames that are over: set training_frames, and leave 'online' out",
        )
    run = Along(views, options, seed)
    if start is not None:
        run.policy.load(start.arrays())
    while not run.finished and not (run.tried and budget.expired()):
        try:
            ticked = run.advance(budget)
        except Expired:
            break
        if ticked:
            budget.report(label, run.progress.position, run.total)
    return run.tried
