"""The m best devices offload, with one m for all frames: what an order reaches that knows no frame's price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qmectk import Binary, Budget, LearnedBackend, Reply, Termination
from qmectk.errors import InputError, Refused
from qmectk.options import at_least, option
from qmectk.views.scoring import Scorer

from .fixed import reply_with

Actions = NDArray[np.int8]

#: Bits of all actions that are scored before m is decided: a second or so on P1. Larger frames decide it on fewer.
MOST_BITS = 200_000_000


def strongest(view: Binary, order: str = "effect") -> Actions:
    """The actions that set the m best bits, m = 0 to n, shape (n + 1, n).

    Raises
    ------
    Refused
        When bits are ordered by what is observed of them, and that is not one number a bit.
    """
    worth = view.effects() if order == "effect" else view.observed()
    if worth is None or np.shape(worth) != (view.n,):
        raise Refused("this problem says of no number for each bit that it is observed", "order bits by their effect")
    place = np.empty(view.n, int)
    place[np.argsort(-worth, kind="stable")] = np.arange(view.n)
    return (place < np.arange(view.n + 1)[:, None]).astype(np.int8)


@dataclass(frozen=True)
class FixedCountOptions:
    """Options of the fixed count."""

    m: int | None = option(None, "bits set in every frame; none: those with the best mean over training frames")
    order: Literal["effect", "observed"] = option(
        "effect", "best are bits with the largest effect on their own, or the largest observed number (of P1 the gain)"
    )
    decided_on: int = option(200, "training frames that m is decided on; fewer where they have thousands of bits")

    def __post_init__(self) -> None:
        at_least("decided_on", self.decided_on, 1)
        if self.m is not None:
            at_least("m", self.m, 0)


class FixedCount(LearnedBackend):
    """The m best bits, with one m for all frames.

    The m is the one with the best mean objective over the first training frames, among those that have a feasible
    completion in most of them: no frame that is judged decides it.
    """

    name, accepts, floor = "fixed-m", (Binary,), True
    summary = "the m best bits 1, one m for all frames: the m strongest devices offload"
    Options = FixedCountOptions
    options: FixedCountOptions

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self._m = self.options.m

    @property
    def needs_frames(self) -> bool:
        return self.options.m is None

    def train(
        self, stream: Callable[[], Sequence[Any]], fingerprint: str, budget: Budget, rng: np.random.Generator
    ) -> dict[str, Any]:
        if self._m is not None:
            return {"m": self._m}
        first = getattr(stream, "first", None)
        views = first(self.options.decided_on) if first is not None else stream()[: self.options.decided_on]
        views = views[: max(MOST_BITS // (views[0].n + 1) ** 2, 1)]
        most = max(view.n for view in views)
        total, feasible, frames = np.zeros(most + 1), np.zeros(most + 1, int), 0
        for view in views:
            if frames and budget.expired():
                break
            scores = view.score(strongest(view, self.options.order))
            scores = np.pad(scores, (0, most - view.n), mode="edge")  # where there are fewer, more than all are all
            possible = np.isfinite(scores)
            feasible += possible
            total += np.where(possible, scores, 0.0)
            frames += 1
        self._m = int(np.argmax(np.where(feasible == feasible.max(), total, -np.inf)))
        return {"m": self._m, "training_frames": frames}

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if self._m is None:
            raise InputError(f"backend '{self.name}' has not been given its m", "set the option m, or train it")
        score = Scorer(view, budget)
        score(strongest(view, self.options.order)[min(self._m, view.n)][None])
        return reply_with(score, Termination.CONVERGED, m=self._m)
