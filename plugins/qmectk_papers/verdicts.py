"""Verdicts: a number per seed, a confidence interval over seeds, and the region that the claim needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError

from .claims import Claim, Number, Region

if TYPE_CHECKING:
    from pandas import DataFrame

WORDS = REPRODUCED, CONTRADICTED, UNDECIDED, UNTESTABLE = "reproduced", "contradicted", "undecided", "untestable"

#: From short to long.
SCALES = ("quick", "default", "full")

#: Confidence of the intervals, and the fewest seeds that an interval is made of.
CONFIDENCE, FEWEST = 0.95, 3


@dataclass(frozen=True)
class Verdict:
    """What a run says to a claim.

    Attributes
    ----------
    word
        reproduced, contradicted, undecided or untestable.
    mean, low, high
        The number over seeds and its interval; nan where there is none.
    seeds
        How many.
    why
        What kept it undecided or untestable, else "".
    """

    claim: Claim
    word: str
    mean: float = math.nan
    low: float = math.nan
    high: float = math.nan
    seeds: int = 0
    why: str = ""

    @property
    def evidence(self) -> str:
        """The number with its interval, as text."""
        return with_interval(self.mean, self.low, self.high, self.why)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        numbers = {
            name: None if math.isnan(v) else v
            for name, v in (("mean", self.mean), ("low", self.low), ("high", self.high))
        }
        claim = self.claim
        return {
            "id": claim.id,
            "verdict": self.word,
            "says": claim.says,
            "place": claim.place,
            "prints": claim.prints,
            **numbers,
            "seeds": self.seeds,
            "needs": region(claim.holds),
            "why": self.why,
            "remark": claim.remark,
            "finding": claim.finding,
        }


def with_interval(mean: float, low: float, high: float, why: str) -> str:
    """A number with its interval, and what kept it from being decided."""
    if math.isnan(mean):
        return why
    spread = "" if low == high else f" [{low:.4g}, {high:.4g}]"
    return f"{mean:.4g}{spread}" + (f"; {why}" if why else "")


def verdict(
    claim: Claim, tables: Mapping[str, DataFrame], scale: str = "full", reasons: Mapping[str, str] | None = None
) -> Verdict:
    """What the tables of a run at this scale say to a claim; `reasons` say why an experiment cannot be run."""
    if claim.number is None or claim.holds is None:
        return Verdict(claim, UNTESTABLE, why=claim.untestable)
    table = tables.get(claim.experiment)
    if table is None and reasons and claim.experiment in reasons:
        return Verdict(claim, UNTESTABLE, why=reasons[claim.experiment])
    if table is None:
        return Verdict(claim, UNDECIDED, why="its experiment was not run")
    found = numbers(claim.number, table)
    found = found[np.isfinite(found)]
    if not len(found):
        return Verdict(claim, UNDECIDED, why="there are no numbers to tell")
    mean = float(np.mean(found))
    if claim.exact:
        low, high, why = float(np.min(found)), float(np.max(found)), ""
    elif len(found) < FEWEST:
        return Verdict(claim, UNDECIDED, mean, mean, mean, len(found), f"{len(found)} seeds are too few")
    else:
        low, high = interval(found)
        why = ""
    word = placed(claim.holds, low, high)
    if SCALES.index(scale) < SCALES.index(claim.since):
        word, why = UNDECIDED, f"a {scale} run is too short to tell"
    elif word == UNDECIDED:
        why = f"the interval crosses the border ({region(claim.holds)})"
    return Verdict(claim, word, mean, low, high, len(found), why)


def interval(found: NDArray[np.float64]) -> tuple[float, float]:
    """The confidence interval of a mean, by Student's t."""
    from scipy.stats import t

    half = float(t.ppf(0.5 + CONFIDENCE / 2.0, len(found) - 1) * np.std(found, ddof=1) / math.sqrt(len(found)))
    mean = float(np.mean(found))
    return mean - half, mean + half


def placed(holds: Region, low: float, high: float) -> str:
    """Whether an interval lies within a region, without it, or across its border."""
    least = -math.inf if holds.above is None else holds.above
    most = math.inf if holds.below is None else holds.below
    if low >= least and high <= most:
        return REPRODUCED
    return CONTRADICTED if high < least or low > most else UNDECIDED


def region(holds: Region | None) -> str:
    """A region in words."""
    if holds is None:
        return ""
    parts = [f"at least {holds.above:g}"] if holds.above is not None else []
    return " and ".join([*parts, *([f"at most {holds.below:g}"] if holds.below is not None else [])])


def numbers(number: Number, table: DataFrame) -> NDArray[np.float64]:
    """The number of every seed, in order.

    Raises
    ------
    InputError
        Where the table has no such column, or no such rows.
    """
    for column in (number.of, number.over, *number.where, *(number.per or {}), "seed"):
        if column and column not in table:
            raise InputError(f"there is no column '{column}' in the table", f"it has {', '.join(map(str, table))}")
    out = []
    for _, rows in table.groupby("seed", sort=True):
        mine = _chosen(rows, number.where)
        if not len(mine):
            out.append(math.nan)
        elif number.kind in ("ratio", "difference"):
            other = _chosen(rows, {**number.where, **(number.per or {})})[number.of]
            against = (
                float({"least": other.min, "most": other.max, "mean": other.mean}[number.best]())
                if len(other)
                else math.nan
            )
            value = float(mine[number.of].mean())
            out.append(value - against if number.kind == "difference" else value / against if against else math.nan)
        elif number.over:
            means = mine.groupby(number.over)[number.of].mean()
            places, values = means.index.to_numpy(dtype=float), means.to_numpy(dtype=float)
            if number.kind == "slope":
                out.append(_slope(places, values))
            else:
                out.append(float(places[np.argmin(values) if number.kind == "place of least" else np.argmax(values)]))
        else:
            out.append(float(mine[number.of].mean()))
    return np.array(out, dtype=float)


def _slope(places: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """The change of a value along a column, from end to end of the fitted line, relative to its mean size."""
    if len(places) < 2:
        return math.nan
    steepness = float(np.polyfit(places, values, 1)[0]) * float(places.max() - places.min())
    return steepness / (float(np.mean(np.abs(values))) or 1.0)


def _chosen(rows: DataFrame, where: Mapping[str, Any]) -> DataFrame:
    for column, value in where.items():
        wanted = value if isinstance(value, list) else [value]
        rows = rows[rows[column].isin(wanted)]
    return rows


__all__ = [
    "CONTRADICTED", "REPRODUCED", "UNDECIDED", "UNTESTABLE", "Verdict", "numbers", "region", "verdict", "with_interval",
]  # fmt: skip
