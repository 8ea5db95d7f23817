"""A figure for a screen, or for one or both columns of a page: drawn alike, and fitted to its place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..errors import InputError, MissingPackage
from ..extending.installed import installed

#: Of the grey lines of floors, one after the other.
DASHES = ("--", "-.", ":")

#: Inches of a figure in one column of a page and across both: 21 and 43 picas, as the IEEE Author Center asks.
WIDTHS = {1: 3.5, 2: 7.16}

#: Inches of a figure on a screen that does not say its size; pixels an inch there, and of what is a raster on paper.
SCREEN, PIXELS, PRINTED_PIXELS = (9.0, 6.0), 120, 300

#: Inches of the narrowest and of the lowest panel whose labels can be read.
NARROW, LOW = 2.2, 1.3

#: Height over width, at most, of panels that were put one below the other: a page has other things to show.
STACKED = 0.6

#: What a paper asks for: letters as large as a caption's, in a face that fits Times; STIX comes with matplotlib.
PAPER: Any = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "mathtext.fontset": "stix",
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "grid.linewidth": 0.4,
    "hatch.linewidth": 0.6,
}


def needed() -> None:
    """Raise MissingPackage without matplotlib."""
    if not installed("matplotlib"):
        raise MissingPackage("figures need matplotlib", "run: pip install 'qmectk[simulate]'")


def look(columns: int | None) -> AbstractContextManager[Any]:
    """The fonts and lines of a figure of so many columns; those of the user for None, a screen.

    Raises
    ------
    InputError
        For another number of columns.
    MissingPackage
        Without matplotlib.
    """
    needed()
    if columns is None:
        return nullcontext()
    if columns not in WIDTHS:
        raise InputError(f"a page has one or two columns, not {columns!r}", "say columns=1 or columns=2")
    import matplotlib

    return matplotlib.rc_context(PAPER)


def drawn(draw: Callable[..., None], *given: Any, columns: int | None = None) -> Any:
    """A figure, which needs no screen.

    Parameters
    ----------
    draw
        ``draw(figure, *given)`` draws into an empty figure of matplotlib and may say its size in inches. It leaves the
        layout alone: that is the figure's, and constrained.
    columns
        1 or 2: for so many columns of a page (:data:`WIDTHS`), with the letters of a paper, panels one below the other
        where they would be too narrow, and no title, since a caption says it. None: for a screen.

    Raises
    ------
    InputError
        For another number of columns.
    MissingPackage
        Without matplotlib.
    """
    with look(columns):
        from ..presenting.figure import ShownFigure

        figure = ShownFigure(figsize=SCREEN, dpi=PIXELS if columns is None else PRINTED_PIXELS, layout="constrained")
        draw(figure, *given)
        if columns is not None:
            figure.suptitle("")
            _fit(figure, WIDTHS[columns])
    return figure


def _fit(figure: Any, width: float) -> None:
    """Make a figure so wide; panels keep their shape."""
    old_width, old_height = figure.get_size_inches()
    rows = across = room = 1
    panels: dict[int, Any] = {}  # by their place in the grid; what shares a place (twins) moves with its panel
    placed = [axes for axes in figure.axes if axes.get_subplotspec() is not None]
    if placed:
        grid = placed[0].get_subplotspec().get_gridspec()
        rows, across = grid.nrows, grid.ncols
        room = min(across, max(int(width / NARROW), 1))
        for axes in placed:
            panels.setdefault(axes.get_subplotspec().num1, axes)
    shape = (old_height / rows) / (old_width / across)
    if room < across:
        _stack(figure, placed, panels, across, room)
        shape = min(shape, STACKED)
        rows = -(-len(panels) // room)
    figure.set_size_inches(width, max(shape * width / room, LOW) * rows)


def _stack(figure: Any, placed: list[Any], panels: dict[int, Any], across: int, room: int) -> None:
    """Put panels of a grid of `across` columns into one of `room`, each with the labels its neighbours had for it."""
    from matplotlib.gridspec import GridSpec

    for place, axes in panels.items():
        beside = [other for at, other in panels.items() if at // across == place // across]
        below = [other for at, other in panels.items() if at % across == place % across]
        axes.set_ylabel(axes.get_ylabel() or next((one.get_ylabel() for one in beside if one.get_ylabel()), ""))
        axes.set_xlabel(axes.get_xlabel() or next((one.get_xlabel() for one in below if one.get_xlabel()), ""))
        axes.tick_params(labelleft=True, labelbottom=True)
    grid = GridSpec(-(-len(panels) // room), room, figure=figure)
    order = {place: number for number, place in enumerate(sorted(panels))}
    moved = [(axes, grid[order[axes.get_subplotspec().num1]]) for axes in placed]
    for axes, spec in moved:
        axes.set_subplotspec(spec)


__all__ = ["DASHES", "WIDTHS", "drawn", "look", "needed"]
