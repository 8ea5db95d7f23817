"""Figures of matplotlib: made without a screen, and written into files in one step."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from .backend import installed
from .errors import InputError, MissingPackage
from .storage import check_output, explained, replace_file

SUFFIXES = (".png", ".svg", ".pdf")

#: Of the grey lines of floors, one after the other.
DASHES = ("--", "-.", ":")


def check(path: Path) -> None:
    """Refuse, before any work, a figure that could not be written later."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"cannot tell a format from '{path.name}'", "give the file a name that ends in .png, .svg or .pdf"
        )
    _needed()
    check_output(path)


def new_figure() -> Any:
    """An empty figure that needs no screen.

    Raises
    ------
    MissingPackage
        Without matplotlib.
    """
    _needed()
    from .presenting.figure import ShownFigure

    return ShownFigure(figsize=(9.0, 6.0))


def _needed() -> None:
    if not installed("matplotlib"):
        raise MissingPackage("figures need matplotlib", "run: pip install 'qmectk[simulate]'")


def save_figure(figure: Any, path: str | Path) -> None:
    """Write a figure in one step; the suffix decides the format."""
    path = Path(path)
    check(path)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix.lower()[1:], dpi=120)
    with explained(path):
        replace_file(path, buffer.getvalue())
