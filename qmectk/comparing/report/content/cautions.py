"""What a reader must know before believing the numbers: what spoils a comparison, and what its statistics assume."""

from __future__ import annotations

import pandas as pd

from ....status import OPTIMALITY_GAP
from ...audits import audit_counts, sentence
from ...statistics.refusals import declined, taking_part
from ...statistics.seeds import hinges
from ..wording import clean, gap
from .cells import many
from .environment import versions

#: Said wherever the instances of a problem are slots of one trajectory.
COUPLED = (
    "Its instances are successive slots of one trajectory (queues, mobility, a channel with memory) and not "
    "independent of each other. Intervals and tests treat them as if they were: take the intervals as too narrow and "
    "the p-values as too small."
)


def coupling(runs: pd.DataFrame) -> list[str]:
    """A sentence where any run of a problem is a slot of a trajectory."""
    return [COUPLED] if runs["coupled"].any() else []


def thinned(runs: pd.DataFrame, drawn: pd.DataFrame) -> list[str]:
    """A sentence where only one penalty factor of each swept backend is drawn."""
    left_out = runs["contender"].nunique() - drawn["contender"].nunique()
    if not left_out:
        return []
    return [
        "Penalty factors were swept. The verdict, figures, rankings and tests take each swept backend at the factor "
        "nearest to 1, the default, whatever it scored; the summary and the penalty sweep show all. "
        "The best of several factors looks better than it would on new instances."
    ]


def refusals(runs: pd.DataFrame) -> list[str]:
    """A sentence where contenders were refused in every run of this problem."""
    names = [clean(name) for name in declined(runs)]
    if not names:
        return []
    return [
        "Refused in every run of this problem, and therefore in none of its rankings, tests and profiles: "
        f"{', '.join(names)}. The reasons stand among the failures."
    ]


def unsettled(runs: pd.DataFrame) -> list[str]:
    """A sentence for every two neighbours in the order of mean gaps whose seeds do not tell them apart."""
    return [clean(str(hinge)) for hinge in hinges(runs)]


def overrun(runs: pd.DataFrame) -> pd.Series:
    """Whether a run took noticeably longer than its time limit: more than a tenth and half a second."""
    return (runs["seconds"] > 1.1 * runs["time_limit"]) & (runs["seconds"] > runs["time_limit"] + 0.5)


def warnings(runs: pd.DataFrame) -> list[str]:
    """Sentences on the whole study: refuted bounds, limits, machines, versions or instances that differ, repeats."""
    out = []
    audits = audit_counts(runs)
    if audits["audited"]:
        out.append(f"{sentence(audits)}.")
    refuted = int(runs["refuted"].sum())
    if refuted:
        out.append(
            f"{many(refuted, 'run')} carried a bound that a measured feasible point beats; such bounds are not used."
        )
    wide = runs.loc[runs["optimal"] & (runs["gap"] > OPTIMALITY_GAP), "gap"]
    if len(wide):
        out.append(
            f"{many(len(wide), 'run')} counted as optimal at gaps of up to {gap(wide.max())}: "
            "so wide is the gap that the study asked for, or the tolerance of the bound."
        )
    if runs["time_limit"].nunique(dropna=False) > 1:  # no limit is another limit
        out.append("Not all runs had the same time limit.")
    asked = runs[runs["status"] != "refused"]
    timeless = int((asked["failed"] & asked["charged"].isna()).sum())
    if timeless:
        out.append(f"{many(timeless, 'failed run')} had no time limit and no time to be charged: means leave them out.")
    late = int((overrun(asked) & (asked["status"] == "ok")).sum())
    if late:
        whose = ("its", "it is", "it") if late == 1 else ("their", "they are", "they")
        out.append("{} overran {} time limit; {} charged what {} took.".format(many(late, "run"), *whose))
    if runs.loc[runs["machine"] != "", "machine"].nunique() > 1:  # a killed run does not say where it was
        out.append("The runs were made on more than one machine: their times compare only roughly.")
    mixed = [clean(name) for name, values in versions(runs).items() if len(values) > 1]
    if mixed:
        out.append(f"Not all runs used the same version of {', '.join(mixed)}.")
    # what was refused altogether is reported at its problem
    seeds = taking_part(runs).groupby(["case", "contender"])["seed"].nunique().unstack("contender")
    if (seeds.nunique(axis=1) > 1).any():
        out.append("Not every contender had as many seeds: those with fewer have the coarser medians and shares.")
    if seeds.isna().to_numpy().any():
        out.append(
            "Not every contender ran every instance: rankings and profiles use only those that all ran, "
            "the summary uses what each ran."
        )
    doubles = int(runs.duplicated(["case", "contender", "seed"]).sum())
    if doubles:
        out.append(f"{many(doubles, 'run')} repeats the same contender, instance and seed.")
    return out
