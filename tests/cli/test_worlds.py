"""``qmectk solve`` in worlds that change: what it prints, draws, and begins at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CHANGING = "problem: p1\ndevices: 4\nframes: 30\nchanges: [{frame: 12, weights: swapped}]\nobserve: {delay: 1}\n"


@pytest.fixture
def changing(tmp_path: Path) -> Path:
    path = tmp_path / "changing.yaml"
    path.write_text(CHANGING)
    return path


def test_a_change_and_what_it_cost_is_printed_and_drawn(run: Any, changing: Path, tmp_path: Path) -> None:
    done = run("solve", changing, "-b", "yesterday", "--plot", tmp_path / "ratios.svg")
    assert done.code == 0
    assert "what is observed (heuristic)" in done.out
    assert "at frame 12, executed:" in done.out
    assert (tmp_path / "ratios.svg").read_text().startswith("<?xml")
    clairvoyant = run("solve", changing, "-b", "exact")
    assert "it was given the truth" in clairvoyant.out


def test_a_search_begins_at_an_answer_file(run: Any, changing: Path, tmp_path: Path) -> None:
    out = tmp_path / "answer.json"
    assert run("solve", changing, "-b", "cd", "--out", out).code == 0
    done = run("solve", changing, "-b", "dual", "--start", out, "--json")
    assert done.code == 0
    assert done.json["quality"] == "optimal"
    answer = json.loads(out.read_text())
    answer["values"]["x"] = [row[:3] for row in answer["values"]["x"]]
    out.write_text(json.dumps(answer))
    wrong = run("solve", changing, "-b", "dual", "--start", out)
    assert wrong.code == 2
    assert "'x' has shape (30, 3)" in wrong.err


def test_a_figure_without_ratios_is_refused_before_any_work(run: Any, changing: Path, tmp_path: Path) -> None:
    for extra in (["--no-reference"], ["--frame", "1"]):
        done = run("solve", changing, "-b", "cd", "--plot", tmp_path / "a.png", *extra)
        assert done.code == 2
        assert "draws ratios to the certified optimum" in done.err
    assert "ends in" in run("solve", changing, "-b", "cd", "--plot", tmp_path / "a.txt").err
