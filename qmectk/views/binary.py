"""The Binary view: n bits, scored many candidates at a time.

Heuristics and learned policies need no more than this: the continuous part of every candidate is
completed optimally inside ``score``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused
from .base import View

Array = NDArray[np.float64]
Actions = NDArray[np.int8]


def as_action(point: Any, n: int) -> Actions:
    """A point of a Binary view as `n` bits.

    Raises
    ------
    ValueError
        When it is anything else. Compiled code that completes an action believes its length.
    """
    action = np.asarray(point)
    if action.shape != (n,) or action.dtype.kind not in "biuf":
        raise ValueError(f"an action has shape ({n},) and is numeric, this one has shape {action.shape}")
    if not ((action == 0) | (action == 1)).all():
        raise ValueError("an action holds bits, 0 and 1")
    return action.astype(np.int8)


class Binary(View, ABC):
    """`n` bits with a vectorised score. Larger scores are better, whatever the sense of the problem.

    Attributes
    ----------
    n
        Number of bits.
    sense
        +1 when the problem maximises (score = objective), -1 when it minimises (score = -objective).
    tolerance
        Relative accuracy of a score; what a proof by enumeration is stated up to.
    outdated
        That scores are those of an observation: the candidate that is best by them need not be the best one.
    """

    n: int
    sense: int
    tolerance: float = 1e-9
    outdated: bool = False
    title = "Binary (n bits, scored in batches)"

    @abstractmethod
    def score(self, actions: Actions) -> Array:
        """Scores of K candidates, shape (K, n) -> (K,); -inf where no feasible completion exists."""

    @abstractmethod
    def complete(self, action: Actions) -> dict[str, Any]:
        """All declared variables at one candidate, its continuous part optimal; shape (n,)."""

    def action(self, values: Mapping[str, Any]) -> Actions:
        """The candidate that a point of the problem belongs to, shape (n,): the way back from :meth:`complete`.

        Raises
        ------
        Refused
            Where the view does not define it.
        """
        raise Refused(f"the view '{self.title}' does not say which bits a point has", "define its method 'action'")

    def features(self) -> Array:
        """What a policy sees of the instance, shape (d,): here the effect of each bit alone, scaled to 1."""
        effect = self.effects()
        largest = float(np.max(np.abs(effect), initial=0.0))
        return effect / largest if largest > 0.0 else effect

    def effects(self) -> Array:
        """What each bit alone adds to the score of no bits, shape (n,); 0 where it has no feasible completion.

        Here by n + 1 scores; define it where it is known without them.
        """
        scores = self.score(np.vstack([np.zeros((1, self.n), np.int8), np.eye(self.n, dtype=np.int8)]))
        added: Array = np.where(np.isfinite(scores[1:]), scores[1:] - scores[0], 0.0)
        return added

    def observed(self) -> Array | None:
        """What is measured of the instance in natural units, where the problem says how that becomes features.

        ``problem.reading()`` then turns it into :meth:`features` and :meth:`device_features`. None, the default: the
        features are what there is.
        """
        return None

    def device_features(self) -> Array:
        """What a policy sees of each bit alone, shape (n, q), with the same columns for any number of bits.

        Here one column, the features of the instance where there is one for each bit.

        Raises
        ------
        Refused
            When there is not.
        """
        seen = np.asarray(self.features(), dtype=float)
        if seen.shape != (self.n,):
            raise Refused(
                f"this view has {seen.size} features for {self.n} bits, and says none of each bit alone",
                "choose a network that sees whole frames, or define device_features on the view",
            )
        return seen[:, None]

    def context(self, length: int) -> Array:
        """Features of this and the preceding instances of the stream, oldest first, shape (length, d).

        Without a past the first known features are repeated.
        """
        return np.repeat(self.features()[None, :], length, axis=0)

    @classmethod
    def score_many(cls, views: Sequence[Any], actions: Actions) -> Array:
        """Scores of K candidates for each of F views of this class, shape (F, K, n) -> (F, K)."""
        return np.stack([view.score(candidates) for view, candidates in zip(views, actions, strict=True)])
