"""Where the order of two contenders hinges on seeds: those of training, or of a random search.

What counts is a seed's mean over all cases: what was trained or drawn once is used on all of them, so cases do not say
how another seed would do. Two contenders are distinguished where the interval of B. Welch (Biometrika 34, 1947) for the
difference of their means leaves zero out.
"""

from __future__ import annotations

import bisect
import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # its parts are imported at the first look

from ...presenting.wording import percent
from ...status import OPTIMALITY_GAP
from .prepare import contending, prepare
from .refusals import taking_part

#: Seeds beyond which no number of them is advised: what asks for so many is hardly worth a place in a ranking.
MOST = 1000


@dataclass(frozen=True)
class Hinge:
    """Two neighbours in the order of mean gaps whose seeds do not tell them apart.

    Attributes
    ----------
    names
        The contenders, the one with the smaller mean first.
    means
        For each of them one mean gap a seed.
    needed
        Seeds that would tell them apart if difference and spread stayed; None for more than :data:`MOST`.
    certified
        Whether gaps are those to bounds; to the best point found otherwise.
    """

    problem: str
    names: tuple[str, str]
    means: tuple[np.ndarray, np.ndarray]
    needed: int | None
    certified: bool

    def __str__(self) -> str:
        (first, second), (few, many) = self.names, self.means
        apart = percent(many.mean() - few.mean())
        gaps = "mean gaps" if self.certified else "mean gaps to the best point found"
        remedy = f"about {self.needed} would tell" if self.needed else f"at this difference {MOST} would not tell"
        return (
            f"The order of {first} and {second} hinges on seeds: their {gaps} are {apart} apart; "
            f"that of {first} {_spread(few)}, that of {second} {_spread(many)}. "
            f"Run more seeds: {remedy} them apart."
        )


def hinges(frame: pd.DataFrame, level: float = 0.95) -> list[Hinge]:
    """The neighbours in the order of mean gaps, problem by problem, that are not distinguished at `level`.

    Gaps are the losses that are ranked (:func:`.prepare.prepare`). Only cases and contenders that are ranked count, of
    these only who has a feasible point (over a horizon: stands) in every run, as a mean gap says nothing of the others.
    Where neither of two has a spread, by one seed or by the same answers at all, there is nothing to hinge on.
    """
    found: list[Hinge] = []
    runs = contending(taking_part(prepare(frame)))
    for problem, group in runs.groupby("problem", sort=False):
        means = _means(group)
        certified = bool((group["best_bound"].notna() & (group["horizon"] == "")).any())
        for first, second in itertools.pairwise(sorted(means, key=lambda name: means[name].mean())):
            few, many = means[first], means[second]
            apart, half = many.mean() - few.mean(), half_width(few, many, level)
            if apart > OPTIMALITY_GAP and apart <= half:
                found.append(Hinge(str(problem), (first, second), (few, many), _needed(few, many, level), certified))
    return found


def _means(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Contender -> its mean gap over the cases that all ran, one a seed that has them all; where all are finite."""
    table = runs.pivot_table("loss", "case", ["contender", "seed"], aggfunc="mean", sort=False)
    ran = runs.groupby(["case", "contender"]).size().unstack("contender").notna().all(axis=1)
    means = table.loc[ran[ran].index].mean(skipna=False).dropna()
    found = {str(name): part.to_numpy(float) for name, part in means.groupby(level="contender", sort=False)}
    return {name: values for name, values in found.items() if np.isfinite(values).all()}


def half_width(few: np.ndarray, many: np.ndarray, level: float, seeds: int | None = None) -> float:
    """Half of Welch's interval for the difference of two means, for `seeds` seeds of either where there are that many.

    A single seed has no spread; where neither has one it is 0.
    """
    squares, freedoms = [], []
    for values in (few, many):
        variance = float(np.var(values, ddof=1)) if len(values) > 1 else 0.0
        if variance > 0.0:
            size = seeds or len(values)
            squares.append(variance / size)
            freedoms.append(size - 1)
    if not squares:
        return 0.0
    freedom = sum(squares) ** 2 / sum(one**2 / size for one, size in zip(squares, freedoms, strict=True))
    return float(scipy.special.stdtrit(freedom, 0.5 + level / 2.0)) * math.sqrt(sum(squares))


def _needed(few: np.ndarray, many: np.ndarray, level: float) -> int | None:
    """The fewest seeds with which the interval for this difference leaves zero out."""
    apart = many.mean() - few.mean()
    # the interval shrinks with every seed
    tried = range(2, MOST + 1)
    place = bisect.bisect_left(tried, True, key=lambda seeds: half_width(few, many, level, seeds) < apart)
    return tried[place] if place < len(tried) else None


def _spread(means: np.ndarray) -> str:
    low, high = percent(float(means.min())), percent(float(means.max()))
    if low == high:
        return f"is {low} at every seed" if len(means) > 1 else f"is {low}"
    return f"goes from {low} to {high} over {len(means)} seeds"
