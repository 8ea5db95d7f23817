"""Controllers over horizons in words and tables: who stands, what each comes to, who is better on the same paths."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from ....presenting.wording import number as digits
from ....status import OPTIMALITY_GAP
from ...statistics.horizons import differences
from ...statistics.prepare import contending
from ...statistics.ranks import cases_needed, least_p, losses, wilcoxon_pairs
from ..wording import MISSING, clean, count, gap, number, percent, seconds, span
from .cells import Cell, Table, from_to, many, name_cell, seconds_cell, sort_key

#: Digits of a mean.
DIGITS = 4


def horizon_verdict(rows: pd.DataFrame) -> list[str]:
    """Who is best of those that stand, how far from the bound, and who does not stand."""
    rivals = contending(rows)
    standing, fallen = rivals[rivals["stands"]], rivals[~rivals["stands"]]
    out = []
    if len(standing):
        first = standing.iloc[0]
        text = f"{clean(first['contender'])} has the best {_words(first['goal'])} of those that stand, "
        text += f"{_measure(first['objective'], first['unit'])}"
        if math.isfinite(first["horizon_gap"]):
            side = "from" if first["horizon_gap"] >= 0.0 else "beyond"
            text += f", {gap(abs(first['horizon_gap']))} {side} the bound over the horizon"
        out.append(f"{text}, at a backlog of {number(first['backlog'], DIGITS)}.")
    else:
        out.append("No controller stands: on some path each is unstable, violates a constraint or failed.")
    if len(fallen) and len(standing):
        names = ", ".join(clean(name) for name in fallen["contender"])
        out.append(f"Ranked below, as {'it does' if len(fallen) == 1 else 'they do'} not stand: {names}.")
    return out


def horizon_table(rows: pd.DataFrame) -> Table:
    """The summary of one problem, from its rows of :func:`...statistics.horizons.summarize_horizons`."""
    goal = next((name for name in rows["goal"] if name), "goal")
    standing = contending(rows)
    standing = standing[standing["stands"]]
    best = (standing["sense"] * standing["objective"]).max() if len(standing) else math.nan
    heads = [
        ("contender", "backend, with the options that tell it from its namesakes; those that stand first"),
        ("stands", "runs that reached all slots, stable, without a violation, and with what is promised kept"),
        (_words(goal), "mean of the second half of the slots"),
        ("gap to bound", "relative distance of that from the bound over the horizon; negative beyond it"),
        ("backlog", "mean length of the first queue in the second half"),
        ("Q(T)/T", "length over time of the largest queue at the end; second line: at T/4 and T/2"),
        ("violation", "largest in any slot"),
        ("slot gap", "of all slots together, to their certified optima"),
        ("a slot", "mean seconds to decide one"),
        ("training", "seconds to train once"),
    ]
    body = []
    for row in rows.itertuples():
        short = f"✗ {row.n_failed} failed" if row.n_failed else ""
        body.append(
            [
                name_cell(row.contender, "floor" if row.floor else many(row.runs, "run")),
                Cell(count(row.n_stands, row.runs) if row.n_stands else f"none of {row.runs}", short, row.n_stands),
                _mean(row, "objective", best=row.stands and row.sense * row.objective == best),
                Cell(gap(row.horizon_gap), _span(row, "horizon_gap", percent), sort_key(row.horizon_gap)),
                _mean(row, "backlog"),
                Cell(number(row.end), f"{number(row.quarter)}, {number(row.half)}", sort_key(row.end)),
                Cell(number(row.violation, 2), "", sort_key(row.violation)),
                Cell(gap(row.slot_gap), _wide(row), sort_key(row.slot_gap)),
                seconds_cell(1e-3 * row.ms_per_slot),
                Cell(seconds(row.training) if row.training else MISSING, "", row.training),
            ]
        )
    paths, sizes = sorted(set(rows["paths"])), sorted(set(rows["seeds"]))
    bound = rows["bound"].mean()
    note = f"{from_to(paths, 'path')} of {many(int(rows['slots'].max()), 'slot')}, {from_to(sizes, 'seed')} each. "
    if math.isfinite(bound):
        note += f"The bound over the horizon is {number(bound, DIGITS)} in the mean over paths. "
    note += "Second lines are 95\u00a0% intervals over paths and seeds. Bold: the best of those that stand."
    return Table("Summary", heads, body, note)


def records_table(rows: pd.DataFrame) -> Table:
    """Everything that the process records, means of the second half, and what follows from the averages."""
    known = [*rows["records"], *rows["derived"]]
    names = list(dict.fromkeys(name for record in known for name, value in record.items() if value))
    heads = [("contender", "backend"), *((_words(name), "mean of the second half of the slots") for name in names)]
    body = []
    for row in rows.itertuples():
        found = {**row.records, **row.derived}
        values = [found.get(name, math.nan) for name in names]
        body.append([name_cell(row.contender), *(Cell(_plain(v), "", sort_key(v)) for v in values)])
    derived = {name for record in rows["derived"] for name in record}
    note = "Means of the second half of the slots, over all runs that came back."
    if derived:
        whole = "Of" if len(derived) == len(names) else "Over all slots:"
        note += f" {whole} {', '.join(_words(name) for name in names if name in derived)}."
    return Table("Every record", heads, body, note)


def falls(rows: pd.DataFrame) -> Table:
    """Why contenders do not stand."""
    heads = [("contender", "backend"), ("stands", "runs"), ("why not", "of its first run that does not")]
    body = [
        [
            name_cell(row.contender),
            Cell(f"{row.n_stands} of {row.runs}", "", float(row.n_stands)),
            Cell(clean(row.reason, 600), "", row.reason),
        ]
        for row in rows[~rows["stands"]].itertuples()
    ]
    note = "A backend that does not stand in all runs is ranked below all that do, whatever the averages say."
    return Table("Who does not stand", heads, body, note)


def horizon_pairs(runs: pd.DataFrame, rows: pd.DataFrame) -> Table:
    """Every two contenders on the paths and seeds that both came back from."""
    heads = [
        ("pair", "first against second"),
        ("goal", "mean difference, first minus second, on the same paths and seeds"),
        ("backlog", "mean difference, first minus second"),
        ("first better", "paths with the better goal; one that does not stand loses"),
        ("second better", "paths with the better goal; one that does not stand loses"),
        ("p (Holm)", "Wilcoxon signed-rank test over paths, two-sided, corrected for the number of pairs"),
        ("verdict", "at the 5 % level; who stands and who does not needs no test"),
    ]
    stands = dict(zip(rows["contender"], rows["stands"], strict=True))
    table = losses(runs)
    apart = {(row.first, row.second): row for row in differences(runs).itertuples()}
    body = []
    for pair in wilcoxon_pairs(table).itertuples():
        gains = apart[pair.first, pair.second]
        body.append(
            [
                name_cell(f"{pair.first} / {pair.second}", many(gains.pairs, "run")),
                _mean(gains, "objective"),
                _mean(gains, "backlog"),
                *[Cell(str(v), "", float(v)) for v in (pair.first_better, pair.second_better)],
                Cell("< 0.001" if pair.p_holm < 0.001 else number(pair.p_holm, 2), "", pair.p_holm),
                Cell(_says(pair, stands), "", _says(pair, stands)),
            ]
        )
    note = "Second lines are 95\u00a0% intervals of the paired differences, over paths and seeds."
    if body and least_p(len(table), len(body)) >= 0.05:
        note += (
            f" With {many(len(table), 'path')} and {many(len(body), 'pair')} no test can reach 5\u00a0%; "
            f"{cases_needed(len(body))} paths are needed."
        )
    return Table("Pair by pair", heads, body, note)


def _says(pair: Any, stands: dict[str, bool]) -> str:
    first, second = stands[pair.first], stands[pair.second]
    if first != second:
        return f"only {clean(pair.first if first else pair.second)} stands"
    if not first:
        return "neither stands"
    if pair.p_holm < 0.05 and pair.favours:
        return f"{clean(pair.first if pair.favours == 'first' else pair.second)} is better"
    return "not told apart"


def _mean(row: Any, name: str, best: bool = False) -> Cell:
    value = getattr(row, name)
    return Cell(number(value, DIGITS), _span(row, name, lambda v: number(v, 3)), sort_key(value), best)


def _span(row: Any, name: str, write: Any) -> str:
    return span(getattr(row, f"{name}_low"), getattr(row, f"{name}_high"), write)


def _wide(row: Any) -> str:
    """The interval of a slot gap that is more than rounding."""
    return _span(row, "slot_gap", percent) if row.slot_gap > OPTIMALITY_GAP else ""


def _plain(value: float) -> str:
    return MISSING if math.isnan(value) else digits(value, DIGITS).replace("-", "\u2212")


def _measure(value: float, unit: str) -> str:
    return f"{number(value, DIGITS)} {unit}".strip()


def _words(record: str) -> str:
    return clean(record.replace("_", " "))
