"""Ctrl-C: one line and exit code 130, and no half-written file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from qmectk_heuristics.search import Greedy


@pytest.mark.parametrize("wait", [1.0, 4.0])
def test_an_interrupted_run_exits_130(small, tmp_path, wait):
    text = small.read_text().replace("devices: 4", "devices: 24").replace("[1, 1.5, 1, 2]", "alternating")
    small.write_text(text)
    out = tmp_path / "answer.json"
    command = [sys.executable, "-m", "qmectk_cli.main", "solve", small, "--backend", "exhaustive", "--out", out]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(wait)  # in the imports; in the search, which takes a minute
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert printed == ""
    assert said.strip().startswith("Interrupted:")
    assert "Traceback" not in said
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


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
