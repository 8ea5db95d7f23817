"""What a reader must know before believing the numbers: what spoils a comparison, and what its statistics assume."""

from __future__ import annotations

import pandas as pd

from ..wording import clean
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


def warnings(runs: pd.DataFrame) -> list[str]:
    """Sentences on the whole study: refuted bounds, different limits, machines, versions or instances, repeats."""
    out = []
    refuted = int(runs["refuted"].sum())
    if refuted:
        out.append(
            f"{many(refuted, 'run')} carried a bound that a measured feasible point beats; such bounds are not used."
        )
    limits = {row: tuple(group["time_limit"].dropna().unique()) for row, group in runs.groupby("contender", sort=False)}
    if len({limit for each in limits.values() for limit in each}) > 1:
        out.append("Not all runs had the same time limit.")
    if runs["machine"].nunique() > 1:
        out.append("The runs were made on more than one machine: their times compare only roughly.")
    mixed = [clean(name) for name, values in versions(runs).items() if len(values) > 1]
    if mixed:
        out.append(f"Not all runs used the same version of {', '.join(mixed)}.")
    present = runs.groupby(["problem", "contender"])["case"].nunique().unstack("problem")
    if (present.nunique(axis=0) > 1).any() or present.isna().to_numpy().any():
        out.append(
            "Not every contender ran every instance: rankings and profiles use only those that all ran, "
            "the summary uses what each ran."
        )
    doubles = int(runs.duplicated(["case", "contender", "seed"]).sum())
    if doubles:
        out.append(f"{many(doubles, 'run')} repeats the same contender, instance and seed.")
    return out
