"""The server that workers are forked from: what it has loaded, and what it has not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qmectk.comparing.running.forkserver_preload import load_families
from qmectk.plugins import load, registry


@pytest.mark.parametrize(
    ("target", "family"),
    [
        ("p1", ["p1"]),
        ("problems/drift.yaml", ["drift"]),
        ("meqc-ye", ["meqc-ye"]),
        ("mine.yaml", ["attention"]),
        ("study.yaml", []),
        ("nothing.yaml", []),
        ("\x00", []),
        ("x" * 5000, []),
        ("", []),
    ],
)
def test_families_are_those_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, family: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("seed: 1\nproblem: 'attention'\n", encoding="utf-8")
    Path("study.yaml").write_text("study: mine\nproblems: [p1]\n", encoding="utf-8")
    ours = load([])
    ours.files.update(registry().files)
    ours.problems.take(registry().problems)
    assert load_families([target], ours) == family


def test_the_server_loads_what_workers_need_and_no_report() -> None:
    """In a process of its own, as the server is."""
    script = (
        "import os, sys; from qmectk.comparing.running.forkserver import TARGETS; os.environ[TARGETS] = '[\"p1\"]';"
        "import qmectk.comparing.running.forkserver_preload;"
        "print([name in sys.modules for name in ("
        "'qmectk.comparing.running.worker', 'qmectk_problems.p1.problem', 'numba',"
        "'pandas', 'rich', 'torch', 'pyomo', 'qmectk_problems.meqc.problem')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([True, True, True, False, False, False, False, False])
