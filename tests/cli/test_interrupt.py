"""Ctrl-C: one line and exit code 130, and no half-written file."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest


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
