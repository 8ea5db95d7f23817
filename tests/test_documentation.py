"""What the documentation says: its Python runs, its links lead somewhere, its commands exist."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import click
import pytest

import qmectk
from website.blocks import python

ROOT = Path(__file__).parents[1]
SOURCES = ("qmectk", "plugins", "problems", "cli")
EXAMPLES = sorted(f for folder in SOURCES for f in (ROOT / folder).rglob("*.py") if ">>> " in f.read_text())
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: str(file.relative_to(ROOT)))
def test_docstring_examples(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts if parts[0] == "qmectk" else parts[1:]).removesuffix(".__init__")
    module = importlib.import_module(name)
    failures, tried = doctest.testmod(module)
    assert failures == 0
    assert tried > 0


@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/plugins.md", "docs/environments.md"])
def test_python_in_pages_runs(page):
    namespace: dict = {}
    blocks = python(ROOT / page)
    assert blocks
    for block in blocks:
        for package in re.findall(r"^from (stable_baselines3) import", block.text, re.MULTILINE):
            pytest.importorskip(package)
        exec(compile(block.text, page, "exec"), namespace)


def test_recipes_for_data_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(block.text for block in python(ROOT / "docs/data.md")), "docs/data.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[:2] == ["3 optimal", "10 optimal"]


def test_the_knapsack_of_the_python_page(capsys):
    block = next(block for block in python(ROOT / "docs/python.md") if "class Knapsack" in block.text)
    exec(compile(block.text, "docs/python.md", "exec"), {})
    assert capsys.readouterr().out.strip() == "9.0 optimal [0. 1. 1.]"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_commands_in_pages_exist():
    from qmectk_cli.main import cli

    known = set(cli.list_commands(click.Context(cli)))
    for page in PAGES:
        for line in re.findall(r"^(?:\$ )?(?:\.venv/bin/)?qmectk ([a-z][a-z-]*)", page.read_text(), re.MULTILINE):
            assert line in known, f"{page.name} names the command {line}"


def test_what_is_cited_and_told_of_is_this_version():
    version = qmectk.__version__.removesuffix(".dev0")
    assert re.findall(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE) == [version]
    assert re.findall(r"version = \{(.*)\}", (ROOT / "README.md").read_text()) == [version]
    (newest, *_) = re.findall(r"^## (\S+) \((.*)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest[0] == version
    assert (newest[1] == "unreleased") == qmectk.__version__.endswith(".dev0")
