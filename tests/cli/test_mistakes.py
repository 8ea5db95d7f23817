"""Every class of mistake: one sentence, the right exit code, no traceback."""

from __future__ import annotations

import re

import pytest

from qmectk_cli import failures

MISTAKES = {
    "bad yaml": ("devices: 4", "devices: [4", r"small.yaml, line \d+: "),
    "unknown key": ("devices: 4", "devces: 4", r"line 3: there is no key 'devces'; did you mean 'devices'\?"),
    "unknown key below": ("  noise:", "  nois:", r"line 8: there is no key 'nois'; did you mean 'noise'\?"),
    "negative number": ("  noise: 1e-10 W", "  noise: -1e-10 W", r"line 8: .*greater than 0"),
    "not a number": ("  noise: 1e-10 W", "  noise: .nan", r"line 8: .*finite"),
    "no devices": ("devices: 4", "devices: 0", r"line 3: .*greater than or equal to 1"),
    "wrong unit": ("2 MHz", "2 kg", r"line 7: .*wrong unit"),
    "wrong length": ("[1, 1.5, 1, 2]", "[1, 1.5, 1]", r"'weights' has 3 numbers for 4 devices"),
    "unknown family": ("problem: p1", "problem: p9", r"there is no problem 'p9'"),
    "unknown model": ("model: rayleigh", "model: raleigh", r"line (9|10): .*did you mean 'rayleigh'\?"),
    "object tag": ("seed: 3", "seed: !!python/object/apply:os.system [ls]", r"line 2: tags that make objects"),
    "given twice": ("seed: 3", "seed: 3\nseed: 4", r"line 3: 'seed' is given twice"),
}


def one_sentence(done, code):
    assert done.code == code, done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    lines = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_the_file(run, small, mistake):
    old, new, says = MISTAKES[mistake]
    assert old in small.read_text()
    small.write_text(small.read_text().replace(old, new))
    done = run("solve", small, "--backend", "cd", "--json")
    assert re.search(says, one_sentence(done, 2)), done.err


def test_a_negative_gain_in_a_file(run, small):
    (small.parent / "gains.csv").write_text("1e-6,2e-6,1e-6,1e-6\n1e-6,-2e-6,1e-6,1e-6\n1e-6,1e-6,1e-6,1e-6\n")
    text = small.read_text().split("channel:")[0]
    small.write_text(text + "channel: {model: file, path: gains.csv}\n")
    assert "gains.csv" in one_sentence(run("solve", small), 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--backend", "greed"], "there is no backend 'greed'; did you mean 'greedy'?"),
        (["--backend", "cd", "-o", "restart=3"], "has no option 'restart'; did you mean 'restarts'?"),
        (["--backend", "cd", "-o", "restarts=many"], "option 'restarts' takes a whole number, not 'many'"),
        (["--backend", "cd", "-o", "restarts=0"], "option 'restarts' must be at least 1"),
        (["--backend", "cd", "-o", "restarts"], "'-o restarts' is not of the form key=value"),
        (["--backend", "cd", "-o", "=3"], "'-o =3' is not of the form key=value"),
        (["--backend", "cd", "-o", "=" + "3" * 5000], "333...' is not of the form key=value"),
        (["--backend", "droo", "-o", "policy=" + "x" * 5000], "there is no policy xxx"),
        (["--backend", "cd", "-o", "restarts=1", "-o", "restarts=2"], "option 'restarts' is given twice"),
        (["--time-limit", "0"], "time limit must be a positive number"),
        (["--time-limit", "nan"], "time limit must be a positive number"),
        (["--gap", "-1"], "gap must be 0 or more"),
        (["--frames", "0"], "'--frames'"),
        (["--frames", "three"], "'--frames'"),
        (["--seed", "-1"], "'--seed'"),
        (["--bakend", "cd"], "No such option"),
    ],
)
def test_mistakes_on_the_command_line(run, small, arguments, says):
    assert says in one_sentence(run("solve", small, *arguments), 2)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("small.yml", "did you mean 'small.yaml'?"),
        ("nothing.yaml", "there is no file"),
        ("p11", "did you mean 'p1'?"),
        (".", "is a folder"),
        ("9" * 4000, "999...: File name too long"),
    ],
)
def test_missing_files(run, small, monkeypatch, name, says):
    monkeypatch.chdir(small.parent)
    assert says in one_sentence(run("solve", name), 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve", "p1", "x" * 3000],
        ["solve", "p1", "--" + "x" * 3000],
        ["solve", "p1", "--gap", "x" * 3000],
        ["solve", "p1", "--out", "x" * 3000 + "/a.json"],
        ["export", "p1", "--format", "x" * 3000, "--out", "a"],
        ["report", "--where", "x" * 3000, "a.db"],
        ["solve", "p1", "x " * 3000],
    ],
)
def test_what_is_long_is_quoted_in_short(run, arguments):
    done = run(*arguments)
    assert done.code == 2
    assert max(map(len, done.err.splitlines())) < 300 or arguments[-1] == "x " * 3000
    assert max(map(len, done.err.splitlines())) < 4100


def test_a_missing_package_names_the_extra(run, small, monkeypatch):
    import qmectk

    class Absent(qmectk.Backend):
        name, accepts = "absent", (qmectk.Binary,)
        requires, extra = ("no_such_solver",), "qmectk[annealing]"

        def solve(self, view, budget, rng):
            raise AssertionError

    monkeypatch.setitem(_registry().backends, "absent", Absent)
    said = one_sentence(run("solve", small, "--backend", "absent"), 3)
    assert "backend 'absent' needs no-such-solver; run: pip install 'qmectk[annealing]'" in said
    listed = run("backends").out
    assert "[1]" in listed
    assert "pip install 'qmectk[annealing]'" in listed
    described = run("backends", "absent").out
    assert "no_such_solver" in described


def test_an_instance_that_is_refused_exits_4(run, small):
    small.write_text(small.read_text().replace("devices: 4", "devices: 30").replace("[1, 1.5, 1, 2]", "alternating"))
    said = one_sentence(run("solve", small, "--backend", "exhaustive", "--frames", "1", "--no-reference"), 4)
    assert "at most 24 bits" in said


def test_an_unforeseen_error_is_called_a_bug(run, small, monkeypatch):
    import qmectk

    def broken(*arguments, **keywords):
        raise KeyError("the left shoe")

    monkeypatch.setattr(qmectk, "solve", broken)
    done = run("solve", small)
    said = one_sentence(done, 1)
    assert "bug" in said
    assert "--debug" in said
    for where in (["solve", small, "--debug"], ["--debug", "solve", small]):
        loud = run(*where)
        assert loud.code == 1
        assert "Traceback (most recent call last)" in loud.err
        assert "the left shoe" in loud.err


def test_debug_shows_the_traceback_of_a_refusal_too(run, small, monkeypatch):
    quiet = run("solve", small, "--backend", "nobody")
    assert "Traceback" not in quiet.err
    loud = run("solve", small, "--backend", "nobody", "--debug")
    assert loud.code == quiet.code == 2
    assert "Traceback" in loud.err
    monkeypatch.setenv("QMECTK_DEBUG", "1")
    from qmectk_cli.main import main

    assert main(["solve", str(small), "--backend", "nobody"]) == 2
    assert failures.Session.from_environment().debug


def test_warnings_are_one_line(run, small, monkeypatch):
    import warnings

    import qmectk

    solve = qmectk.solve

    def warned(*arguments, **keywords):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("the moon\nis full", stacklevel=1)
        return solve(*arguments, **keywords)

    monkeypatch.setattr(qmectk, "solve", warned)
    done = run("solve", small, "--backend", "cd", "--json")
    assert done.code == 0
    assert "Warning: the moon is full\n" in done.err
    assert done.json


def _registry():
    from qmectk.plugins import registry

    return registry()
