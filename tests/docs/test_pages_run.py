"""What a reader types from the tutorials works, and prints what they show."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest

from website.blocks import blocks
from website.walking import Differs, Reader, walk

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted((DOCS / "tutorials").glob("*.md"))
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))

#: Commands from an empty folder to a table and a figure, at most.
COMMANDS = 12


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_can_be_followed(page, tmp_path):
    followed = walk(page, Reader(tmp_path))
    assert any(block.title or block.language == "console" for block in followed)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_is_committed_without_outputs(file):
    """`make docs` runs it, and stops where a cell raises."""
    assert not any(cell.get("outputs") for cell in nbformat.read(file, as_version=4).cells)


def test_the_journey_from_data_is_short():
    page = DOCS / "tutorials" / "my-data.md"
    typed = [command.typed for block in blocks(page) if block.language == "console" for command in block.commands()]
    assert typed[0].startswith("python -m venv")
    assert any(command.startswith("pip install") for command in typed)
    assert len(typed) <= COMMANDS


def test_what_a_page_shows_is_compared(tmp_path):
    before = Path.cwd(), dict(os.environ)
    page = tmp_path / "page.md"
    for shown, holds in (("1 frame", False), ("...family     summary\n...", True)):
        page.write_text(f"```console\n$ qmectk problems\n{shown}\n```\n")
        if holds:
            walk(page, Reader(tmp_path))
        else:
            with pytest.raises(Differs, match="line 1"):
                walk(page, Reader(tmp_path))
    page.write_text("```console\n$ qmectk problem\n```\n")
    with pytest.raises(Differs, match="fails"):
        walk(page, Reader(tmp_path))
    assert before == (Path.cwd(), dict(os.environ))


def test_blocks_are_read_as_they_stand():
    page = 'Text\n\n```toml title="a.toml"\nx = 1\n```\n\n```console\n$ one \\\n    two  # why\nout\n$ three\n```\n'
    toml, console = blocks(page)
    assert (toml.title, toml.text, toml.line) == ("a.toml", "x = 1\n", 3)
    assert [(c.typed, c.printed) for c in console.commands()] == [("one      two", "out\n"), ("three", "")]
