"""Who is better than whom, by ranks.

J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006: the Friedman test, the
Nemenyi critical difference, and the Wilcoxon signed-rank test (F. Wilcoxon, Biometrics Bulletin 1, 1945) with
S. Holm's correction (Scand. J. Statistics 6, 1979).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy  # its parts are imported at the first look: `stats` takes a second

from ...status import OPTIMALITY_GAP
from .profiles import case_table
from .refusals import taking_part


def losses(frame: pd.DataFrame) -> pd.DataFrame:
    """Median loss over seeds, one row a case and one column a contender; inf without a feasible point.

    The loss is the gap to the best bound (to the best point found where no bound is known); gaps below the optimality
    gap are zero, so contenders that all reach the certified optimum tie. A contender that was refused in every run of
    a problem takes no part in it.
    """
    runs = taking_part(frame)
    return case_table(runs[["case", "contender", "loss"]], "loss")


@dataclass(frozen=True)
class Ranking:
    """Average ranks (1 is best) and what of them is significant.

    Attributes
    ----------
    ranks
        Contender -> average rank, best first.
    cases
        Cases ranked.
    critical
        Nemenyi's critical difference; nan with fewer than two contenders or cases.
    p
        Of Friedman's test that all are alike; nan with fewer than three contenders or two cases.
    groups
        Contenders that cannot be distinguished: maximal runs of ranks closer than the critical difference.
    """

    ranks: dict[str, float]
    cases: int
    critical: float
    p: float
    groups: list[list[str]]


def critical_difference(table: Any, level: float = 0.95) -> Ranking:
    """Rank the contenders of a table of losses (cases x contenders, smaller is better, ties share their rank)."""
    values = table.to_numpy(dtype=float)
    cases, contenders = values.shape
    if not cases:
        return Ranking({}, 0, np.nan, np.nan, [])
    values = tied(values)
    average = scipy.stats.rankdata(values, axis=1).mean(axis=0)
    order = np.argsort(average, kind="stable")
    names = [str(table.columns[index]) for index in order]
    ordered = average[order]
    critical = nemenyi(contenders, cases, level) if contenders > 1 and cases > 1 else np.nan
    groups: list[list[str]] = []
    last = -1
    for first in range(contenders):
        end = max((i for i in range(contenders) if ordered[i] - ordered[first] < critical), default=first)
        if end > first and end > last:
            groups.append(names[first : end + 1])
            last = end
    return Ranking(dict(zip(names, ordered.tolist(), strict=True)), cases, critical, friedman(values)[1], groups)


def tied(values: Any) -> np.ndarray:
    """Losses, shape (cases, contenders), where those of a case within the optimality gap of each other are equal.

    Smallest first: what is within the gap of a group's smallest belongs to it. Differences below it are rounding.

    >>> tied([[0.1 + 1e-9, 0.1, 0.2]]).tolist()
    [[0.1, 0.1, 0.2]]
    """
    values = np.array(values, dtype=float)
    for row in values:
        first = -np.inf
        for column in np.argsort(row, kind="stable"):
            if row[column] > first + OPTIMALITY_GAP:
                first = row[column]
            else:
                row[column] = first
    return values


def nemenyi(contenders: int, cases: int, level: float = 0.95) -> float:
    """Critical difference ``q sqrt(k (k + 1) / (6 N))``, q the studentised range quantile over sqrt(2)."""
    quantile = scipy.stats.studentized_range.ppf(level, contenders, np.inf) / np.sqrt(2.0)
    return float(quantile * np.sqrt(contenders * (contenders + 1) / (6.0 * cases)))


def friedman(values: Any) -> tuple[float, float]:
    """Friedman's statistic, corrected for ties, and its p-value; nan for fewer than three contenders or two cases."""
    values = np.asarray(values, dtype=float)
    cases, contenders = values.shape
    if contenders < 3 or cases < 2:
        return np.nan, np.nan
    ranks = scipy.stats.rankdata(values, axis=1)
    spread = np.sum((ranks - (contenders + 1) / 2.0) ** 2)
    if spread == 0.0:  # all contenders tie on all cases
        return 0.0, 1.0
    between = np.sum((ranks.mean(axis=0) - (contenders + 1) / 2.0) ** 2)
    statistic = (contenders - 1) * cases**2 * between / spread
    return float(statistic), float(scipy.stats.chi2.sf(statistic, contenders - 1))


def wilcoxon_pairs(table: Any) -> pd.DataFrame:
    """Every pair of contenders: wins, losses, ties, the two-sided p-value, Holm's over all pairs, and who is better.

    Cases on which both are equal to the optimality gap (also: both without a point) say nothing and are dropped, as
    Wilcoxon did; a case that only one of them settles counts as the largest difference. ``favours`` is "first" or
    "second", the contender with the larger sum of signed ranks, or "" where these are equal.
    """
    rows: list[dict[str, Any]] = []
    for first, second in itertools.combinations(table.columns, 2):
        a, b = table[first].to_numpy(dtype=float), table[second].to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            difference = np.where((a == b) | (np.abs(a - b) <= OPTIMALITY_GAP), 0.0, a - b)
        finite = np.abs(difference[np.isfinite(difference)])
        difference = np.where(np.isinf(difference), np.sign(difference) * (finite.max(initial=0.0) + 1.0), difference)
        apart = difference[difference != 0.0]
        p = float(scipy.stats.wilcoxon(apart, method="auto").pvalue) if apart.size else 1.0
        ranks = scipy.stats.rankdata(np.abs(apart))
        balance = float(ranks[apart < 0].sum() - ranks[apart > 0].sum())
        better, worse = int(np.sum(difference < 0)), int(np.sum(difference > 0))
        rows.append(
            {
                "first": first,
                "second": second,
                "first_better": better,
                "second_better": worse,
                "ties": len(difference) - better - worse,
                "p": p,
                "favours": "first" if balance > 0 else "second" if balance < 0 else "",
            }
        )
    pairs = pd.DataFrame(rows, columns=["first", "second", "first_better", "second_better", "ties", "p", "favours"])
    pairs["p_holm"] = holm(pairs["p"])
    return pairs


def holm(p: Any) -> np.ndarray:
    """Holm's step-down p-values, in the order given."""
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(raised, 1.0)
    return out


def least_p(cases: int, pairs: int) -> float:
    """The smallest p-value that Wilcoxon's exact two-sided test can give, after Holm's correction.

    One of `cases` instances all in favour of the same contender is one of ``2**cases`` equally likely sign patterns,
    and so is its mirror image; Holm multiplies the smallest p-value by the number of pairs.
    """
    return min(pairs * 2.0 ** (1 - cases), 1.0)


def cases_needed(pairs: int, level: float = 0.95) -> int:
    """The fewest instances with which the test of one of `pairs` pairs can reject at all.

    >>> cases_needed(1), cases_needed(6)
    (6, 8)
    """
    return next(cases for cases in itertools.count(1) if least_p(cases, pairs) < 1.0 - level)
