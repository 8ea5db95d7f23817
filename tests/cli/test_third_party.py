"""A distribution that is not qmectk adds commands and backends, and cannot take names or the program down."""

from __future__ import annotations

import pytest

# warnings of qmectk's own, which a process prints
pytestmark = pytest.mark.filterwarnings("ignore:plugin '(acme|broken)'")


def test_its_commands_are_listed_and_names_are_not_taken(process, third_party):
    listed = process("--help", PYTHONPATH=third_party)
    assert listed.code == 0
    assert "Commands of plugins" in listed.out
    assert "Say hello." in listed.out
    assert "plugin 'acme': there already is a command 'solve'; ignored" in listed.err
    assert "plugin 'broken' is broken: ModuleNotFoundError" in listed.err


def test_its_commands_run(run, installed):
    done = run("greet", "--name", "edge")
    assert (done.code, done.out) == (0, "hello edge\n")


def test_its_failures_are_handled_like_ours(run, process, installed, third_party):
    quiet = process("crash", PYTHONPATH=third_party)
    assert quiet.code == 1
    assert "the kettle is on fire" in quiet.err
    assert "Traceback" not in quiet.err
    loud = run("crash", "--debug")
    assert "Traceback" in loud.err


def test_broken_plugins_are_said(run, installed):
    backends = run("backends", "--json").json
    assert [plugin["name"] for plugin in backends["broken"]] == ["broken"]
    assert "noisy" in [info["name"] for info in backends["backends"]]
    table = run("backends")
    assert table.code == 0
    assert "broken (acme-edge): ModuleNotFoundError" in table.out


def test_the_nearest_name_may_be_theirs(run, installed):
    done = run("gret")
    assert done.code == 2
    assert "did you mean 'greet'?" in done.err
