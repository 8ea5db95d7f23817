"""docs/cli.md names every command, option, exit code and JSON field."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from qmectk_cli.lazy import COMMANDS
from qmectk_cli.main import EPILOG, cli

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


@pytest.fixture(scope="module")
def text():
    return DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(text, name):
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert f"$ qmectk {name}" in section or f"; qmectk {name}" in section
    command = cli.get_command(click.Context(cli), name)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and "--debug" not in parameter.opts:
            assert any(f"`{option}" in section for option in parameter.opts), parameter.opts


def test_every_exit_code_is_documented(text):
    codes = [line.split()[0] for line in EPILOG.split("Exit codes:")[1].splitlines() if line.strip()]
    assert len(codes) == 8
    for code in codes:
        assert f"\n| {code} |" in text


def test_every_field_of_the_json_is_documented(text, run, small):
    fields = run("solve", small, "--json").json
    for field in fields:
        assert f"`{field}`" in text, field
