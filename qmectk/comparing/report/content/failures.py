"""The runs that failed, grouped by who failed, how, and why."""

from __future__ import annotations

import pandas as pd

from ..wording import clean
from .cells import Cell, Table, many, name_cell


def failures(runs: pd.DataFrame) -> Table:
    """One row a contender, problem, status and reason, with one of its runs as an example."""
    heads = [
        ("contender", "backend"),
        ("problem", "problem"),
        ("how", "what the runner saw"),
        ("runs", "how many"),
        ("reason", "in the backend's or the runner's words"),
        ("for example", "instance and seed"),
    ]
    rows = []
    bad = runs[runs["failed"]].assign(how=lambda f: f["status"].where(f["status"] != "ok", "failed"))
    for (contender, problem, how, reason), group in bad.groupby(["contender", "problem", "how", "reason"], sort=False):
        first = group.iloc[0]
        example = f"{clean(first['instance'], 200)}, frame {first['frame']}, seed {first['seed']}"
        rows.append(
            [
                name_cell(contender),
                name_cell(problem),
                Cell(f"✗ {clean(how)}", "", how),
                Cell(str(len(group)), "", float(len(group))),
                Cell(clean(reason, 600) or "no reason given", "", reason),
                Cell(example, "", example),
            ]
        )
    note = f"{many(len(bad), 'run')} of {len(runs)} failed." if rows else "No run failed."
    return Table("Failures", heads, rows, note)
