"""Ctrl-C: one line and exit code 130, and no half-written file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qmectk_heuristics.search import Greedy


def loaded(process: subprocess.Popen[str], library: str) -> None:
    """Wait until the process has opened a compiled library whose path has this part."""
    maps = Path(f"/proc/{process.pid}/maps")
    deadline = time.monotonic() + 60
    while library not in maps.read_text() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc what a process has loaded")
@pytest.mark.parametrize(
    ("library", "wait"),
    [("_multiarray_umath", 0.0), ("_multiarray_umath", 0.05), ("llvmlite", 0.0), ("llvmlite", 0.5), ("llvmlite", 3.0)],
)
def test_an_interrupted_run_exits_130(small, tmp_path, library, wait):
    """In the imports of the plugins, in those of the compiler, while it compiles, in a search of a minute."""
    text = small.read_text().replace("devices: 4", "devices: 24").replace("[1, 1.5, 1, 2]", "alternating")
    small.write_text(text)
    out = tmp_path / "answer.json"
    command = [sys.executable, "-m", "qmectk_cli.main", "solve", small, "--backend", "exhaustive", "--out", out]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    loaded(process, library)
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert printed == ""
    assert said.strip().startswith("Interrupted:")
    assert len(said.split("\n")) <= 3, said
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


@pytest.mark.parametrize(("children", "wait"), [(1, 0.0), (2, 0.01), (3, 0.0), (3, 0.1), (3, 3.0)])
def test_policies_that_train_beside_each_other_are_interrupted_in_one_sentence(
    small, tmp_path, interrupted, children, wait
):
    """While their processes load Python, while those import, while they train; and no further one is begun."""
    command = [sys.executable, "-m", "qmectk_cli.main", "train", small, "--backend", "droo", "--frames", "1000000"]
    command += ["--seeds", "5", "--jobs", "2", "--out", tmp_path / "policies"]
    code, said = interrupted(command, children, wait)  # one of the processes is multiprocessing's own
    assert code == 130
    assert said.strip() == "Interrupted: the same command goes on from the last checkpoint"


COMMANDS = """\
import signal, sys, time
from qmectk_cli.main import cli, main

class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

@cli.command("generated")
def generated():
    exec("raise KeyboardInterrupt")  # what the body of a dataclass is

@cli.command("ignored")
def ignored():
    Dying()
    time.sleep(30)

@cli.command("mistaken")
def mistaken():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("initialization failed") from None

sys.exit(main())
"""


@pytest.mark.parametrize("name", ["generated", "ignored", "mistaken"])
def test_an_interruption_that_python_mistakes_is_one(tmp_path, name):
    """Left generated code; was ignored in a destructor; came out of an import as an error."""
    (tmp_path / "commands.py").write_text(COMMANDS)
    command = [sys.executable, "-m", "commands", name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=25)
    assert done.returncode == 130, done.stderr
    assert done.stderr.strip().startswith("Interrupted:")
    assert len(done.stderr.split("\n")) <= 3, done.stderr


def test_finished_frames_of_a_stream_are_kept(run, small, tmp_path, monkeypatch):
    solve, calls = Greedy.solve, []

    def interrupted_in_the_third(self, view, budget, rng):
        calls.append(view)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return solve(self, view, budget, rng)

    monkeypatch.setattr(Greedy, "solve", interrupted_in_the_third)
    out = tmp_path / "answer.json"
    done = run("solve", small, "--backend", "greedy", "--frames", "5", "--out", out)
    assert done.code == 130
    assert "2 of 5 frames" in done.err
    kept = json.loads(out.read_text())
    assert kept["termination"] == "interrupted"
    assert kept["frames"] == 2
    assert len(kept["values"]["a"]) == 2
