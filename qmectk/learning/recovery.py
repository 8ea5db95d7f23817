"""How long a backend takes to find its way again when the world becomes another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Frames whose mean is what a backend reached before a change; frames of the moving mean after it; and how near to the
#: former the latter has to come.
BEFORE, WINDOW, WITHIN = 1000, 100, 1e-3


@dataclass(frozen=True)
class Recovery:
    """One change.

    Attributes
    ----------
    frame
        The first frame of the new world.
    before, after
        Mean ratio over the `BEFORE` frames before it (fewer where another change, or the beginning, is nearer) and over
        the first `WINDOW` frames of it.
    frames
        The least k so that the mean over frames k to k + `WINDOW` after the change is within `WITHIN` of `before`, or
        beyond it; 0 where there is no dip, None where that does not happen before the next change or the end.
    """

    frame: int
    before: float
    after: float
    frames: int | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def recoveries(ratios: NDArray[np.float64], changes: Sequence[int], sense: int) -> list[Recovery]:
    """What happened at each change of a stream.

    Parameters
    ----------
    ratios
        Objective over certified bound, shape (frames,); nan where there is none, which is left out of means.
    changes
        First frames of the new worlds, ascending.
    sense
        +1 where the objective is maximised, so that larger ratios are better; -1 where it is minimised.

    Examples
    --------
    >>> good, bad = np.full(500, 0.99), np.full(100, 0.9)
    >>> [found.frames for found in recoveries(np.concatenate([good, bad, good]), [500], 1)]
    [99]
    """
    inside = [frame for frame in changes if 0 < frame < len(ratios)]
    found = []
    for start, frame, end in zip([0, *inside], inside, [*inside[1:], len(ratios)], strict=False):
        before, after = ratios[max(start, frame - BEFORE) : frame], ratios[frame:end]
        if not (np.isfinite(before).any() and np.isfinite(after[:WINDOW]).any()):
            continue
        level = float(np.nanmean(before))
        means = moving_mean(after, WINDOW)
        back = np.flatnonzero(sense * (means - level) >= -WITHIN)
        found.append(Recovery(frame, level, float(np.nanmean(after[:WINDOW])), int(back[0]) if back.size else None))
    return found


def moving_mean(series: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Means over `width` successive numbers, nan left out, shape (len(series) - width + 1,); one mean of fewer."""
    width = min(width, len(series))
    known = np.isfinite(series)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, series, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    with np.errstate(invalid="ignore"):
        return np.asarray((sums[width:] - sums[:-width]) / (counts[width:] - counts[:-width]))
