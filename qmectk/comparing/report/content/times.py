"""Times in tables: where the time of a run goes, and when training pays off."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ...statistics.breakeven import break_even
from ...statistics.spent import PARTS, spent
from ..wording import MISSING, gap, seconds
from .cells import Cell, Table, many, name_cell, seconds_cell, sort_key


def where_time_goes(runs: pd.DataFrame) -> Table:
    """Training once, and the mean seconds of what every run pays anew; of one problem."""
    heads = [
        ("contender", "backend, with the options that tell it from its namesakes"),
        ("training", "seconds to train, paid once"),
        ("conversion", "mean seconds from the declared problem to the backend's form"),
        ("compilation", "mean seconds of embedding, transpiling, or handing the model to a solver's own format"),
        ("solve", "mean seconds of solving proper"),
        ("a run", "mean of the three together"),
    ]
    rows = []
    for row in spent(runs).itertuples():
        parts = [getattr(row, part) for part in PARTS]
        known = [value for value in parts if not math.isnan(value)]
        rows.append(
            [
                name_cell(row.contender, _came_back(row)),
                Cell(seconds(row.training) if row.training else MISSING, "", row.training),
                *[seconds_cell(value) for value in parts],
                seconds_cell(sum(known) if known else math.nan),
            ]
        )
    note = (
        "Plain means, so that the parts add up; the summary's time is a geometric mean, which slow runs move less. "
        "Only runs that came back: those that were killed or refused have no such parts. "
        f"{MISSING}: not recorded, and then part of the solve."
    )
    return Table("Where the time goes", heads, rows, note)


def _came_back(row: Any) -> str:
    if row.refused and not row.runs:
        return "refused"
    return many(row.runs, "run")


def pays_off(runs: pd.DataFrame) -> Table:
    """After how many solves training has paid for itself, for every two contenders of which one trains longer."""
    heads = [
        ("contender", "the one that trains"),
        ("against", "the other contender"),
        ("training", "seconds to train once"),
        ("a solve", "mean seconds of conversion, compilation and solve"),
        ("the other's", "mean seconds of conversion, compilation and solve"),
        ("pays off after", "solves until the total time is no larger"),
        ("mean gap", "of the two, in the same order"),
    ]
    rows = []
    for row in break_even(runs).itertuples():
        if math.isnan(row.solves):
            after = "unknown"
        else:
            after = "never" if math.isinf(row.solves) else many(int(row.solves), "solve")
        rows.append(
            [
                name_cell(row.contender),
                name_cell(row.other),
                seconds_cell(row.training),
                seconds_cell(row.seconds),
                seconds_cell(row.seconds_other),
                Cell(after, "", sort_key(row.solves)),
                Cell(f"{gap(row.gap)} / {gap(row.gap_other)}", "", sort_key(row.gap)),
            ]
        )
    note = "Time only: read it beside the gaps, which a faster answer does not close."
    return Table("When training pays off", heads, rows, note)
