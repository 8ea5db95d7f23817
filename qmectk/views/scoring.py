"""Scores of many candidates within a budget: a score may take a microsecond or, where it solves a problem, seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..timing.budget import Budget
from .binary import Actions, Array, Binary


class _Pieces:
    """Pieces of candidates that begin as long as they were the last time."""

    def __init__(self) -> None:
        self._first = 1

    def of(self, count: int, budget: Budget) -> Iterator[range]:
        longest = 1
        for piece in budget.pieces(count, count, self._first):
            longest = max(longest, len(piece))
            yield piece
        # a call with few candidates does not say how many could be scored together
        self._first = longest if count > longest else max(longest, self._first)


class Scorer:
    """``score`` of a Binary view, in pieces between which the clock is looked at.

    Parameters
    ----------
    view
        Whose candidates are scored; without a time limit in one call, as they come.
    budget
        When it ends, what is left is not scored any more.

    Attributes
    ----------
    best
        The best candidate of all that were scored, None before one had a feasible completion.
    value
        Its score.
    skipped
        How many candidates the time was not enough for.
    """

    def __init__(self, view: Binary, budget: Budget) -> None:
        self.view, self.budget = view, budget
        self.best: Actions | None = None
        self.value = -math.inf
        self.skipped = 0
        self._pieces = _Pieces()

    def __call__(self, actions: Any) -> Array:
        """Scores of K candidates, shape (K, n) -> (K,); -inf also for those that the time was not enough for.

        The first candidate is always scored. Whatever is better than all before it is reported to the budget.
        """
        actions = np.asarray(actions, dtype=np.int8)
        if math.isinf(self.budget.seconds) and len(actions):
            scores = self.view.score(actions)
            self._keep(actions, scores)
            return scores
        scores = np.full(len(actions), -np.inf)
        done = 0
        for piece in self._pieces.of(len(actions), self.budget):
            rows = slice(piece.start, piece.stop)
            scores[rows] = self.view.score(actions[rows])
            self._keep(actions[rows], scores[rows])
            done = piece.stop
        self.skipped += len(actions) - done
        return scores

    def _keep(self, actions: Actions, scores: Array) -> None:
        top = int(scores.argmax())
        if scores[top] > self.value:
            self.best, self.value = actions[top].copy(), float(scores[top])
            self.budget.incumbent(self.view.sense * self.value, point=self.best)


class ManyScorer:
    """``score_many`` of views of one class, in pieces of candidates between which the clock is looked at."""

    def __init__(self) -> None:
        self._pieces = _Pieces()

    def __call__(self, views: Sequence[Any], actions: Actions, budget: Budget) -> Array:
        """Scores of K candidates for each of F views, shape (F, K, n) -> (F, K); -inf from where the time ended."""
        scores = np.full(actions.shape[:2], -np.inf)
        for piece in self._pieces.of(actions.shape[1], budget):
            columns = slice(piece.start, piece.stop)
            scores[:, columns] = type(views[0]).score_many(views, actions[:, columns])
        return scores


__all__ = ["ManyScorer", "Scorer"]
