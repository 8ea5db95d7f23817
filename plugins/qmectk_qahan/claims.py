"""Verdicts: statements about a run, each supported, refuted or left undecided by its numbers.

Two methods are compared on the same test images by the exact sign test on those that only one of them answers rightly
(McNemar's test). It is over images, not over trainings: one seed says nothing about another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .experiment import Experiment, Outcome

#: Largest probability of the data, if nothing were behind them, at which a claim counts as settled.
LEVEL = 0.05

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"


@dataclass(frozen=True)
class Claim:
    """A statement, what the run says to it, and the numbers."""

    statement: str
    verdict: str
    evidence: str


def claims(found: Experiment) -> list[Claim]:
    """The paper's claims and ours, as far as the methods that ran allow."""
    by_name = {o.method: o for o in found.outcomes}
    made: list[Claim] = []
    published = by_name.get("qahan")
    if published is not None:
        made += [_empties(published), _above_chance(published, found.chance)]
        for other in ("glimpse", "saccader"):
            if other in by_name:
                made.append(_better(published, by_name[other], "QAHAN as published"))
                made += [_sturdier(published, by_name[other], level, found.chance) for level in found.settings.levels]
        for other in ("random", "salient"):
            if other in by_name:
                made.append(_better(by_name[other], published, _called(other)))
    for other in ("glimpse", "saccader"):
        if "salient" in by_name and other in by_name:
            made.append(_better(by_name["salient"], by_name[other], _called("salient")))
    return made


def _called(method: str) -> str:
    names = {
        "qahan": "QAHAN as published",
        "glimpse": "the glimpse network",
        "saccader": "the Saccader-style network",
        "salient": "QAHAN keeping the most",
        "random": "a random mask",
    }
    return names[method]


def _empties(published: Outcome) -> Claim:
    facts = published.attention
    share, top = facts["share_kept"], facts["top_share"]
    verdict = SUPPORTED if share <= 0.01 * top else REFUTED
    return Claim(
        "the optimum of the published energy keeps the least salient features",
        verdict,
        f"on {facts['images']:.0f} test images it keeps {facts['count']:.0f} features with {share:.2%} of "
        "the sum of all, where as many could have "
        f"{top:.1%}; {facts['zero_kept']:.1%} of the kept features are 0; "
        f"{facts['proved']:.0%} of the masks proved optimal",
    )


def _above_chance(published: Outcome, chance: float) -> Claim:
    from scipy.stats import binomtest

    right = published.correct["0"]
    low, high = binomtest(int(right.sum()), len(right)).proportion_ci(1.0 - LEVEL, "wilson")
    constant = published.classes == 1  # no such answer is better than the best of its kind
    verdict = SUPPORTED if low > chance else REFUTED if constant or high < chance else UNDECIDED
    names = "; it names the same class for every image" if constant else ""
    return Claim(
        "QAHAN as published, solved to the optimum, classifies better than always naming the most frequent class",
        verdict,
        f"accuracy {right.mean():.3f} (95 % interval {low:.3f} to {high:.3f}) against {chance:.3f}{names}",
    )


def sign_test(left: NDArray[np.bool_], right: NDArray[np.bool_]) -> tuple[int, int, float]:
    """Images that only the left, only the right answers, and the two-sided probability of so uneven a split."""
    from scipy.stats import binomtest

    wins, losses = int((left & ~right).sum()), int((right & ~left).sum())
    return wins, losses, float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def _better(left: Outcome, right: Outcome, name: str) -> Claim:
    wins, losses, p = sign_test(left.correct["0"], right.correct["0"])
    verdict = UNDECIDED if p > LEVEL else SUPPORTED if wins > losses else REFUTED
    return Claim(
        f"{name} answers more test images rightly than {_called(right.method)}",
        verdict,
        f"accuracy {left.accuracy():.3f} against {right.accuracy():.3f}; {wins} images only the first, {losses} only "
        f"the second (p = {p:.2g})",
    )


def _sturdier(published: Outcome, other: Outcome, level: float, chance: float) -> Claim:
    lost = [o.accuracy() - o.accuracy(level) for o in (published, other)]
    statement = f"QAHAN as published loses less accuracy than {_called(other.method)} at noise {level:g}"
    evidence = f"loses {lost[0]:.3f} of {published.accuracy():.3f} against {lost[1]:.3f} of {other.accuracy():.3f}"
    if published.accuracy() <= chance + 0.02:
        return Claim(statement, UNDECIDED, f"{evidence}; it is at chance and has nothing to lose")
    flips = [o.correct["0"].astype(int) - o.correct[f"{level:g}"] for o in (published, other)]
    difference = (flips[0] - flips[1]).astype(float)
    error = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else np.inf
    mean = difference.mean()
    verdict = UNDECIDED if abs(mean) <= error else SUPPORTED if mean < 0 else REFUTED
    return Claim(statement, verdict, f"{evidence} (difference {mean:+.3f} +- {error:.3f})")


def plain_claims(made: list[Claim]) -> list[dict[str, Any]]:
    """For JSON."""
    return [{"claim": c.statement, "verdict": c.verdict, "evidence": c.evidence} for c in made]
