"""Contenders that declined a problem: every run was refused before it began (no route, not installed, nothing to
train on), so there is no answer to rank and no time to count.
"""

from __future__ import annotations

import pandas as pd

from .prepare import prepare


def taking_part(frame: pd.DataFrame) -> pd.DataFrame:
    """The prepared runs without contenders that were refused in every run of a problem, each problem by itself."""
    runs = prepare(frame)
    return runs[~_declined(runs)]


def declined(frame: pd.DataFrame) -> list[str]:
    """The contenders that some problem of these runs is without."""
    runs = prepare(frame)
    return list(dict.fromkeys(runs.loc[_declined(runs), "contender"]))


def _declined(runs: pd.DataFrame) -> pd.Series:
    refused = runs["status"] == "refused"
    return refused.groupby([runs["problem"], runs["contender"]]).transform("all").astype(bool)
