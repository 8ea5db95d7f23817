"""The figures of a report, each with what is said of it: on the page, and as files for papers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ...figures import check_folder, save_figure
from ...files.storage import explained
from ...status import TARGET_GAP
from ..statistics.horizons import facts_of, trade_off
from . import plots
from .content import Content, Part, Table, gather
from .printing import printed
from .wording import clean, percent


@dataclass(frozen=True)
class Picture:
    """A figure of a report.

    Attributes
    ----------
    name
        Of its file.
    title, says
        Its heading and what to read in it, as text.
    own_legend
        Whether its legend is of other things than contenders.
    """

    name: str
    figure: go.Figure
    title: str
    says: str
    own_legend: bool = False


def write_figures(
    frame: pd.DataFrame,
    folder: str | Path,
    *,
    formats: Iterable[str] = ("pdf",),
    columns: int = 1,
    target_gap: float = TARGET_GAP,
) -> list[Path]:
    """Write every figure of the report of a comparison into a folder, which is made; returns the files.

    Parameters
    ----------
    frame
        One row a run.
    formats
        Of "pdf", "svg", "pgf" and "png".
    columns
        1 or 2: how many columns of a page a figure spans.
    target_gap
        Relative gap that counts as good enough in profiles and time-to-target.

    Raises
    ------
    InputError
        For another format or number of columns, or a file that cannot be written.
    MissingPackage
        Without matplotlib.
    """
    folder, written = Path(folder), []
    suffixes = check_folder(folder, formats)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, picture in _named(gather(frame, "", target_gap)):
        drawn = printed(picture.figure, columns)
        for suffix in suffixes:
            written.append(folder / f"{name}{suffix}")
            save_figure(drawn, written[-1])
    return written


def pictures_of(content: Content, part: Part) -> list[Picture]:
    """What is drawn of one problem."""
    draw = _controlled if part.horizons else _answers
    return draw(content, part.runs, part.ranking)


def _named(content: Content) -> Iterator[tuple[str, Picture]]:
    """All pictures with names of files, each once: that of the problem comes first where there are several."""
    several = len(content.parts) > 1
    taken: dict[str, int] = {}
    groups = [(part.problem if several else "", part) for part in content.parts]
    for problem, part in groups:
        for picture in (*pictures_of(content, part), *(one for _, one in beside(content, part))):
            yield _free(f"{problem} {picture.name}", taken), picture
    for picture in across(content):
        yield _free(f"all {picture.name}", taken), picture


def _free(name: str, taken: dict[str, int]) -> str:
    """A name for a file, of plain letters, digits and hyphens, with a number where it is taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    taken[plain] = taken.get(plain, 0) + 1
    return plain if taken[plain] == 1 else f"{plain}-{taken[plain]}"


def _answers(content: Content, runs: pd.DataFrame, ranking: str) -> list[Picture]:
    names: Sequence[str] = content.contenders
    target = percent(content.target_gap)
    drawn = [
        Picture(
            "gap-distribution",
            plots.gap_distribution(runs, contenders=names),
            "How good the answers are",
            "Share of runs whose gap is at most the value below. Higher and further left is better.",
        ),
        Picture(
            "gap-over-time",
            plots.gap_over_time(runs, contenders=names),
            "Gap over time",
            "Median over runs of the best answer so far. The marker is the first; lines go on from the last.",
        ),
        *_profiles(content, runs),
        Picture(
            "scatter",
            plots.scatter(runs, contenders=names),
            "Every instance",
            "A point is an instance, median over seeds; where most have no answer there is none. Lower left is better.",
        ),
        Picture(
            "time-to-target",
            plots.time_to_target(runs, content.target_gap, contenders=names),
            "Time to target",
            f"Share of runs that have reached a gap of {target} by then; those that never do keep it below 100 %.",
        ),
    ]
    if ranking:
        drawn.append(_rank_figure(runs, ranking, names))
    return drawn


def _profiles(content: Content, runs: pd.DataFrame, every: str = "", where: str = "") -> list[Picture]:
    """Shares of instances over time, absolute and relative; `every` and `where` say of which."""
    settings: dict[str, Any] = {"target_gap": content.target_gap, "contenders": content.contenders}
    says = f"Share of {every}instances brought to a gap of {percent(content.target_gap)} within"
    return [
        Picture(
            "performance-profile",
            plots.performance_profile(runs, **settings),
            f"Performance profile{where}",
            f"{says} a multiple of the fastest contender's time.",
        ),
        Picture("time-profile", plots.time_profile(runs, **settings), f"Data profile{where}", f"{says} a time."),
    ]


def _controlled(content: Content, runs: pd.DataFrame, ranking: str) -> list[Picture]:
    """What is drawn of controllers over a horizon."""
    facts = next((fact for fact in facts_of(runs) if fact), None)
    if facts is None:  # no answer came back
        return []
    names: Sequence[str] = content.contenders
    drawn = []
    for record in (facts["goal"], *facts["backlogs"]):
        if any(f'"{record}"' in text for text in runs["trajectory"]):
            says = "A line is the mean over runs and over windows of slots."
            if record == facts["goal"] and facts["bound"]:
                says += " The dashed line is the bound of the second half."
            title = f"{clean(record.replace('_', ' '))} over the slots".capitalize()
            drawn.append(Picture(f"{record}-over-slots", plots.trajectory(runs, record, contenders=names), title, says))
    if facts["backlogs"]:
        drawn.append(
            Picture(
                "goal-against-backlog",
                plots.goal_against_backlog(runs, contenders=names),
                "What it costs in backlog",
                "A mark is a path, mean of the second half. Open marks do not stand. The dashed line is the bound.",
            )
        )
    return drawn + ([_rank_figure(runs, ranking, names)] if ranking else [])


def _trade_offs(content: Content) -> list[Picture]:
    """A figure for each problem of which a key was swept."""
    table = trade_off(content.runs)
    out = []
    for title, rows in table.groupby("of", sort=False):
        here = content.runs[content.runs["problem"].isin(rows["problem"])]
        out.append(
            Picture(
                "trade-off-curve",
                plots.trade_off_curve(here, contenders=content.contenders),
                f"{clean(str(title))}: trade-off over {clean(rows['key'].iloc[0])}",
                "A mark is a value, a line a contender; bars are 95\u00a0% intervals. Open marks do not stand. "
                "The dashed line is the bound over the horizon.",
            )
        )
    return out


def beside(content: Content, part: Part) -> list[tuple[Table, Picture]]:
    """Tables that have a figure of their own, and it."""
    out = []
    if part.times:
        times = Picture(
            "where-time-goes",
            plots.where_time_goes(part.runs, contenders=content.contenders),
            part.times.title,
            "A bar is a contender's mean run, whole at 100\u00a0%. Training is paid once and is not in it.",
            own_legend=True,
        )
        out.append((part.times, times))
    if part.sweep:
        sweep = Picture(
            "penalty-sweep",
            plots.penalty_sweep(part.all_runs, contenders=content.contenders),
            part.sweep.title,
            "A line is a backend. Filled marks: the penalties are proved sufficient on every instance.",
            own_legend=True,
        )
        out.append((part.sweep, sweep))
    return out


def across(content: Content) -> list[Picture]:
    """What is drawn of all problems together, where there are several."""
    if len(content.parts) < 2:
        return []
    if content.parts[0].horizons:
        return _trade_offs(content)
    drawn = _profiles(content, content.runs, every="all ", where=", all problems")
    if content.ranking:
        drawn.append(_rank_figure(content.runs, content.ranking, content.contenders))
    return drawn


def _rank_figure(runs: pd.DataFrame, ranking: str, names: Sequence[str]) -> Picture:
    drawn = plots.critical_difference(runs, contenders=names)
    says = ranking
    if any(trace.error_x.array is not None for trace in drawn.data):
        says += (
            " Bars reach half the critical difference to both sides, from the first rank to the last at most: "
            "contenders whose bars do not overlap differ."
        )
    return Picture("critical-difference", drawn, "Ranking", says)
