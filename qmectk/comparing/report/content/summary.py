"""The summary of a problem: one row a contender, with intervals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from ....status import OPTIMALITY_GAP
from ...statistics.prepare import contending
from ..wording import MISSING, gap, percent, ratio, seconds, share, span
from .cells import Cell, Table, from_to, many, name_cell, short, sort_key

#: What "not in these seeds" sorts by: after every time, and before never.
NOT_YET = 1e300


def summary_table(rows: pd.DataFrame, target_gap: float) -> Table:
    """The table of one problem, from its rows of :func:`...statistics.summary.summarize`."""
    bounded = bool(rows["gap"].notna().any())
    rivals = contending(rows)
    best = {
        "gap": rivals["gap" if bounded else "gap_found"].min(),
        # a contender that is fast because it answers less is not the fastest
        "seconds": rivals.loc[rivals["feasible"] == rivals["feasible"].max(), "seconds"].min(),
        **{name: rivals[name].max() for name in ("proved", "optimal", "feasible", "reached")},
    }
    body = [_row(row, bounded, best) for row in rows.itertuples()]
    cases, seeds = sorted(set(rows["cases"])), sorted(set(rows["seeds"]))
    note = (
        f"{from_to(cases, 'instance')}, {from_to(seeds, 'seed')} each. "
        "Second lines are 95\u00a0% intervals. Bold: the best value of a column."
    )
    return Table("Summary", _heads(bounded, target_gap), body, note)


def _heads(bounded: bool, target_gap: float) -> list[tuple[str, str]]:
    gap_head = ("mean gap", "relative gap to the best certified bound, over runs with a feasible point")
    if not bounded:
        gap_head = ("mean gap*", "relative gap to the best point any contender found: no bound is known")
    return [
        ("contender", "backend, with the options that tell it from its namesakes"),
        ("proved", "share of runs that are optimal by the backend's own complete proof"),
        ("optimal", "share of runs whose point is certified optimal, by whichever proof"),
        ("feasible", "share of runs whose point meets every constraint, as the core measures it"),
        ("failed", "runs that crashed, hung, ran out of memory or were refused"),
        gap_head,
        ("worst gap", "largest such gap"),
        ("ratio", "mean of objective over best certified bound, over runs with a feasible point"),
        (f"gap{'' if bounded else '*'} ≤ {percent(target_gap)}", "share of all runs that reach the target gap"),
        (
            "time",
            "shifted geometric mean of conversion, compilation and solve time; failed runs are charged their limit "
            "or, if longer, what they took; refused ones are left out",
        ),
        ("training", "seconds to train once"),
        (
            "TTS99",
            "time until one success with 99 % confidence, by repeating; median over instances. Not in its seeds: at "
            "least half of the instances were not brought to the target by any of them",
        ),
    ]


def _row(row: Any, bounded: bool, best: dict[str, float]) -> list[Cell]:
    value, low, high = row.gap, row.gap_low, row.gap_high
    if not bounded:
        value, low, high = row.gap_found, row.gap_found_low, row.gap_found_high
    cells = [
        name_cell(row.contender, many(row.runs, "run")),
        _share(row, "proved", best),
        _share(row, "optimal", best),
        _share(row, "feasible", best),
        Cell(f"✗ {row.n_failed}" if row.n_failed else "0", "", float(row.n_failed)),
        Cell(
            gap(value),
            span(low, high, lambda v: gap(v, 2)),
            sort_key(value),
            value <= best["gap"] + OPTIMALITY_GAP,
        ),
        Cell(gap(row.worst_gap), "", sort_key(row.worst_gap)),
        Cell(ratio(row.ratio), "", sort_key(row.ratio)),
        _share(row, "reached", best),
        Cell(
            seconds(row.seconds),
            span(row.seconds_low, row.seconds_high, short),
            sort_key(row.seconds),
            row.seconds == best["seconds"] and row.feasible == best["feasible"],
        ),
        Cell(seconds(row.training) if row.training else MISSING, "", row.training),
        _tts(row),
    ]
    return [replace(cell, best=False) for cell in cells] if row.floor else cells


def _share(row: Any, name: str, best: dict[str, float]) -> Cell:
    value = getattr(row, name)
    note = span(getattr(row, f"{name}_low"), getattr(row, f"{name}_high"), lambda v: share(v, 2))
    if name == "proved" and value == 0.0:  # most never try: an interval would suggest that they might
        note = ""
    return Cell(share(value), note, value, 0.0 < value == best[name])


def _tts(row: Any) -> Cell:
    """TTS99; an infinite one is "never" only for who reached the target in no run at all."""
    value = row.tts99
    if math.isnan(value):
        return Cell(MISSING, "one seed" if row.seeds < 2 else "", None)
    if math.isinf(value):
        if not row.reached:
            return Cell("never", "", value)
        return Cell(f"not in {many(row.seeds, 'seed')}", span(row.tts99_low, row.tts99_high, short), NOT_YET)
    return Cell(seconds(value), span(row.tts99_low, row.tts99_high, short), value)
