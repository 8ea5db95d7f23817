"""Confidence intervals by resampling: instances first, then the seeds within each instance drawn.

B. Efron & R. Tibshirani, "An Introduction to the Bootstrap", 1993: percentile intervals (chapter 13) and BCa
(chapter 14, acceleration by the jackknife over instances). Two-stage resampling of nested data: A. Davison &
D. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8. A share that never varies in the sample
(100 of 100) has no bootstrap spread; its interval is the exact one of C. Clopper & E. Pearson, Biometrika 26, 1934,
with one trial an instance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import scipy  # its parts are imported at the first look: `special` takes a quarter of a second

#: Values drawn at a time, to bound memory.
CHUNK = 1_000_000

Sample = Mapping[str, np.ndarray]
#: Takes arrays (..., instances, seeds) padded with nan and gives numbers (...).
Statistic = Callable[[Sample], Any]


class Interval(NamedTuple):
    """An estimate and the ends of its confidence interval (nan where one run says nothing about the spread)."""

    estimate: float
    low: float
    high: float


def intervals(
    values: Mapping[str, Any],
    units: Any,
    statistics: Mapping[str, Statistic],
    rng: np.random.Generator,
    *,
    resamples: int = 999,
    level: float = 0.95,
    method: str = "percentile",
) -> dict[str, Interval]:
    """Intervals of several statistics over the same resamples.

    Parameters
    ----------
    values
        Name -> one number a run.
    units
        The instance of each run; runs of one instance are its seeds.
    statistics
        Name -> statistic of the laid-out values; it must leave nan out.
    method
        "percentile" or "bca".
    """
    if method not in ("percentile", "bca"):
        raise ValueError(f'method must be "percentile" or "bca", got {method!r}')
    table = _layout(np.asarray(units))
    # position -1 reads the nan appended here
    padded = {name: np.append(np.asarray(column, dtype=float), np.nan) for name, column in values.items()}

    def evaluate(positions: np.ndarray) -> dict[str, np.ndarray]:
        sample = {name: column[positions] for name, column in padded.items()}
        return {name: np.asarray(statistic(sample), dtype=float) for name, statistic in statistics.items()}

    if not table.size:
        return {name: Interval(np.nan, np.nan, np.nan) for name in statistics}
    estimates = {name: float(value) for name, value in evaluate(table).items()}
    if np.sum(table >= 0) < 2:
        return {name: Interval(value, np.nan, np.nan) for name, value in estimates.items()}

    drawn: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    step = max(1, min(resamples, CHUNK // table.size))
    for start in range(0, resamples, step):
        for name, value in evaluate(_draw(table, min(step, resamples - start), rng)).items():
            drawn[name].append(np.atleast_1d(value))
    jackknife: list[dict[str, np.ndarray]] = []
    if method == "bca" and len(table) > 1:
        jackknife = [evaluate(np.delete(table, row, axis=0)) for row in range(len(table))]
    out = {}
    for name, estimate in estimates.items():
        ends = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
        replicates = np.concatenate(drawn[name])
        replicates = replicates[~np.isnan(replicates)]
        if jackknife:
            ends = _corrected(ends, estimate, replicates, np.array([float(left[name]) for left in jackknife]))
        out[name] = Interval(estimate, *_quantiles(replicates, ends))
    return out


def interval(
    values: Any, units: Any, statistic: Callable[[np.ndarray], Any], rng: np.random.Generator, **settings: Any
) -> Interval:
    """Interval of one statistic of one number a run; see :func:`intervals`."""
    found = intervals({"v": values}, units, {"s": lambda sample: statistic(sample["v"])}, rng, **settings)
    return found["s"]


def share_interval(found: Interval, units: int, level: float = 0.95) -> Interval:
    """The interval of a share: `found`, or Clopper and Pearson's with `units` trials where the share is 0 or 1."""
    if units < 1 or found.estimate not in (0.0, 1.0):
        return found
    tail = (1.0 - level) / 2.0
    if found.estimate == 1.0:
        return Interval(1.0, float(tail ** (1.0 / units)), 1.0)
    return Interval(0.0, 0.0, float(1.0 - tail ** (1.0 / units)))


def _layout(units: np.ndarray) -> np.ndarray:
    """Positions of the runs of each unit, one row a unit, padded with -1."""
    _, codes = np.unique(units, return_inverse=True)
    rows = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)] if codes.size else []
    table = np.full((len(rows), max((len(row) for row in rows), default=0)), -1)
    for index, row in enumerate(rows):
        table[index, : len(row)] = row
    return table


def _draw(table: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` resamples of the layout, shape (count, units, seeds): rows with replacement, then seeds within each."""
    rows = rng.integers(len(table), size=(count, len(table)))
    sizes = np.sum(table >= 0, axis=1)[rows][..., None]
    seeds = (rng.random((*rows.shape, table.shape[1])) * sizes).astype(int)
    drawn = table[rows[..., None], seeds]
    # a unit with fewer seeds draws only as many as it has
    return np.where(np.arange(table.shape[1]) < sizes, drawn, -1)


def _quantiles(replicates: np.ndarray, ends: np.ndarray) -> tuple[float, float]:
    if not replicates.size:
        return np.nan, np.nan
    # no interpolation: a replicate may be inf
    low = np.quantile(replicates, ends[0], method="lower")
    return float(low), float(np.quantile(replicates, ends[1], method="higher"))


def _corrected(ends: np.ndarray, estimate: float, replicates: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """The quantile levels of BCa, or `ends` where bias or acceleration is not defined."""
    if not replicates.size or not np.all(np.isfinite(left_out)):
        return ends
    below = np.mean(replicates < estimate) + 0.5 * np.mean(replicates == estimate)
    deviation = left_out.mean() - left_out
    spread = np.sum(deviation**2)
    if not 0.0 < below < 1.0 or spread == 0.0:
        return ends
    bias = scipy.special.ndtri(below)
    acceleration = np.sum(deviation**3) / (6.0 * spread**1.5)
    shifted = bias + scipy.special.ndtri(ends)
    return scipy.special.ndtr(bias + shifted / (1.0 - acceleration * shifted))
