"""The penalty audit: what every contender's penalties were, and what a sweep over their factor shows."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from ...statistics.sweep import audit_of, sweep_curve
from ..wording import MISSING, clean, gap, number, percent
from .cells import Cell, Table, name_cell, sort_key
from .recorded import as_object, on_one_line

#: Most kinds of findings about ground states shown for one contender.
MOST = 3

NUMBER = re.compile(r"[0-9]{1,15}")


def penalties(runs: pd.DataFrame) -> Table | None:
    """The penalties of every contender that had some, None where no run went through a penalised form.

    All runs of such a contender count, also those that were killed before their penalties were looked at.
    """
    audited = ~runs["penalties"].isin(("", "null")) | runs["share_feasible"].notna()
    if not audited.any():
        return None
    audited = audited.groupby([runs["contender"], runs["problem"]]).transform("any")
    heads = [
        ("contender", "backend"),
        ("problem", "problem"),
        ("feasible samples", "mean share over runs"),
        ("runs with a point", "share of runs that ended in a feasible point"),
        ("sufficient", "instances on which every ground state is proved to be feasible, and how that is known"),
        ("penalties", "of the first run that has some"),
    ]
    rows = [
        _audit_row(str(contender), str(problem), group)
        for (contender, problem), group in runs[audited].groupby(["contender", "problem"], sort=False)
    ]
    note = "Of contenders that went through a penalised form (QUBO or Ising), with all their runs."
    return Table("Penalties", heads, rows, note)


def _audit_row(contender: str, problem: str, group: pd.DataFrame) -> list[Cell]:
    measured = audit_of(group)
    share, answered = measured["share_feasible"], measured["share_answered"]
    proved = _sufficient(measured["sufficient"])
    audits = [as_object(text) for text in group["penalties"]]
    first: dict[str, Any] = next((audit for audit in audits if audit), {})
    rest = {key: value for key, value in first.items() if key not in ("sufficient", "how")}
    weights = rest.get("multipliers")
    if isinstance(weights, dict) and weights and all(isinstance(w, int | float) for w in weights.values()):
        low, high = min(weights.values()), max(weights.values())
        rest["multipliers"] = f"{len(weights)} from {number(low)} to {number(high)}"
        if len(weights) == 1:
            rest["multipliers"] = {name: number(low) for name in weights}
    rest = {key: f"{value:g}" if isinstance(value, float) else value for key, value in rest.items()}
    return [
        name_cell(contender),
        name_cell(problem),
        Cell(percent(share), "", sort_key(share)),
        Cell(percent(answered), "", answered),
        Cell(proved, _how(group["case"].tolist(), audits), proved),
        Cell(clean(on_one_line(rest), 600) or MISSING, "", on_one_line(rest)),
    ]


def _how(cases: list[int], audits: list[dict[str, Any]]) -> str:
    """What was found out about the ground states; what differs between instances by its numbers only, with ranges."""
    findings: dict[int, str] = {}
    for case, audit in zip(cases, audits, strict=True):
        if audit.get("how"):
            findings.setdefault(case, clean(str(audit["how"]), 200).removeprefix("not proved: "))
    alike: dict[tuple[str, ...], list[list[int]]] = {}
    for text in findings.values():
        alike.setdefault(tuple(NUMBER.split(text)), []).append([int(digits) for digits in NUMBER.findall(text)])
    everywhere = len(set(cases))
    found = []
    for words, numbers in list(alike.items())[:MOST]:
        ranges = [_range(min(column), max(column)) for column in zip(*numbers, strict=True)]
        text = "".join(word + size for word, size in zip(words, [*ranges, ""], strict=True))
        found.append(text if len(numbers) == everywhere else f"{text} (on {len(numbers)} of {everywhere} instances)")
    return "; ".join([*found, *(["others differ"] if len(alike) > MOST else [])])


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def sweep(runs: pd.DataFrame) -> Table | None:
    """The curve over the penalty factor as a table; None where no backend of this problem ran with two factors."""
    curve = sweep_curve(runs)
    if not len(curve) or (curve.groupby("backend")["factor"].nunique() < 2).all():
        return None
    heads = [
        ("backend", "with the options that tell it from its namesakes, the factor aside"),
        ("factor", "on all penalties; 1 is what the conversion itself takes"),
        ("feasible samples", "mean share of samples that meet every constraint"),
        ("runs with a point", "share of runs that ended in a feasible point"),
        ("mean gap", "over runs with a feasible point"),
        ("sufficient", "instances on which every ground state is proved to be feasible"),
    ]
    rows = [
        [
            name_cell(row.backend),
            Cell(f"{row.factor:g}", "", row.factor),
            Cell(percent(row.share_feasible), "", sort_key(row.share_feasible)),
            Cell(percent(row.share_answered), "", row.share_answered),
            Cell(gap(row.mean_gap), "", sort_key(row.mean_gap)),
            Cell(_sufficient(row.sufficient), "", sort_key(row.sufficient)),
        ]
        for row in curve.itertuples()
    ]
    note = (
        "Too small a factor leaves a ground state that is infeasible; too large a one hides the objective from the "
        "sampler. Sufficient is proved by looking at every state, which is only done for small models; elsewhere it "
        "is open. An infeasible sample may still be completed to a feasible answer."
    )
    return Table("Penalty sweep", heads, rows, note)


def _sufficient(share: float) -> str:
    if share != share:  # nan: no model was small enough
        return "open"
    return {1.0: "proved", 0.0: "no"}.get(share, f"on {percent(share)}")
