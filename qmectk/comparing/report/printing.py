"""A plotly figure drawn by matplotlib, for files: the figures of a report are described once, and drawn by both.

A plotly figure is a description: traces and a layout. What our plots say in it (lines, marks, bars, error bars, labels,
levels, panels below each other, logarithmic axes, ticks with texts) is read here.
"""

from __future__ import annotations

import base64
import html
import re
from typing import Any

import numpy as np

from ...figures.making import WIDTHS, drawn

#: Points of a pixel: plotly's letters are 13 pixels high and a paper's 8 points.
POINT = 8.0 / 13.0

#: Height over width of a figure that leaves its height open, in one column and in two.
SHAPE = {1: 0.68, 2: 0.4}

#: Pixels of such a figure in a page.
OPEN = 380

#: Inches of a line of the legend, and letters of 7 points an inch.
LINE, LETTERS = 0.15, 19.0

#: What dashes and marks of plotly are to matplotlib.
DASHES: dict[str | None, Any] = {
    None: "-",
    "solid": "-",
    "dash": "--",
    "dot": ":",
    "dashdot": "-.",
    "longdash": (0, (8, 3)),
    "longdashdot": (0, (8, 3, 1, 3)),
}
MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "cross": "P",
    "x": "X",
    "triangle-down": "v",
    "star": "*",
}
HATCHES = {"": "", ".": "....", "/": "////"}
SIDES = {"left": "right", "right": "left", "center": "center", "middle": "center", "top": "bottom", "bottom": "top"}


def printed(figure: Any, columns: int = 1) -> Any:
    """The figure of matplotlib for one or two columns of a page; see :func:`qmectk.figures.drawn`.

    Parameters
    ----------
    figure
        A figure of :mod:`qmectk.comparing.report.plots`.

    Raises
    ------
    InputError
        For another number of columns.
    MissingPackage
        Without matplotlib.
    """
    return drawn(_draw, _plain(figure.to_plotly_json()), columns, columns=columns)


def _plain(described: Any) -> Any:
    """What plotly packs as bytes, as arrays."""
    if isinstance(described, dict):
        if "bdata" in described:
            return np.frombuffer(base64.b64decode(described["bdata"]), described["dtype"])
        return {name: _plain(value) for name, value in described.items()}
    return [_plain(value) for value in described] if isinstance(described, (list, tuple)) else described


def _draw(figure: Any, described: dict[str, Any], columns: int) -> None:
    traces, layout = described["data"], described["layout"]
    names = list(dict.fromkeys(trace.get("yaxis") or "y" for trace in traces)) or ["y"]
    places = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    panels = dict(zip(names, places, strict=True))
    for name, axes in panels.items():
        _scales(axes, name, layout)
    below: dict[float, float] = {}  # of stacked bars, by their place
    for trace in traces:
        _TRACES[trace["type"]](panels[trace.get("yaxis") or "y"], trace, below)
    for shape in layout.get("shapes", ()):
        axes = panels[shape["yref"]]
        axes.axhline(shape["y0"], color=shape["line"]["color"], linestyle=DASHES[shape["line"]["dash"]])
    for note in layout.get("annotations", ()):
        panels[note["yref"].removesuffix(" domain")].set_title(_text(note["text"]), loc="left")
    for name, axes in panels.items():
        _axes(axes, name, layout, last=axes is places[-1])
    lines = _legend(figure, traces, layout, WIDTHS[columns])
    height = layout.get("height") or OPEN
    inches = SHAPE[columns] * WIDTHS[columns] if height == OPEN else height * POINT / 72.0
    figure.set_size_inches(WIDTHS[columns], inches + LINE * lines)


# ---- traces ---------------------------------------------------------------------------------------


def _points(axes: Any, trace: dict[str, Any], _: Any) -> None:
    """Lines, marks and texts of a trace, in the order of its mode."""
    # what stands in the legend alone has None for a place
    x, y = np.asarray(trace["x"], dtype=float), np.asarray(trace["y"], dtype=float)
    if not np.isfinite(x).any():
        return
    mode, colour = _mode(trace), _colour(trace)
    if "lines" in mode:
        style = "steps-post" if trace.get("line", {}).get("shape") == "hv" else "default"
        axes.plot(x, y, drawstyle=style, **_line(trace))
    for axis in ("x", "y"):
        bars = trace.get(f"error_{axis}") or {}
        if bars.get("array") is not None:
            ends = np.array([bars["arrayminus"], bars["array"]], dtype=float)
            color = bars.get("color") or colour
            axes.errorbar(x, y, **{f"{axis}err": ends}, fmt="none", ecolor=color, capsize=2.0, linewidth=0.8)
    if "markers" in mode:
        sizes = np.broadcast_to(np.asarray(trace["marker"].get("size", 6), dtype=float), x.shape) * POINT
        symbols = np.broadcast_to(np.asarray(trace["marker"].get("symbol") or "circle"), x.shape)
        for symbol in dict.fromkeys(symbols.tolist()):
            here = (symbols == symbol) & (sizes > 0.0)
            faces = "none" if symbol.endswith("-open") else colour
            marker = MARKERS[symbol.removesuffix("-open")]
            alpha = trace["marker"].get("opacity")
            # also on the frame, where optimal gaps lie
            marks = {"s": sizes[here] ** 2, "marker": marker, "facecolors": faces, "clip_on": False, "zorder": 3}
            axes.scatter(x[here], y[here], edgecolors=colour, linewidths=0.8, alpha=alpha, **marks)
    if "text" in mode:
        where = trace.get("textposition") or "middle center"
        for place, (at, text) in enumerate(zip(zip(x, y, strict=True), trace["text"], strict=True)):
            up, side = (where if isinstance(where, str) else where[place]).split()
            away = (4.0 * (side == "right") - 4.0 * (side == "left"), 4.0 * (up == "top") - 4.0 * (up == "bottom"))
            if "markers" not in mode:
                away = (0.0, 0.0)
            sides = {"horizontalalignment": SIDES[side], "verticalalignment": SIDES[up], "fontsize": 7.0}
            axes.annotate(_text(text), at, away, textcoords="offset points", annotation_clip=False, **sides)


def _bars(axes: Any, trace: dict[str, Any], below: dict[float, float]) -> None:
    """Bars from left to right, on what is there of a stack."""
    if trace["x"][0] is None:
        return
    for length, place in zip(trace["x"], trace["y"], strict=True):
        start = below.get(place, 0.0)
        axes.barh(place, length, trace["width"], left=start, **_fill(trace))
        below[place] = start + length


_TRACES = {"scatter": _points, "bar": _bars}


def _mode(trace: dict[str, Any]) -> str:
    return str(trace.get("mode") or "lines+markers")


def _colour(trace: dict[str, Any]) -> Any:
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    return marker.get("color") or line.get("color")


def _line(trace: dict[str, Any]) -> dict[str, Any]:
    line = trace["line"]
    return {
        "color": line["color"],
        "linestyle": DASHES[line.get("dash")],
        "linewidth": POINT * line.get("width", 2.0),
    }


def _fill(trace: dict[str, Any]) -> dict[str, Any]:
    marker = trace["marker"]
    hatch = HATCHES[marker["pattern"]["shape"]]
    return {"facecolor": marker["color"], "hatch": hatch, "edgecolor": "white", "linewidth": 0.0}


# ---- axes -----------------------------------------------------------------------------------------


def _of(axis: str, name: str, layout: dict[str, Any]) -> dict[str, Any]:
    """What the layout says of the x or y axis of the panel whose y axis has that name, such as "y2"."""
    return dict(layout.get(f"{axis}axis{name[1:]}") or {})


def _scales(axes: Any, name: str, layout: dict[str, Any]) -> None:
    for axis in "xy":
        if _of(axis, name, layout).get("type") == "log":
            axes.set(**{f"{axis}scale": "log"})


def _axes(axes: Any, name: str, layout: dict[str, Any], *, last: bool) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, NullFormatter, NullLocator

    for axis in "xy":
        said, drawn_axis = _of(axis, name, layout), getattr(axes, f"{axis}axis")
        logarithmic = said.get("type") == "log"
        if said.get("range") is not None:
            ends = [float(end) for end in said["range"]]
            getattr(axes, f"set_{axis}lim")([10.0**end for end in ends] if logarithmic else ends)
        elif said.get("rangemode") == "tozero":
            getattr(axes, f"set_{axis}lim")(0.0)
        title = (said.get("title") or {}).get("text")
        if title and (axis == "y" or last):
            getattr(axes, f"set_{axis}label")(_text(title))
        drawn_axis.set_minor_locator(NullLocator())
        drawn_axis.set_minor_formatter(NullFormatter())
        if said.get("tickvals") is not None:
            drawn_axis.set_ticks(list(said["tickvals"]), [_text(text) for text in said["ticktext"]])
        elif logarithmic:
            drawn_axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if said.get("dtick") == "D2" else (1.0,)))
            drawn_axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        elif said.get("dtick"):
            drawn_axis.set_major_locator(MultipleLocator(said["dtick"], offset=said.get("tick0") or 0.0))
        if said.get("showgrid") is not False:
            axes.grid(visible=True, axis=axis, color=said.get("gridcolor") or "#e3e6ea")
        if said.get("visible") is False:
            drawn_axis.set_visible(False)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if _of("y", name, layout).get("visible") is False:
        axes.spines["left"].set_visible(False)


# ---- texts ----------------------------------------------------------------------------------------


def _legend(figure: Any, traces: list[dict[str, Any]], layout: dict[str, Any], width: float) -> int:
    """Who is who, below the figure; returns how many lines that takes."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    named = {t["name"]: t for t in traces if t.get("name") and t.get("showlegend") is not False}
    if layout.get("showlegend") is False or not named:
        return 0
    handles: list[Any] = []
    for name, trace in named.items():
        if trace["type"] == "bar":
            handles.append(Patch(label=_text(name), **_fill(trace)))
            continue
        mode, colour = _mode(trace), _colour(trace)
        style = _line(trace) if "lines" in mode else {"color": colour, "linestyle": "none"}
        if "markers" in mode:
            symbol = np.atleast_1d(np.asarray(trace["marker"].get("symbol") or "circle"))[0]
            face = "none" if str(symbol).endswith("-open") else colour
            style |= {"marker": MARKERS[str(symbol).removesuffix("-open")], "markerfacecolor": face}
        handles.append(Line2D([], [], label=_text(name), **style))
    longest = max(len(handle.get_label()) for handle in handles)
    across = max(min(len(handles), int(width / (0.45 + longest / LETTERS))), 1)
    figure.legend(handles=handles, loc="outside lower left", ncols=across, frameon=False)
    return -(-len(handles) // across)


def _text(text: str) -> str:
    """A text of plotly, which is HTML, as it is read; "$" is no mathematics."""
    plain = html.unescape(re.sub(r"</?b>", "", text.replace("<br>", "\n")))
    return plain.replace("$", r"\$")


__all__ = ["printed"]
