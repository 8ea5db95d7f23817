"""Files that are hostile, outputs that are no files, and what a terminal would obey: one sentence, nothing lost."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from qmectk.files import storage
from qmectk_cli.options import Seconds

HIDDEN = ["\x1b", "\x07", "\x9b", "\u202e", "\u200b", "\x7f"]


def one_sentence(done, code=2):
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert "this is a bug" not in done.err
    lines = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.err
    assert len(lines[0]) < 1000
    return lines[0]


def nothing_to_obey(done):
    for text in (done.out, done.err):
        assert not [mark for mark in HIDDEN if mark in text]


# ------------------------------------------------------------------------------------------------------- inputs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("constants: {power: 1 m^9^9^9}\n", "line 4: 'constants.power': '1 m^9^9^9' is not a number with a unit"),
        ("seed: !!int ''\n", "line 4 has a value that YAML cannot read"),
        ("weights: !!bool maybe\n", "line 4 has a value that YAML cannot read"),
        (f"constants: {{power: {'9' * 400}}}\n", "line 4 has a number that is too large"),
        ('"\\e]0;pwned\\a\\e[31mred": 1\n', "line 4: there is no key '\\x1b]0;pwned\\x07\\x1b[31mred'"),
        ('"\\u202Edne": 1\n', "line 4: there is no key '\\u202edne'"),
    ],
)
def test_hostile_values(run, tmp_path, text, words):
    path = tmp_path / "p.yaml"
    path.write_text(f"problem: p1\ndevices: 4\nframes: 1\n{text}")
    for command in (["show", path], ["solve", path, "--time-limit", "1"], ["compare", path, "-b", "cd"]):
        done = run(*command)
        assert words in one_sentence(done)
        nothing_to_obey(done)


@pytest.mark.parametrize("command", ["solve", "show", "simulate", "explain", "verify", "compare", "export"])
def test_a_fifo_is_no_problem_file(run, tmp_path, command):
    os.mkfifo(tmp_path / "f.yaml")
    (tmp_path / "a.json").write_text("{}")
    more = {"verify": [tmp_path / "a.json"], "compare": ["-b", "cd"], "export": ["--out", tmp_path / "x.lp"]}
    before = more.get(command, []) if command == "verify" else []
    after = [] if command == "verify" else more.get(command, [])
    said = one_sentence(run(command, *before, tmp_path / "f.yaml", *after))
    assert "f.yaml is a FIFO" in said
    assert "did you mean" not in said


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "fifo.json", "folder"])
def test_verify_refuses_what_has_no_end(run, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo.json")
    Path("folder").mkdir()
    assert f"{name} is a " in one_sentence(run("verify", name, "p1"))


def test_set_is_read_as_files_are(run, tmp_path):
    said = one_sentence(run("simulate", "drift", "--slots", "2", "--set", "V=2026-13-45"))
    assert "--set V, line 1 has a value that YAML cannot read as a date: '2026-13-45'" in said
    for value in (
        "[" * 5000,
        "!!python/name:os.system ''",
        "!!int ''",
        "0x" + "f" * 5000,
        "*a",
        "\ud800",
        "{a: 1, a: 2}",
    ):
        assert "--set V" in one_sentence(run("simulate", "drift", "--slots", "2", "--set", f"V={value}"))


# ------------------------------------------------------------------------------------------------------ terminal


def test_nothing_reaches_the_terminal_that_it_would_obey(run, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = "\x1b]0;pwned\x07\x1b[31m\x9b2J\u202e"
    for arguments in (
        ["solve", "p1", "-b", "cd", "-o", f"{bad}=1"],
        ["solve", "p1", "-b", bad],
        ["solve", bad],
        ["solve", f"{bad}.yaml"],
        ["solve", "p1", f"--{bad}"],
        ["solve", "p1", "--frames", bad],
        ["solve", "p1", "--time-limit", bad],
        ["solve", "p1", "-b", "cd", "-o", f"restarts={bad}"],
        ["show", "p1", "--out", f"{bad}/x.png"],
        ["backends", bad],
        ["explain", "p1", "-b", bad],
        ["schema", bad],
        ["simulate", "drift", "--V", bad],
        ["runs", "--store", f"{bad}.db"],
        ["runs", "--store", "x.db", "--where", bad],
        [bad],
    ):
        done = run(*arguments)
        assert done.code == 2, (arguments, done.err)
        nothing_to_obey(done)


def test_names_are_shown_as_text(run, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hostile = Path("\x1b[31mred.yaml")
    hostile.write_text(small.read_text())
    done = run("solve", hostile, "-b", "greedy", "--frames", "1", "--no-reference")
    assert done.code == 0
    assert "\\x1b[31mred.yaml" in done.out
    nothing_to_obey(done)
    done = run("show", hostile)
    assert "\\x1b[31mred.yaml" in done.out
    nothing_to_obey(done)
    done = run("export", hostile, "--out", "\x1b[31mred.qubo")
    assert "wrote \\x1b[31mred.qubo" in done.out
    nothing_to_obey(done)


# ------------------------------------------------------------------------------------------------------- outputs


def reading(path):
    got = []
    reader = threading.Thread(target=lambda: got.append(path.read_bytes()), daemon=True)
    reader.start()

    def received():
        reader.join(30)
        return got[0]

    return received


def outputs(small):
    return {
        "x.json": ["solve", small, "-b", "greedy", "--frames", "1", "--no-reference", "--out"],
        "x.qubo": ["export", small, "--out"],
        "x.png": ["show", small, "--out"],
    }


@pytest.mark.parametrize("name", ["x.json", "x.qubo", "x.png"])
def test_outputs_go_into_what_is_no_file(run, small, tmp_path, name):
    command = outputs(small)[name]
    fifo, link, null = (tmp_path / f"{kind}{Path(name).suffix}" for kind in ("fifo", "link", "null"))
    os.mkfifo(fifo)
    received = reading(fifo)
    assert run(*command, fifo).code == 0
    whole = received()
    assert len(whole) > 100
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    null.symlink_to("/dev/null")
    assert run(*command, null).code == 0
    assert null.is_symlink()
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    (tmp_path / "target").write_text("old")
    link.symlink_to("target")
    assert run(*command, link).code == 0
    assert link.is_symlink()
    assert len((tmp_path / "target").read_bytes()) == pytest.approx(len(whole), rel=0.1)


def test_outputs_go_to_standard_output(process, small):
    done = process("export", small, "--format", "qubo", "--out", "-")
    assert done.code == 0
    assert done.out.startswith("# QUBO written by qmectk")
    assert "wrote" in done.err
    assert "wrote" not in done.out
    both = process("solve", small, "-b", "greedy", "--frames", "1", "--no-reference", "--json", "--out", "/dev/stdout")
    first, _, second = both.out.partition("}\n{")
    assert json.loads(first + "}") == json.loads("{" + second)


@pytest.mark.parametrize("name", ["x.json", "x.png"])
def test_what_cannot_be_written_costs_no_answer(run, small, tmp_path, monkeypatch, name):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    for module in ("qmectk_cli.output", "qmectk.figures.saving"):
        monkeypatch.setattr(f"{module}.replace_file", full)
    done = run(*outputs(small)[name], tmp_path / name)
    assert f"cannot write {tmp_path / name}: No space left on device" in one_sentence(done)
    assert "problem" in done.out


def test_a_trace_that_cannot_be_written_costs_no_simulation(run, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "t.csv")
    done = run(
        "simulate", "drift", "-b", "capacity-greedy", "--slots", "2", "--no-reference", "--trace", tmp_path / "t.csv"
    )
    assert "no process reads from it" in one_sentence(done)
    assert "slots" in done.out


# ------------------------------------------------------------------------------------------------------ seconds


@pytest.mark.parametrize(("text", "value"), [("5", 5.0), ("5s", 5.0), ("5 s", 5.0), ("2 min", 120.0), ("1500ms", 1.5)])
def test_seconds_have_units(text, value):
    assert Seconds().convert(text, None, None) == value


def test_time_limits_have_units(run, small):
    assert run("solve", small, "-b", "greedy", "--frames", "1", "--time-limit", "5s").code == 0
    said = one_sentence(run("solve", small, "--time-limit", "5 m"))
    assert "Invalid value for '--time-limit': '5 m' has the wrong unit; this takes 's'" in said
    assert "'soon' is not a number with a unit" in one_sentence(run("solve", small, "--time-limit", "soon"))


def test_unknown_names_print_the_nearest_ones(run, small):
    said = one_sentence(run("solve", small, "-b", "zzzzzzzz"))
    assert said.count(",") < 10
    assert " more" in said


def test_memory_that_ends_has_a_sentence(run, small, monkeypatch):
    import qmectk

    def greedy(*arguments, **keywords):
        raise MemoryError("Unable to allocate 7.45 GiB for an array")

    monkeypatch.setattr(qmectk, "solve", greedy)
    assert "not enough memory (Unable to allocate 7.45 GiB for an array)" in one_sentence(run("solve", small))


def test_few_open_files_are_enough(small):
    """A limit of 20 (ulimit -n 20) once ended in a traceback of an import."""
    resource = pytest.importorskip("resource")
    limit = (20, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    command = [sys.executable, "-m", "qmectk_cli.main", "solve", small, "-b", "greedy", "--no-reference", "--json"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["quality"] == "feasible"
