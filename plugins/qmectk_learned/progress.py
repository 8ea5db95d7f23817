"""How far a training is, in plain values that a checkpoint keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Progress:
    """Where the loop stands; plain numbers, so that a checkpoint can hold them.

    Attributes
    ----------
    position
        Frames seen, over all epochs.
    candidates
        The K of the next frame.
    furthest
        Largest index of a best candidate since K was last updated.
    curve
        The learning curve, about fifty rows (:mod:`.curve`). Best-of-K hides a bad network, so what was executed and
        what was rounded are both kept. Scores are to be maximised whatever the sense of the problem.
    loss_sum, executed, rounded, scored
        Sums since the last row, and over how many frames.
    seconds
        Wall clock so far, over all calls that trained it.
    recent
        Place, executed and rounded score of the last frames, an interval of them.
    least, least_at
        The least loss of a row that was an improvement, and its frame.
    stopped
        Whether there was none for too long.
    """

    position: int = 0
    candidates: int = 1
    furthest: int = 0
    loss_sum: float = 0.0
    curve: list[list[float | None]] = field(default_factory=list)
    executed: float = 0.0
    rounded: float = 0.0
    scored: int = 0
    seconds: float = 0.0
    recent: list[list[float]] = field(default_factory=list)
    least: float | None = None
    least_at: int = 0
    stopped: bool = False

    def watch(self, loss: float, options: Any) -> None:
        """Stop the training where the loss has not fallen for too long."""
        if self.least is None or loss < (1.0 - options.improvement) * self.least:
            self.least, self.least_at = loss, self.position
        self.stopped = bool(options.patience) and self.position - self.least_at >= options.patience


def ratio(scores: NDArray[np.float64], best: NDArray[np.float64]) -> float | None:
    """Mean ratio of scores to those of optima, at most 1 up to rounding; None where signs make it meaningless.

    Scores are to be maximised, so costs are negative, and the smaller cost is the numerator.
    """
    if not ((scores > 0.0) == (best > 0.0)).all() or (scores == 0.0).any() or (best == 0.0).any():
        return None
    return float(np.mean(np.where(best > 0.0, scores / best, best / scores)))
