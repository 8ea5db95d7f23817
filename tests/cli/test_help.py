"""Help: complete, and without the weight of what it describes."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from qmectk_cli.lazy import COMMANDS
from qmectk_cli.main import cli

HEAVY = ["numpy", "scipy", "numba", "pydantic", "torch", "pyomo", "cvxpy", "dimod", "qiskit", "highspy", "yaml", "rich"]


@pytest.mark.parametrize("arguments", [["--help"], ["solve", "--help"], ["export", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys; from qmectk_cli.main import main; assert main(sys.argv[1:]) == 0; "
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]; "
        "heavy += [m for m in sys.modules if m.startswith('qmectk_') and not m.startswith('qmectk_cli')]; "
        "sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_group_help_lists_every_command_and_the_exit_codes(run):
    done = run("--help")
    assert done.code == 0
    for name, (_, line) in COMMANDS.items():
        assert name in done.out
        assert line.split(" ")[0] in done.out
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "130 "):
        assert f"\n    {code}" in done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_documents_itself(run, name):
    done = run(name, "--help")
    assert done.code == 0
    assert "Example" in done.out
    assert f"qmectk {name} " in done.out or f"qmectk {name}\n" in done.out
    assert "--debug" in done.out
    command = cli.get_command(click.Context(cli), name)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_version(run):
    assert run("--version").out.startswith("qmectk ")


def test_an_unknown_command_suggests_the_nearest(run):
    done = run("slove", "p1")
    assert done.code == 2
    assert done.err == "Error: there is no command 'slove'; did you mean 'solve'?\n"


def test_no_command_at_all_shows_the_help(run):
    done = run()
    assert done.code in (0, 2)
    assert "Commands:" in done.out + done.err
