"""What the site makes of the registry and of docstrings has everything in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qmectk
from qmectk import testing
from qmectk.plugins import registry
from website import outside, tables
from website.docstrings import as_markdown

DOCS = Path(__file__).parents[2] / "docs"


def sections_of(text):
    pieces = re.split(r"^## (\S+) .*$", text, flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


@pytest.fixture(scope="module")
def catalogue():
    return qmectk.backends()


def test_every_backend_stands_in_the_tables_with_its_options(catalogue):
    names = set(registry().backends)
    assert set(re.findall(r"^\| \[`([^`]+)`\]", tables.backends(catalogue, "x.md"), re.MULTILINE)) == names
    assert set(re.findall(r"^\| \[`([^`]+)`\]", tables.matches(catalogue), re.MULTILINE)) == names
    sections = sections_of(tables.backend_sections(catalogue))
    assert set(sections) == names
    for info in catalogue:
        for option in info.options:
            assert f"`-o {option.name}`" in sections[info.name]


def test_every_problem_stands_in_the_tables_with_its_keys():
    sections = sections_of(tables.problem_sections())
    assert set(sections) == set(registry().problems)
    for name, family in registry().problems.items():
        assert f"[`{name}`]" in tables.problems("x.md")
        for key in family.Params.model_fields:
            assert f"| `{key}` |" in sections[name]
    for shipped in qmectk.problems():
        assert f"`{shipped}`" in tables.problems("x.md")


def test_pages_ask_for_the_tables():
    assert "<!-- table: backends -->" in (DOCS / "backends.md").read_text()
    assert "<!-- table: problems -->" in (DOCS / "start/problem.md").read_text()


def test_all_that_is_public_is_in_the_reference():
    named = set(re.findall(r"^::: qmectk\.(\S+)$", (DOCS / "reference/api.md").read_text(), re.MULTILINE))
    assert named == {*qmectk.__all__, *(f"testing.{name}" for name in testing.__all__)}


def test_docstrings_become_markdown():
    assert as_markdown("Like :func:`~qmectk.solve` of :class:`Problem`.") == "Like `qmectk.solve` of `Problem`."
    assert as_markdown("Text.\n\n>>> 1 + 1\n2\n\nMore.") == "Text.\n\n```pycon\n>>> 1 + 1\n2\n```\n\nMore."


def test_links_out_of_the_docs_lead_to_copies():
    text = "[a](../CONTRIBUTING.md#x) [b](../tests/y.py) [c](cli.md) [d](notebooks/n.ipynb) [e](https://z.org/)"
    turned = "[a](contributing.md#x) [b](source/tests/y.py) [c](cli.md) [d](notebooks/n.md) [e](https://z.org/)"
    assert outside.translated(text, "docs") == turned
    assert outside.translated("[a](../papers/README.md)", "docs/start") == "[a](../papers/README.md)"
    assert outside.translated("[a](docs/cli.md) [b](README.md)", "") == "[a](cli.md) [b](index.md)"
