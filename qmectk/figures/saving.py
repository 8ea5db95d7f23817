"""Figures in files: written in one step, the same bytes for the same figure."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.storage import check_output, explained, replace_file
from .making import needed

SUFFIXES = (".png", ".svg", ".pdf", ".pgf")

#: TrueType (Type 42) fonts inside of PDF, since many publishers refuse Type 3; names of SVG's parts that do not change.
FILES: Any = {"pdf.fonttype": 42, "svg.hashsalt": "qmectk"}

#: No dates, which would make every file another one.
DATELESS = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}


def check_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """Formats such as "pdf", each once, as suffixes.

    Raises
    ------
    InputError
        For none, or one that figures are not written in.
    """
    asked = tuple(dict.fromkeys(f".{name.strip().lower().removeprefix('.')}" for name in formats))
    wrong = [name for name in asked if name not in SUFFIXES]
    if wrong or not asked:
        raise InputError(
            f"figures are not written as '{', '.join(name[1:] for name in wrong)}'" if wrong else "no format is named",
            f"choose among {', '.join(name[1:] for name in SUFFIXES)}",
        )
    return asked


def check(path: Path) -> None:
    """Refuse, before any work, a figure that could not be written later."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"cannot tell a format from '{path.name}'", f"give the file a name that ends in {' or '.join(SUFFIXES)}"
        )
    needed()
    check_output(path)


def check_folder(folder: Path, formats: Iterable[str]) -> tuple[str, ...]:
    """Refuse, before any work, a folder of figures that could not be written later; returns the suffixes of `formats`.

    Raises
    ------
    InputError
        For another format, or a folder in which nothing can be written.
    MissingPackage
        Without matplotlib.
    """
    needed()
    suffixes = check_formats(formats)
    if folder.is_dir():
        check_output(folder / f"figure{suffixes[0]}")
    elif folder.exists():
        raise InputError(f"{folder} is not a folder", "name a folder for figures, which may be a new one")
    return suffixes


def save_figure(figure: Any, path: str | Path) -> None:
    """Write a figure in one step; the suffix decides the format: .png, .svg, .pdf or .pgf.

    Parameters
    ----------
    figure
        Of matplotlib.
    path
        PGF is for ``\\input`` in LaTeX and takes the fonts of the document; maps in it are PNG files beside it.

    Raises
    ------
    InputError
        For another suffix, or a file that cannot be written.
    MissingPackage
        Without matplotlib.
    """
    path = Path(path)
    check(path)
    with explained(path):
        for name, content in _files(figure, path).items():
            replace_file(path.with_name(name), content)


def _files(figure: Any, path: Path) -> dict[str, bytes]:
    """What belongs to a figure of that name: one file, and with PGF one more for every map."""
    suffix = path.suffix.lower()
    if suffix == ".pgf":
        from .pgf import files

        return files(figure, path.stem)
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context(FILES):
        figure.savefig(buffer, format=suffix[1:], metadata=DATELESS.get(suffix))
    return {path.name: buffer.getvalue()}
