"""The HTML page of a comparison; names are escaped in figures, too, as \\u003c inside JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ..statistics.horizons import facts_of, trade_off
from . import plots
from .content import Content, Part, Table
from .document import asset, render
from .guide import guide
from .wording import clean, percent


def as_html(content: Content, *, alone: bool = True) -> str:
    """The page as text; not `alone` it has no scripts, and who shows it brings them."""
    scripts = [plotly(), asset("report.js")] if alone else []
    styles = plots.styles_of(content.contenders, plots.floors_of(content.runs))
    figures: list[dict[str, Any]] = []

    def figure(drawn: go.Figure, title: str, says: str, own_legend: bool = False) -> dict[str, Any]:
        # the page has one legend of contenders for all figures; what is not about them has its own
        drawn.update_layout(title=None, showlegend=own_legend, margin={"t": 30 if own_legend else 16})
        one = {"id": f"figure-{len(figures)}", "title": title, "says": says, "height": drawn.layout.height}
        figures.append({**one, "json": _json(drawn)})
        return one

    parts = [
        {
            "part": part,
            "id": f"problem-{index}",
            "figures": (_controlled if part.horizons else _figures)(content, part.runs, part.ranking, figure),
            "beside": _beside(content, part, figure),
        }
        for index, part in enumerate(content.parts)
    ]
    across = _across(content, figure) if len(parts) > 1 else []
    return render(
        "report.html.j2",
        content.title,
        scripts,
        content=content,
        parts=parts,
        across=across,
        figures=figures,
        legend=[{"name": clean(name), "group": f"c{i}", "style": styles[name]} for i, name in enumerate(styles)],
        guide=guide(content),
    )


def _figures(content: Content, runs: pd.DataFrame, ranking: str, figure: Any) -> list[dict[str, Any]]:
    names: Sequence[str] = content.contenders
    target = percent(content.target_gap)
    drawn = [
        figure(
            plots.gap_distribution(runs, contenders=names),
            "How good the answers are",
            "Share of runs whose gap is at most the value below. Higher and further left is better.",
        ),
        figure(
            plots.gap_over_time(runs, contenders=names),
            "Gap over time",
            "Median over runs of the best answer so far. The marker is the first; lines go on from the last.",
        ),
        figure(
            plots.performance_profile(runs, target_gap=content.target_gap, contenders=names),
            "Performance profile",
            f"Share of instances brought to a gap of {target} within a multiple of the fastest contender's time.",
        ),
        figure(
            plots.time_profile(runs, target_gap=content.target_gap, contenders=names),
            "Data profile",
            f"Share of instances brought to a gap of {target} within a time.",
        ),
        figure(
            plots.scatter(runs, contenders=names),
            "Every instance",
            "A point is an instance, median over seeds; where most have no answer there is none. Lower left is better.",
        ),
        figure(
            plots.time_to_target(runs, content.target_gap, contenders=names),
            "Time to target",
            f"Share of runs that have reached a gap of {target} by then; those that never do keep it below 100 %.",
        ),
    ]
    if ranking:
        drawn.append(_rank_figure(runs, ranking, names, figure))
    return drawn


def _controlled(content: Content, runs: pd.DataFrame, ranking: str, figure: Any) -> list[dict[str, Any]]:
    """What is drawn of controllers over a horizon."""
    facts = next((fact for fact in facts_of(runs) if fact), None)
    if facts is None:  # nobody came back
        return []
    names: Sequence[str] = content.contenders
    drawn = []
    for record in (facts["goal"], *facts["backlogs"]):
        if any(f'"{record}"' in text for text in runs["trajectory"]):
            says = "A line is the mean over runs and over windows of slots."
            if record == facts["goal"] and facts["bound"]:
                says += " The dashed line is the bound of the second half."
            title = f"{clean(record.replace('_', ' '))} over the slots".capitalize()
            drawn.append(figure(plots.trajectory(runs, record, contenders=names), title, says))
    if facts["backlogs"]:
        drawn.append(
            figure(
                plots.goal_against_backlog(runs, contenders=names),
                "What it costs in backlog",
                "A mark is a path, mean of the second half. Open marks do not stand. The dashed line is the bound.",
            )
        )
    return drawn + ([_rank_figure(runs, ranking, names, figure)] if ranking else [])


def _trade_offs(content: Content, figure: Any) -> list[dict[str, Any]]:
    """A figure for each problem of which a key was swept."""
    table = trade_off(content.runs)
    out = []
    for title, rows in table.groupby("of", sort=False):
        here = content.runs[content.runs["problem"].isin(rows["problem"])]
        out.append(
            figure(
                plots.trade_off_curve(here, contenders=content.contenders),
                f"{clean(str(title))}: trade-off over {clean(rows['key'].iloc[0])}",
                "A mark is a value, a line a contender; bars are 95\u00a0% intervals. Open marks do not stand. "
                "The dashed line is the bound over the horizon.",
            )
        )
    return out


def _beside(content: Content, part: Part, figure: Any) -> list[tuple[Table, dict[str, Any]]]:
    """Tables that have a figure of their own, and it."""
    out = []
    if part.times:
        times = figure(
            plots.where_time_goes(part.runs, contenders=content.contenders),
            part.times.title,
            "A bar is a contender's mean run, whole at 100\u00a0%. Training is paid once and is not in it.",
            own_legend=True,
        )
        out.append((part.times, times))
    if part.sweep:
        sweep = figure(
            plots.penalty_sweep(part.all_runs, contenders=content.contenders),
            part.sweep.title,
            "A line is a backend. Filled marks: the penalties are proved sufficient on every instance.",
            own_legend=True,
        )
        out.append((part.sweep, sweep))
    return out


def _across(content: Content, figure: Any) -> list[dict[str, Any]]:
    if content.parts[0].horizons:
        return _trade_offs(content, figure)
    target = percent(content.target_gap)
    drawn = [
        figure(
            plots.performance_profile(content.runs, target_gap=content.target_gap, contenders=content.contenders),
            "Performance profile, all problems",
            f"Share of all instances brought to a gap of {target} within a multiple of the fastest contender's time.",
        ),
        figure(
            plots.time_profile(content.runs, target_gap=content.target_gap, contenders=content.contenders),
            "Data profile, all problems",
            f"Share of all instances brought to a gap of {target} within a time.",
        ),
    ]
    if content.ranking:
        drawn.append(_rank_figure(content.runs, content.ranking, content.contenders, figure))
    return drawn


def _rank_figure(runs: pd.DataFrame, ranking: str, names: Sequence[str], figure: Any) -> dict[str, Any]:
    drawn = plots.critical_difference(runs, contenders=names)
    says = ranking
    if any(trace.error_x.array is not None for trace in drawn.data):
        says += (
            " Bars reach half the critical difference to both sides, from the first rank to the last at most: "
            "contenders whose bars do not overlap differ."
        )
    return figure(drawn, "Ranking", says)


def _json(figure: go.Figure) -> Markup:
    text = figure.to_json(validate=False)
    # safe inside a script element, whatever the names are
    for character, code in (("<", "\\u003c"), (">", "\\u003e"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(character, code)
    return Markup(text)


def plotly() -> str:
    """The library that draws the figures."""
    return str(get_plotlyjs())
