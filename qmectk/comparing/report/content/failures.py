"""The runs without an answer, grouped by whose they are, how they ended, and why: failures first."""

from __future__ import annotations

import pandas as pd

from ...running.outcome import general
from ..wording import clean
from .cells import Cell, Table, many, name_cell


def failures(runs: pd.DataFrame) -> Table:
    """One row a contender, problem, ending and reason, with one of its runs as an example.

    After the runs that failed come those that ended in order without a feasible point.
    """
    heads = [
        ("contender", "backend"),
        ("problem", "problem"),
        ("how", "what the runner saw; \u2717: the run failed"),
        ("runs", "how many"),
        ("reason", "in the backend's or the runner's words"),
        ("for example", "instance and seed"),
    ]
    bad = runs[runs["failed"]]
    bad = bad.assign(how=bad["status"].where(bad["status"] != "ok", "failed"))
    # why a controller does not stand over a horizon is reported at its problem
    pointless = runs[~runs["failed"] & ~runs["feasible"] & (runs["horizon"] == "")]
    infeasible = pointless["quality"] == "infeasible"
    pointless = pointless.assign(how=infeasible.map({True: "infeasible point", False: "no point"}))
    note = f"{many(len(bad), 'run')} of {len(runs)} failed." if len(bad) else "No run failed."
    if len(pointless):
        note += f" Runs without a feasible point, although they did not fail: {len(pointless)} of {len(runs)}."
    return Table("Failures", heads, [*_rows(bad, "\u2717 "), *_rows(pointless, "")], note)


def _rows(runs: pd.DataFrame, mark: str) -> list[list[Cell]]:
    rows = []
    explained = runs.assign(why=[general(*pair) for pair in zip(runs["reason"], runs["instance"], strict=True)])
    for (contender, problem, how, why), group in explained.groupby(["contender", "problem", "how", "why"], sort=False):
        first = group.iloc[0]
        example = f"{clean(first['instance'], 200)}, frame {first['frame']}, seed {first['seed']}"
        rows.append(
            [
                name_cell(contender),
                name_cell(problem),
                Cell(f"{mark}{clean(how)}", "", how),
                Cell(str(len(group)), "", float(len(group))),
                Cell(clean(why, 600) or "no reason given", "", why),
                Cell(example, "", example),
            ]
        )
    return rows
