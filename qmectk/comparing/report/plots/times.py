"""Where the time of a run goes: a bar a contender, in parts that add up to the whole of its run."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ...statistics.spent import PARTS, spent
from ..wording import seconds
from .axes import share_ticks
from .style import Contenders, brief, empty, read, safe

#: Colour and pattern of each part, so that black and white tells them apart too.
LOOKS = {"conversion": ("#c25fa0", "."), "compilation": ("#b8860b", "/"), "solve": ("#5b87b5", "")}

#: Pixels of a bar, of a line of its label above it, and of the space around both.
BAR, LINE, SPACE = 22, 18, 16

#: Letters of a label that a phone shows on one line.
LETTERS = 40


def where_time_goes(frame: pd.DataFrame, *, contenders: Contenders = None) -> go.Figure:
    """Conversion, compilation and solving as shares of a contender's mean run; in words its seconds and training.

    Shares, because contenders differ by decades: on a common scale the fast ones would not be seen, and on a
    logarithmic one stacked parts would not add up. A contender of several problems has a bar for each.
    """
    runs, styles = read(frame, contenders)
    table = spent(runs)
    several = table["problem"].nunique() > 1
    figure = empty("Where the time goes")
    texts = [_label(row, several) for row in table.to_dict("records")]
    above = LINE * max((text.count("<br>") + 1 for text in texts), default=1)
    height = BAR + above + SPACE  # of a row, in pixels
    for place, row in enumerate(table.to_dict("records")):
        known = _known(row)
        whole = sum(known.values())
        group = styles[row["contender"]].line["legendgroup"]
        name = _name(row, several)
        figure.add_scatter(
            x=[0.0],
            y=[place - 0.5 * (BAR + above) / height],
            mode="text",
            text=[texts[place]],
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            legendgroup=group,
            showlegend=False,
        )
        for part in PARTS:
            share = known[part] / whole if whole > 0.0 else 0.0
            text = seconds(row[part]) if not math.isnan(row[part]) else "not recorded"
            figure.add_bar(
                x=[share],
                y=[place],
                width=BAR / height,
                orientation="h",
                name=part,
                legendgroup=group,
                showlegend=False,
                marker=_marker(part),
                hovertext=[safe(name)],  # not in the template, where "%{" would be read
                hovertemplate=f"{part}: {text}, %{{x:.1%}}<extra>%{{hovertext}}</extra>",
            )
    for part in PARTS:  # the legend is of parts, and stays when contenders are switched off
        figure.add_bar(x=[None], y=[None], orientation="h", name=part, marker=_marker(part), showlegend=True)
    # no grid: its lines would cross the labels
    figure.update_xaxes(title="share of a run's mean time", range=[0.0, 1.0], showgrid=False, **share_ticks(4))
    rows = max(len(table), 1)
    figure.update_yaxes(range=[rows - 1 + 0.7 * BAR / height, -(0.5 * BAR + above) / height], visible=False)
    legend = {"orientation": "h", "y": -64 / (height * rows), "yanchor": "top", "traceorder": "normal"}
    legend |= {"itemclick": False, "itemdoubleclick": False}
    margin = {"l": 16, "r": 30}  # room for half of "100%"
    figure.update_layout(barmode="stack", height=130 + height * rows, margin=margin, legend=legend, bargap=0.0)
    return figure


def _marker(part: str) -> dict[str, Any]:
    color, shape = LOOKS[part]
    pattern = {"shape": shape, "size": 6, "solidity": 0.35, "fillmode": "overlay", "fgcolor": "#ffffff"}
    return {"color": color, "pattern": pattern, "line": {"width": 0}}


def _name(row: dict[str, Any], several: bool) -> str:
    return f"{row['problem']}: {row['contender']}" if several else str(row["contender"])


def _known(row: dict[str, Any]) -> dict[str, float]:
    return {part: 0.0 if math.isnan(row[part]) else row[part] for part in PARTS}


def _label(row: dict[str, Any], several: bool) -> str:
    """Name, seconds of a run and training, on two lines where one is too narrow for them."""
    name = _name(row, several)
    ended = "refused" if row["refused"] else "no run came back"
    text = f"{seconds(sum(_known(row).values()))} a run" if row["runs"] else ended
    if row["training"]:
        text += f", after {seconds(row['training'])} of training"
    return f"<b>{brief(name)}</b>{'  ' if len(name) + len(text) <= LETTERS else '<br>'}{text}"
