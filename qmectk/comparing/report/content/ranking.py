"""Who is better than whom: the sentence on average ranks, and the tests pair by pair."""

from __future__ import annotations

import math

import pandas as pd

from ...statistics.ranks import cases_needed, critical_difference, least_p, losses, wilcoxon_pairs
from ..wording import clean, number, significance
from .cells import Cell, Table, many


def ranking(runs: pd.DataFrame, noun: str = "instance") -> str:
    """What the ranks say, empty where there is nothing to rank; `noun` is what they are ranked on."""
    table = losses(runs)
    if table.shape[1] < 2 or not len(table):
        return ""
    found = critical_difference(table)
    text = f"Over the {many(found.cases, noun)} that every contender ran."
    if math.isfinite(found.p):
        text += f" Friedman's test that all are alike: {significance(found.p)}."
    if math.isfinite(found.p) and found.p >= 0.05:  # Demsar compares ranks only where this test rejects
        text += " It does not tell them apart, so differences of average ranks mean nothing here."
    elif math.isfinite(found.critical):
        text += f" Average ranks further apart than {found.critical:.2f} differ at the 5\u00a0% level (Nemenyi)."
    return text


def pairs(runs: pd.DataFrame) -> Table:
    """Wilcoxon's test of every two contenders on the instances that all ran, with Holm's correction."""
    heads = [
        ("pair", "first against second"),
        ("first better", "instances with the smaller gap"),
        ("second better", "instances with the smaller gap"),
        ("ties", "instances with the same gap, to 1e-6"),
        ("p (Holm)", "Wilcoxon signed-rank test, two-sided, corrected for the number of pairs"),
        ("verdict", "at the 5 % level"),
    ]
    rows = []
    table = losses(runs)
    for pair in wilcoxon_pairs(table).itertuples():
        first, second = clean(pair.first), clean(pair.second)
        if pair.p_holm < 0.05 and pair.favours:
            says = f"{first if pair.favours == 'first' else second} is better"
        else:
            says = "not told apart"
        rows.append(
            [
                Cell(f"{first} / {second}", "", f"{first} / {second}"),
                *[Cell(str(v), "", float(v)) for v in (pair.first_better, pair.second_better, pair.ties)],
                Cell("< 0.001" if pair.p_holm < 0.001 else number(pair.p_holm, 2), "", pair.p_holm),
                Cell(says, "", says),
            ]
        )
    note = "On each instance a contender's gap is its median over seeds; without a feasible point it loses."
    if rows and least_p(len(table), len(rows)) >= 0.05:
        corrected = " after Holm's correction" if len(rows) > 1 else ""
        note += (
            f" With {many(len(table), 'instance')} and {many(len(rows), 'pair')} no difference can reach "
            f"5\u00a0%{corrected}, however large it is; {cases_needed(len(rows))} instances are needed."
        )
    return Table("Pair by pair", heads, rows, note)
