"""Everything a report shows, computed once for all formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from ...statistics.horizons import of_horizons, summarize_horizons
from ...statistics.prepare import contending, prepare
from ...statistics.summary import summarize
from ...statistics.sweep import nearest_to_default
from ..verdict import verdict
from ..wording import clean
from .cautions import coupling, refusals, thinned, unsettled, warnings
from .cells import Table, many
from .environment import environment, settings
from .failures import failures
from .horizons import falls, horizon_pairs, horizon_table, horizon_verdict, records_table
from .penalties import penalties, sweep
from .ranking import pairs, ranking
from .summary import summary_table
from .times import pays_off, where_time_goes

#: Most contenders drawn; a sweep over penalties with more is drawn at one factor a backend.
MOST = 8


@dataclass(frozen=True)
class Part:
    """One problem of a report.

    Attributes
    ----------
    notes
        What to know before its numbers are read.
    runs
        The prepared runs that are drawn, ranked and tested.
    times, sweep
        Tables with a figure of their own; `times` not of horizons, `sweep` only where two penalty factors or more were
        run.
    tables
        The others.
    all_runs
        Also those that are not drawn.
    horizons
        Whether it is about controllers over horizons.
    """

    problem: str
    verdict: list[str]
    notes: list[str]
    summary: Table
    runs: pd.DataFrame
    times: Table | None
    tables: list[Table] = field(default_factory=list)
    sweep: Table | None = None
    all_runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranking: str = ""
    horizons: bool = False

    def every_table(self) -> list[Table]:
        """All tables but the summary, in the order in which they are shown."""
        found = [self.times, *self.tables, self.sweep]
        return [table for table in found if table is not None]


@dataclass(frozen=True)
class Content:
    """A report; `runs` and `contenders` are those that are drawn."""

    title: str
    subtitle: str
    runs: pd.DataFrame
    contenders: list[str]
    target_gap: float
    parts: list[Part]
    ranking: str
    failures: Table
    settings: Table
    penalties: Table | None
    environment: list[Table]
    warnings: list[str]


def gather(frame: pd.DataFrame, title: str, target_gap: float, notes: Sequence[str] = ()) -> Content:
    """Compute everything a report shows.

    Parameters
    ----------
    frame
        One row a run.
    target_gap
        Relative gap that counts as good enough.
    notes
        Warnings beside those that the runs give.
    """
    runs = prepare(frame)
    drawn = nearest_to_default(runs) if runs["contender"].nunique() > MOST else runs
    if of_horizons(runs):
        summary = summarize_horizons(runs)
        parts = [_controlled(str(problem), group, summary) for problem, group in runs.groupby("problem", sort=False)]
    else:
        summary = summarize(runs, target_gap=target_gap)
        parts = [
            _part(str(problem), group, drawn[drawn["problem"] == problem], summary, target_gap)
            for problem, group in runs.groupby("problem", sort=False)
        ]
    return Content(
        clean(title),
        _subtitle(runs),
        drawn,
        list(dict.fromkeys(drawn["contender"])),
        target_gap,
        parts,
        # who stands at one V need not at another, so no rank is taken over them
        ranking(contending(drawn)) if len(parts) > 1 and not of_horizons(runs) else "",
        failures(runs),
        settings(runs),
        penalties(runs),
        environment(runs),
        [*map(clean, notes), *warnings(runs)],
    )


def _part(problem: str, runs: pd.DataFrame, drawn: pd.DataFrame, summary: pd.DataFrame, target_gap: float) -> Part:
    rows = summary[summary["problem"] == problem]
    rivals = contending(drawn)
    return Part(
        clean(problem),
        verdict(rows[rows["contender"].isin(rivals["contender"])]),
        [*coupling(runs), *refusals(runs), *thinned(runs, drawn), *unsettled(rivals)],
        summary_table(rows, target_gap),
        drawn,
        where_time_goes(rivals),
        [table for table in (pairs(rivals), pays_off(rivals)) if table.rows],
        sweep(runs),
        runs,
        ranking(rivals),
    )


def _controlled(problem: str, runs: pd.DataFrame, summary: pd.DataFrame) -> Part:
    rows = summary[summary["problem"] == problem]
    rivals = contending(runs)
    tables = (falls(rows), records_table(rows), horizon_pairs(rivals, rows))
    return Part(
        clean(problem),
        horizon_verdict(rows),
        [*refusals(runs), *unsettled(rivals)],
        horizon_table(rows),
        runs,
        None,
        [table for table in tables if table.rows],
        all_runs=runs,
        ranking=ranking(rivals, "path"),
        horizons=True,
    )


def _subtitle(runs: pd.DataFrame) -> str:
    started = sorted(text for text in runs["started"] if text)
    when = [started[0][:10]] if started else []
    if started and started[-1][:10] != started[0][:10]:
        when = [f"{started[0][:10]} to {started[-1][:10]}"]
    return " · ".join(
        [
            many(runs["contender"].nunique(), "contender"),
            many(runs["problem"].nunique(), "problem"),
            many(runs["case"].nunique(), "horizon" if of_horizons(runs) else "instance"),
            many(len(runs), "run"),
            *[clean(text) for text in when],
        ]
    )
