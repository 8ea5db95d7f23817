"""The HTML page of a comparison; names are escaped in figures, too, as \\u003c inside JSON."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from . import plots
from .content import Content
from .document import asset, render
from .guide import guide
from .pictures import Picture, across, beside, pictures_of
from .wording import clean


def as_html(content: Content, *, alone: bool = True) -> str:
    """The page as text; not `alone` it has no scripts, and who shows it brings them."""
    scripts = [plotly(), asset("report.js")] if alone else []
    styles = plots.styles_of(content.contenders, plots.floors_of(content.runs))
    figures: list[dict[str, Any]] = []

    def shown(picture: Picture) -> dict[str, Any]:
        # the page has one legend of contenders for all figures; what is not about them has its own
        own = picture.own_legend
        drawn = picture.figure.update_layout(title=None, showlegend=own, margin={"t": 30 if own else 16})
        one = {"id": f"figure-{len(figures)}", "title": picture.title, "says": picture.says}
        one["height"] = drawn.layout.height
        figures.append({**one, "json": _json(drawn)})
        return one

    parts = [
        {
            "part": part,
            "id": f"problem-{index}",
            "figures": [shown(picture) for picture in pictures_of(content, part)],
            "beside": [(table, shown(picture)) for table, picture in beside(content, part)],
        }
        for index, part in enumerate(content.parts)
    ]
    wide = [shown(picture) for picture in across(content)]
    return render(
        "report.html.j2",
        content.title,
        scripts,
        content=content,
        parts=parts,
        across=wide,
        figures=figures,
        legend=[{"name": clean(name), "group": f"c{i}", "style": styles[name]} for i, name in enumerate(styles)],
        guide=guide(content),
    )


def _json(figure: go.Figure) -> Markup:
    text = figure.to_json(validate=False)
    # safe inside a script element, whatever the names are
    for character, code in (("<", "\\u003c"), (">", "\\u003e"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(character, code)
    return Markup(text)


def plotly() -> str:
    """The library that draws the figures."""
    return str(get_plotlyjs())
