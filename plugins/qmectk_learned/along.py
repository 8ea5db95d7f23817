"""Learning along the frames that are answered: the online loop of the papers, every frame of it judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import Refused
from qmectk.timing.budget import Budget
from qmectk.timing.deadline import Expired

from .online import Online
from .policy import Policy

Actions = NDArray[np.int8]

#: Candidates of a frame, shape (K, n), and their scores, (K,).
Tried = tuple[Actions, NDArray[np.float64]]


class _Kept:
    """Labels that keep the candidates they are of, and their scores, frame after frame."""

    def __init__(self, labels: Any) -> None:
        self.labels = labels
        self.tried: list[Tried] = []

    def of(self, first: int, actions: Actions, scores: NDArray[np.float64], budget: Budget) -> Any:
        found = self.labels.of(first, actions, scores, budget)
        self.tried += zip(actions, scores, strict=True)
        return found


def learned_along(
    views: Sequence[Any], options: Any, seed: int, start: Policy | None, budget: Budget, label: str
) -> list[Tried]:
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
    run = Online(views, dataclasses.replace(options, epochs=1, patience=0), seed)
    kept = run.labels = _Kept(run.labels)
    if start is not None:
        run.policy.load(start.arrays())
    while not run.finished and not (kept.tried and budget.expired()):
        try:
            ticked = run.advance(budget)
        except Expired:
            break
        if ticked:
            budget.report(label, run.progress.position, run.total)
    return kept.tried
