"""Figures for papers: their widths, formats, fonts and texts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qmectk.errors import InputError
from qmectk.figures import check_formats, drawn, save_figure
from qmectk.presenting.latex import latex

pytest.importorskip("matplotlib")

#: What somebody may call something.
NAME = r"50% of a_b & c#1 {x} ~ ^ \ $5 <|> 'q' \"q\" λ µ é ≤ 10⁻⁶ 中"


def panels(figure: Any) -> None:
    left, middle, right = figure.subplots(1, 3, sharey=True)
    left.bar([0, 1], [1.0, 2.0])
    left.set_ylabel("cost")
    middle.imshow(np.eye(2))
    right.plot([1, 2], [1e-3, 1e3])
    right.set(yscale="log", title="all three")
    figure.suptitle("said by the caption of a paper")


def named(figure: Any) -> None:
    figure.subplots().set_title(NAME.replace("中", "").replace("$", r"\$"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    write(folder, (panels, ".svg", ".pgf"), (named, ".pdf", ".pgf"))
    return folder


def write(folder: Path, *asked: tuple[Any, ...]) -> None:
    for draw, *suffixes in asked:
        figure = drawn(draw, columns=1)
        for suffix in suffixes:
            save_figure(figure, folder / f"{draw.__name__}{suffix}")


def test_a_figure_is_as_wide_as_its_columns_and_stacks_what_would_be_narrow() -> None:
    one, both, screen = (drawn(panels, columns=columns) for columns in (1, 2, None))
    assert (one.get_figwidth(), both.get_figwidth(), screen.get_figwidth()) == (3.5, 7.16, 9.0)
    for figure, rows in ((one, 3), (both, 1), (screen, 1)):
        grid = figure.axes[0].get_subplotspec().get_gridspec()
        assert (grid.nrows, grid.ncols) == (rows, 3 // rows)
    assert [axes.get_ylabel() for axes in one.axes] == ["cost"] * 3
    assert (one.get_suptitle(), screen.get_suptitle()) == ("", "said by the caption of a paper")
    with pytest.raises(InputError, match="one or two columns"):
        drawn(panels, columns=3)


def test_files_are_the_same_every_time_and_have_true_type_fonts(files: Path, tmp_path: Path) -> None:
    write(tmp_path, (panels, ".svg"), (named, ".pdf", ".pgf"))
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (files / path.name).read_bytes(), path.name
    pdf = (files / "named.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf
    svg = (files / "panels.svg").read_text()
    assert 'width="252pt"' in svg  # 3.5 inches
    assert "<dc:date>" not in svg


def test_pgf_shows_texts_as_they_are_and_has_its_maps_beside_it(files: Path) -> None:
    text = (files / "named.pgf").read_text()
    assert latex(NAME.replace("中", "")) in text
    (inside,) = re.findall(r"\\includegraphics\[.*?\]\{(.*?)\}", (files / "panels.pgf").read_text())
    assert (files / inside).read_bytes()[:4] == b"\x89PNG"


def test_latex_compiles(files: Path, tmp_path: Path, typeset: Callable[..., str]) -> None:
    for path in files.iterdir():
        shutil.copy(path, tmp_path)
    typeset(r"\input{named.pgf} \input{panels.pgf}", "pgf", "graphicx")


def test_formats_are_told_apart() -> None:
    assert check_formats(["pdf", " .SVG", "pdf"]) == (".pdf", ".svg")
    with pytest.raises(InputError, match="not written as 'eps'"):
        check_formats(["eps"])
