"""A distribution that is not qmectk adds commands and backends, and cannot take names or the program down."""

from __future__ import annotations


def test_its_commands_are_listed_and_run(process, third_party):
    listed = process("--help", PYTHONPATH=third_party)
    assert listed.code == 0
    assert "Commands of plugins" in listed.out
    assert "Say hello." in listed.out
    done = process("greet", "--name", "edge", PYTHONPATH=third_party)
    assert (done.code, done.out) == (0, "hello edge\n")


def test_its_failures_are_handled_like_ours(process, third_party):
    quiet = process("crash", PYTHONPATH=third_party)
    assert quiet.code == 1
    assert "the kettle is on fire" in quiet.err
    assert "Traceback" not in quiet.err
    loud = process("crash", "--debug", PYTHONPATH=third_party)
    assert "Traceback" in loud.err


def test_names_are_not_taken_and_broken_plugins_are_said(process, third_party):
    listed = process("--help", PYTHONPATH=third_party)
    assert "plugin 'acme': there already is a command 'solve'; ignored" in listed.err
    assert "plugin 'broken' is broken: ModuleNotFoundError" in listed.err
    backends = process("backends", "--json", PYTHONPATH=third_party).json
    assert [plugin["name"] for plugin in backends["broken"]] == ["broken"]
    assert "noisy" in [info["name"] for info in backends["backends"]]
    table = process("backends", PYTHONPATH=third_party)
    assert table.code == 0
    assert "broken (acme-edge): ModuleNotFoundError" in table.out


def test_the_nearest_name_may_be_theirs(process, third_party):
    done = process("gret", PYTHONPATH=third_party)
    assert done.code == 2
    assert "did you mean 'greet'?" in done.err
